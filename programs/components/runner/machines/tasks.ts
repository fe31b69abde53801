import { cancelledByQueue, failedToStart } from "../never-started.ts";
import { headerInMachine } from "../trace.ts";
import { type Catcher, expression, type Retrier, type TaskState } from "./asl.ts";
import { type JobRole, type Places, taskSeconds } from "./places.ts";

/** Begun at most so often: a job that was killed is run again, and finishes what it began. */
export const mostApplies = 3;
/** Turns that a job waits for another one's lease: an hour and a half. */
export const mostTurns = 90;
/** Seconds; apart from one another, so that those who wait for one lease do not ask for it at once. */
export const aTurn = expression("30 + $floor($random() * 60)");
/** The exit code of what finds it taken (docs/errors.md). */
export const leaseHeld = 4;

/** Calls that a service did not take: throttled, or not reached. A job that failed is not among them. */
function serviceRetry(...errors: readonly string[]): readonly Retrier[] {
  return [
    {
      ErrorEquals: errors,
      IntervalSeconds: 2,
      MaxAttempts: 6,
      BackoffRate: 2,
      MaxDelaySeconds: 60,
      JitterStrategy: "FULL",
    },
  ];
}

/** Names of errors of the service integrations (AWS Step Functions, "Handling errors"; `<Service>.SdkClientException`). */
export const batchErrors = ["Batch.AWSBatchException", "Batch.ServerException", "Batch.SdkClientException"] as const;
export const queueErrors = ["SQS.AmazonSQSException", "SQS.SdkClientException"] as const;
export const schedulerErrors = [
  "Scheduler.ThrottlingException",
  "Scheduler.InternalServerException",
  "Scheduler.SdkClientException",
] as const;

/** The exit code of a caught job; -1 where it has none: it was killed, timed out, or never ran. */
const exitCode = expression(
  "($cause := $states.errorOutput.Cause; " +
    "$code := $contains($cause, '\"ExitCode\"') ? $parse($cause).Container.ExitCode; $exists($code) ? $code : -1)",
);

/** Where a caught job has said what it did, also one that was killed and left nothing in the bucket; empty where it never ran. */
const logStream = expression(
  "($cause := $states.errorOutput.Cause; " +
    "$stream := $contains($cause, '\"LogStreamName\"') ? $parse($cause).Container.LogStreamName; " +
    "$exists($stream) ? $stream : '')",
);

/**
 * Why a caught job never ran, as AWS Batch says it; empty where it may have. It was cancelled by its queue, or no attempt started:
 * one that did is followed by no other (AWS Batch, "Automated job retries").
 */
const unstarted = expression(
  "($cause := $states.errorOutput.Cause; $job := $contains($cause, '\"StatusReason\"') ? $parse($cause); " +
    "$said := $exists($job.StatusReason) ? $job.StatusReason : ''; $why := $job.Container.Reason; " +
    `$contains($said, '${cancelledByQueue}') or $contains($said, '${failedToStart}') ` +
    "? $said & ($exists($why) ? ' (' & $why & ')' : '') : '')",
);

/** Goes on at a state with the job's exit code in `$exitCode`, its log's stream in `$logStream`, and why it never ran in `$unstarted`. */
export function catchJob(next: string): readonly Catcher[] {
  return [
    // All but States.Timeout, whose cause may be missing (AWS Step Functions, "Error names").
    { ErrorEquals: ["States.TaskFailed"], Assign: { exitCode, logStream, unstarted }, Next: next },
    {
      ErrorEquals: ["States.ALL"],
      Assign: { exitCode: -1, logStream: expression("''"), unstarted: expression("''") },
      Next: next,
    },
  ];
}

export interface JobArgs {
  readonly role: JobRole;
  readonly queue: keyof Places["queues"];
  /** JSONata of the arguments of `switchyard`, an array of texts. */
  readonly command: string;
  readonly next: string;
  readonly catch: readonly Catcher[];
  readonly assign?: Readonly<Record<string, unknown>>;
  /** JSONata in place of the role's own definition. */
  readonly definition?: string;
  readonly seconds?: number;
}

/**
 * Runs `switchyard` in a job and waits for its end. No heartbeat: docs/decisions/0013-no-heartbeats-from-jobs.md.
 * A submission that is repeated because its answer was lost makes two jobs, of which one finds the stack's lease taken.
 */
export function job(places: Places, args: JobArgs): TaskState {
  return {
    Type: "Task",
    Resource: `arn:${places.partition}:states:::batch:submitJob.sync`,
    Arguments: {
      JobName: expression("$states.context.Execution.Name & '-' & $states.context.State.Name"),
      JobDefinition: args.definition ?? places.jobDefinitions[args.role],
      JobQueue: places.queues[args.queue],
      ContainerOverrides: {
        Command: expression(args.command),
        Environment: [
          { Name: "SWITCHYARD_COMMIT", Value: expression("$commit") },
          { Name: "SWITCHYARD_EXECUTION", Value: expression("$states.context.Execution.Id") },
          { Name: "SWITCHYARD_JOB", Value: expression("$states.context.State.Name") },
          { Name: "SWITCHYARD_STACK", Value: expression("$stack") },
          { Name: "SWITCHYARD_STARTED_BY", Value: expression("$actor") },
          { Name: "SWITCHYARD_PULL_REQUEST", Value: expression("$pullRequest") },
          // AWS Batch hands no trace on; AWS's SDKs read it from here.
          { Name: "_X_AMZN_TRACE_ID", Value: headerInMachine },
        ],
      },
      Tags: { "switchyard:execution": expression("$states.context.Execution.Name") },
    },
    TimeoutSeconds: args.seconds ?? taskSeconds(args.role),
    Retry: serviceRetry(...batchErrors),
    Catch: args.catch,
    ...(args.assign === undefined ? {} : { Assign: args.assign }),
    Next: args.next,
  };
}

export interface MessageArgs {
  readonly kind: string;
  readonly next: string;
  readonly catch: readonly Catcher[];
  /** Waits so many seconds until somebody gives the message's task token back. */
  readonly waitSeconds?: number;
  readonly assign?: Readonly<Record<string, unknown>>;
}

/** Sends a message to the status queue. */
export function message(places: Places, args: MessageArgs): TaskState {
  const waits = args.waitSeconds !== undefined;
  return {
    Type: "Task",
    Resource: `arn:${places.partition}:states:::sqs:sendMessage${waits ? ".waitForTaskToken" : ""}`,
    Arguments: {
      QueueUrl: places.statusQueueUrl,
      MessageBody: {
        kind: args.kind,
        execution: expression("$states.context.Execution.Id"),
        started: expression("$states.context.Execution.StartTime"),
        stack: expression("$stack"),
        commit: expression("$commit"),
        actor: expression("$actor"),
        pullRequest: expression("$pullRequest"),
        trace: expression("$trace"),
        ...(waits ? { token: expression("$states.context.Task.Token") } : {}),
      },
    },
    TimeoutSeconds: args.waitSeconds ?? 60,
    Retry: serviceRetry(...queueErrors),
    Catch: args.catch,
    ...(args.assign === undefined ? {} : { Assign: args.assign }),
    Next: args.next,
  };
}

/** Calls EventBridge Scheduler. */
export function schedule(
  partition: string,
  operation: "createSchedule" | "updateSchedule",
  args: { readonly arguments: Record<string, unknown>; readonly next: string; readonly catch: readonly Catcher[] },
): TaskState {
  return {
    Type: "Task",
    Resource: `arn:${partition}:states:::aws-sdk:scheduler:${operation}`,
    Arguments: args.arguments,
    TimeoutSeconds: 60,
    // Of two changes at once one is refused; a name that is taken stays so.
    Retry: serviceRetry(...schedulerErrors, ...(operation === "updateSchedule" ? ["Scheduler.ConflictException"] : [])),
    Catch: args.catch,
    Next: args.next,
  };
}
