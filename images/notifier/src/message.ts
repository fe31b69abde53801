/** What the status queue holds: messages of the state machines, and EventBridge's events. */
import { executionOf, type MachineName } from "../../../programs/components/runner/machine-names.ts";
import { type AlarmChanged, alarmChanged, type ImagePushed, imagePushed } from "./events.ts";
import { objectOf, text } from "./members.ts";

export type Told = ExecutionTold | ImagePushed | AlarmChanged;

export interface ExecutionTold {
  /** The same for the same thing, however often it is told: a question, a freeze, an end. */
  readonly key: string;
  readonly execution: string;
  readonly machine: MachineName;
  readonly stack: string;
  readonly commit: string;
  readonly actor: string;
  /** 0 where there is none. */
  readonly pullRequest: number;
  /** When the execution began, in milliseconds since the epoch; absent where a machine of an earlier version tells it. */
  readonly started?: number;
  /** Of AWS X-Ray; absent where it was given none. */
  readonly trace?: string;
  readonly what:
    | { readonly kind: "approval" | "frozen" | "succeeded" }
    | { readonly kind: "failed"; readonly error: string; readonly cause: string };
}

/** Of an execution's end, whichever it is (AWS Step Functions, "Execution status change"). */
const endings = ["succeeded", "failed", "timed_out", "aborted"];

/** The keys by which the end of an execution is told, of which a message is overtaken that tells what was before it. */
export function endKeysOf(told: Told): readonly string[] {
  if (!("execution" in told) || !["approval", "frozen"].includes(told.what.kind)) return [];
  return endings.map((ending) => `${told.execution}/${ending}`);
}

/** @throws Error for what is none of them, naming the member; never with the message's content: it may hold a token. */
export function readMessage(body: string): Told {
  const message = objectOf(body, "the message");
  switch (message["source"]) {
    case "aws.states":
      return ended(message["detail"]);
    case "aws.ecr":
      return imagePushed(message);
    case "aws.cloudwatch":
      return alarmChanged(message);
  }
  const kind = message["kind"];
  if (kind !== "approval" && kind !== "frozen") throw new Error("kind: it is neither approval nor frozen");
  return { ...toldOf(message, text(message, "execution"), kind), ...startOf(message["started"]), what: { kind } };
}

function ended(detail: unknown): ExecutionTold {
  const given = objectOf(detail, "detail");
  const status = text(given, "status");
  const input = objectOf(given["input"], "detail.input");
  const of = toldOf(input, text(given, "executionArn"), status.toLowerCase());
  const told = { ...of, ...startOf(given["startDate"]) };
  if (status === "SUCCEEDED") return { ...told, what: { kind: "succeeded" } };
  const optional = (name: string, other: string) => (typeof given[name] === "string" ? given[name] : other);
  return { ...told, what: { kind: "failed", error: optional("error", status), cause: optional("cause", "") } };
}

/** A machine tells the text of its context, EventBridge milliseconds. */
function startOf(given: unknown): { readonly started?: number } {
  const started = typeof given === "string" ? Date.parse(given) : given;
  return typeof started === "number" && Number.isFinite(started) ? { started } : {};
}

function toldOf(of: Record<string, unknown>, arn: string, happened: string): Omit<ExecutionTold, "what"> {
  const { machine, execution } = executionOf(arn) ?? {};
  if (machine === undefined || execution === undefined) throw new Error("execution: it is none of the runner's");
  const pullRequest = Number(of["pullRequest"]);
  if (!Number.isSafeInteger(pullRequest) || pullRequest < 0) throw new Error("pullRequest: it is no number");
  return {
    ...{ key: `${execution}/${happened}`, execution, machine, pullRequest },
    ...{ stack: text(of, "stack"), commit: text(of, "commit"), actor: text(of, "actor") },
    ...(typeof of["trace"] === "string" ? { trace: of["trace"] } : {}),
  };
}
