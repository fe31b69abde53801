/** The service integrations that a machine's tasks may name. Jobs and schedules are this cloud's, messages are moto's. */
import type { SubmitJobCommandInput } from "@aws-sdk/client-batch";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Jobs } from "../batch/jobs.ts";
import type { CloudContext } from "../handlers.ts";
import type { Schedules } from "../schedules/schedules.ts";
import { StateError } from "./evaluate.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** Where a task is carried out, and what ends it before its time. */
export interface Place {
  readonly jobs: Jobs;
  readonly schedules: Schedules;
  readonly account: string;
  /** Clients for moto in the machine's account. */
  readonly moto: CloudContext["moto"];
  readonly signal: AbortSignal;
  /** Is told what was submitted, where its end is waited for. */
  submitted(output: unknown): void;
}

const suffix = ".waitForTaskToken";

export interface Integration {
  readonly service: string;
  /** As histories call it, such as `sendMessage.waitForTaskToken`. */
  readonly resource: string;
  readonly waitsForToken: boolean;
  /** Whether its result is that of work, which takes real time. */
  readonly works: boolean;
}

/** What `arn:aws:states:::sqs:sendMessage.waitForTaskToken` says. */
export function integrationOf(arn: string): Integration {
  const called = arn.split(":states:::")[1] ?? "";
  const at = called.lastIndexOf(":");
  const resource = called.slice(at + 1);
  return {
    service: called.slice(0, at),
    resource,
    waitsForToken: resource.endsWith(suffix),
    works: resource.endsWith(".sync"),
  };
}

/** Calls a service. @throws StateError by the integration's own names of errors. */
export async function callService({ service, resource }: Integration, given: unknown, place: Place): Promise<unknown> {
  const input = given as Arguments;
  const call = `${service}:${resource.replace(suffix, "")}`;
  switch (call) {
    case "batch:submitJob":
    case "batch:submitJob.sync":
      return job(input, place, resource.endsWith(".sync"));
    case "sqs:sendMessage":
      return sendMessage(input, place);
    case "aws-sdk:scheduler:createSchedule":
      return named("Scheduler", () => place.schedules.create(place, input as never));
    case "aws-sdk:scheduler:updateSchedule":
      return named("Scheduler", () => place.schedules.update(place, input as never));
    default:
      throw new StateError("States.Runtime", `the sandbox's state machines do not call ${call}`);
  }
}

async function job(input: Arguments, place: Place, sync: boolean): Promise<unknown> {
  const made = await place.jobs.submit(place, recased(input, "toLowerCase") as SubmitJobCommandInput).catch((error) => {
    throw new StateError("Batch.AWSBatchException", (error as Error).message);
  });
  const { jobId, jobArn, jobName } = made.detail;
  const output = { JobId: jobId, JobArn: jobArn, JobName: jobName };
  if (!sync) return output;
  place.submitted(output);
  // What is no longer waited for is ended as well (AWS Step Functions, "Run a Job").
  const end = () => void made.terminate("The execution that waited for it has ended");
  place.signal.addEventListener("abort", end, { once: true });
  const ended = recased(await made.ended, "toUpperCase") as Arguments;
  place.signal.removeEventListener("abort", end);
  if (ended["Status"] === "SUCCEEDED") return ended;
  throw new StateError("States.TaskFailed", JSON.stringify(ended));
}

/** Texts that are keys of somebody's own. */
const free = new Set(["tags", "parameters", "options"]);

/** Members as the other side spells them: Step Functions begins them with a capital letter, Batch does not. */
function recased(value: unknown, way: "toLowerCase" | "toUpperCase"): unknown {
  if (Array.isArray(value)) return value.map((each) => recased(each, way));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      `${key.charAt(0)[way]()}${key.slice(1)}`,
      free.has(key.toLowerCase()) ? each : recased(each, way),
    ]),
  );
}

async function sendMessage(input: Arguments, { moto }: Place): Promise<unknown> {
  const { QueueUrl, MessageBody } = input;
  const text = typeof MessageBody === "string" ? MessageBody : JSON.stringify(MessageBody);
  try {
    const { MessageId, MD5OfMessageBody } = await moto(SQSClient).send(
      new SendMessageCommand({ ...input, QueueUrl: String(QueueUrl), MessageBody: text }),
    );
    return { MessageId, MD5OfMessageBody };
  } catch (error) {
    throw new StateError("SQS.AmazonSQSException", (error as Error).message);
  }
}

async function named<T>(service: string, call: () => Promise<T>): Promise<Omit<T, "$metadata">> {
  try {
    const { $metadata: _, ...answer } = (await call()) as T & { $metadata?: unknown };
    return answer as Omit<T, "$metadata">;
  } catch (error) {
    const { name, message } = error as Error;
    throw new StateError(`${service}.${name.endsWith("Exception") ? name : `${name}Exception`}`, message);
  }
}
