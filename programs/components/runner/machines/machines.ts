import { traceInMachine } from "../trace.ts";
import { expression, type Machine, type PassState } from "./asl.ts";
import type { Places, SchedulePlaces } from "./places.ts";
import { catchJob, job, message, schedule } from "./tasks.ts";

/** What an execution begins with; the machines make variables of it. */
export interface ExecutionInput {
  readonly stack: string;
  /** The commit whose driver and programs run. */
  readonly commit: string;
  /** Who started it. */
  readonly actor: string;
  /** Its number; 0 where there is none. */
  readonly pullRequest: number;
  /** Of AWS X-Ray. One that has none makes its own. */
  readonly trace?: string;
}

/** The same for a preview, whose stack is that of its pull request. */
export interface PreviewInput extends ExecutionInput {
  readonly tag: string;
  readonly ttlSeconds: number;
}

/** The same for a command of one's own. */
export interface CommandInput extends ExecutionInput {
  readonly role: keyof Places["jobDefinitions"];
  /** Arguments of `switchyard`. */
  readonly command: readonly string[];
}

/** Applied at most so often: a job that was killed is run again, and finishes what it began. */
export const mostApplies = 3;
/** Turns that an apply waits for another one's lease: an hour and a half. */
export const mostTurns = 90;

function begin(next: string, ...more: readonly string[]): PassState {
  const names = ["stack", "commit", "actor", ...more];
  return {
    Type: "Pass",
    Assign: {
      ...Object.fromEntries(names.map((name) => [name, expression(`$states.input.${name}`)])),
      pullRequest: expression("$string($states.input.pullRequest)"),
      trace: traceInMachine,
      applies: 0,
      turns: 0,
      exitCode: 0,
    },
    Next: next,
  };
}

const done = { Type: "Succeed" } as const;
const fails = (error: string, cause: string) => ({ Type: "Fail", Error: error, Cause: cause }) as const;

/** A pull request's plan, with the policy pack, said on the pull request. */
export function planMachine(places: Places): Machine {
  return {
    Comment: "Plan every stack that a pull request touches",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Plan"),
      Plan: job(places, {
        role: "plan",
        queue: "preview",
        command: "['ci', 'pull-request', '--pull-request', $pullRequest]",
        next: "Planned",
        catch: catchJob("NotPlanned"),
      }),
      Planned: done,
      NotPlanned: fails("NotPlanned", "The pull request must not be merged, or was not planned: see the job's log"),
    },
  };
}

/** Exit codes of `switchyard ci merge` (docs/errors.md). */
const leaseHeld = 4;
const wentBack = 27;
const refused = 28;

/**
 * Plan, approval, apply, validate. `ci merge` itself applies the last good commit where an update fails; the machine
 * validates that, runs again a job that died, and freezes the stack where neither ends well.
 */
export function planApplyMachine(places: Places): Machine {
  return {
    Comment: "Plan a merge, wait for its approval, apply and validate it; the last good commit where that fails",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Plan"),
      Plan: job(places, {
        role: "plan",
        queue: "production",
        command: "['plan', $stack]",
        next: "AskApproval",
        catch: catchJob("NotPlanned"),
      }),
      AskApproval: message(places, {
        kind: "approval",
        waitSeconds: places.approvalSeconds,
        next: "Apply",
        catch: [
          { ErrorEquals: ["Rejected"], Next: "Rejected" },
          { ErrorEquals: ["States.Timeout"], Next: "NotApprovedInTime" },
          { ErrorEquals: ["States.ALL"], Next: "NotAsked" },
        ],
      }),
      Apply: job(places, {
        role: "apply",
        queue: "production",
        command: "['ci', 'merge', '--only', $stack]",
        next: "Validate",
        catch: catchJob("WhyNotApplied"),
      }),
      WhyNotApplied: {
        Type: "Choice",
        Choices: [
          { Condition: expression(`$exitCode = ${wentBack}`), Next: "ValidateLastGood" },
          { Condition: expression(`$exitCode = ${refused}`), Next: "Refused" },
          {
            Condition: expression(`$exitCode = ${leaseHeld} and $turns < ${mostTurns}`),
            Assign: { turns: expression("$turns + 1") },
            Next: "WaitForTurn",
          },
          { Condition: expression(`$exitCode = ${leaseHeld}`), Next: "NoTurn" },
          {
            Condition: expression(`$applies < ${mostApplies - 1}`),
            Assign: { applies: expression("$applies + 1") },
            Next: "WaitForTurn",
          },
        ],
        Default: "Freeze",
      },
      // Apart from one another, so that those who wait for one lease do not ask for it at once.
      WaitForTurn: { Type: "Wait", Seconds: expression("30 + $floor($random() * 60)"), Next: "Apply" },
      Validate: job(places, {
        role: "plan",
        queue: "production",
        command: "['drift', $stack]",
        next: "Applied",
        catch: catchJob("Freeze"),
      }),
      ValidateLastGood: job(places, {
        role: "plan",
        queue: "production",
        command: "['drift', $stack]",
        next: "WentBack",
        catch: catchJob("Freeze"),
      }),
      Freeze: job(places, {
        role: "apply",
        queue: "production",
        command: "['freeze', $stack, '--why', 'Not as it should be after ' & $states.context.Execution.Name]",
        next: "Alert",
        // Whoever is alerted learns that it is not frozen from `status`.
        catch: catchJob("Alert"),
      }),
      Alert: message(places, {
        kind: "frozen",
        next: "Frozen",
        catch: [{ ErrorEquals: ["States.ALL"], Next: "Frozen" }],
      }),
      Applied: done,
      NotPlanned: fails("NotPlanned", "There is no plan to approve: see the job's log"),
      NotAsked: fails("NotAsked", "Nobody could be asked for approval; nothing was applied"),
      Rejected: fails("Rejected", "The plan was rejected; nothing was applied"),
      NotApprovedInTime: fails("NotApprovedInTime", "Nobody approved the plan in time; nothing was applied"),
      Refused: fails("Refused", "What was merged may not be applied as it is; nothing was applied"),
      NoTurn: fails("NoTurn", "Another process holds the stack's lease; nothing was applied"),
      WentBack: fails("WentBack", "The update failed, and the last good commit is applied and validated"),
      Frozen: fails("Frozen", "Neither the merge nor the last good commit is applied as it should be"),
    },
  };
}

/** A preview with the schedule of its end; one that is not made whole is destroyed. */
export function ephemeralMachine(places: Places, schedules: SchedulePlaces): Machine {
  const toDestroy = {
    Name: expression("'preview-' & $pullRequest"),
    GroupName: schedules.group,
    ScheduleExpression: expression(
      "'at(' & $fromMillis($millis() + $ttlSeconds * 1000, '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01]') & ')'",
    ),
    ActionAfterCompletion: "DELETE",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn: schedules.runMachineArn,
      RoleArn: schedules.roleArn,
      Input: expression(
        `$string({ 'stack': $stack, 'commit': $commit, 'actor': 'schedule', 'pullRequest': $number($pullRequest), 'role': 'preview', 'command': ['preview', 'destroy', $pullRequest] })`,
      ),
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3_600 },
      DeadLetterConfig: { Arn: schedules.deadLetterArn },
    },
  };
  return {
    Comment: "Make a preview, schedule its end",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Create", "tag", "ttlSeconds"),
      Create: job(places, {
        role: "preview",
        queue: "preview",
        command: "['preview', 'create', $pullRequest, '--tag', $tag, '--for', $string($ttlSeconds) & 's']",
        next: "ScheduleDestroy",
        catch: catchJob("Destroy"),
      }),
      ScheduleDestroy: schedule(places.partition, "createSchedule", {
        arguments: toDestroy,
        next: "Created",
        catch: [
          { ErrorEquals: ["Scheduler.ConflictException"], Next: "MoveDestroy" },
          { ErrorEquals: ["States.ALL"], Next: "Destroy" },
        ],
      }),
      MoveDestroy: schedule(places.partition, "updateSchedule", {
        arguments: toDestroy,
        next: "Created",
        catch: [{ ErrorEquals: ["States.ALL"], Next: "Destroy" }],
      }),
      Destroy: job(places, {
        role: "preview",
        queue: "preview",
        command: "['preview', 'destroy', $pullRequest]",
        next: "NotCreated",
        catch: catchJob("NotDestroyed"),
      }),
      Created: done,
      NotCreated: fails("NotCreated", "The preview was not made whole, and is destroyed"),
      NotDestroyed: fails("NotDestroyed", "The preview was not made whole, and the sweep has to destroy it"),
    },
  };
}

/** One command of `switchyard`, with the rights of a role. */
export function runMachine(places: Places): Machine {
  const definitions = JSON.stringify(places.jobDefinitions);
  const longest = job(places, {
    role: "deploy",
    queue: "production",
    command: "$command",
    definition: expression(`$lookup(${definitions}, $role)`),
    next: "Ran",
    catch: catchJob("Failed"),
  });
  return {
    Comment: "Run one command",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("KnownRole", "role", "command"),
      KnownRole: {
        Type: "Choice",
        Choices: [
          { Condition: expression(`$role in ${JSON.stringify(Object.keys(places.jobDefinitions))}`), Next: "Run" },
        ],
        Default: "UnknownRole",
      },
      Run: longest,
      Ran: done,
      Failed: fails("Failed", "The command failed: see the job's log"),
      UnknownRole: fails("UnknownRole", "The input's role is none of the runner's"),
    },
  };
}
