import { cancelledByQueue, failedToStart } from "../../programs/components/runner/never-started.ts";

/** What the commands read of an execution's events (AWS Step Functions API, HistoryEvent). */
export interface HistoryEvent {
  readonly id?: number | undefined;
  readonly previousEventId?: number | undefined;
  readonly type?: string | undefined;
  readonly taskScheduledEventDetails?: {
    readonly resource?: string | undefined;
    readonly parameters?: string | undefined;
  };
  readonly taskSubmittedEventDetails?: { readonly output?: string | undefined };
  readonly taskSucceededEventDetails?: { readonly output?: string | undefined };
  readonly taskFailedEventDetails?: { readonly error?: string | undefined; readonly cause?: string | undefined };
  readonly stateEnteredEventDetails?: { readonly name?: string | undefined };
}

/** How a task that was scheduled ends. */
const ends = ["TaskSucceeded", "TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "TaskStartFailed"];

/**
 * The token of the question for approval that nobody has answered yet; undefined where there is none: it is not asked yet,
 * or was answered, or its time is over.
 *
 * @param events in any order
 */
export function openQuestion(events: readonly HistoryEvent[]): string | undefined {
  const sorted = inOrder(events);
  const asked = sorted.findLastIndex(
    ({ type, taskScheduledEventDetails }) =>
      type === "TaskScheduled" && taskScheduledEventDetails?.resource === "sendMessage.waitForTaskToken",
  );
  if (asked < 0 || sorted.slice(asked + 1).some(({ type = "" }) => ends.includes(type))) return undefined;
  return tokenIn(sorted[asked]?.taskScheduledEventDetails?.parameters);
}

function tokenIn(parameters: string | undefined): string | undefined {
  const given = readJson(parameters) as { MessageBody?: { token?: unknown } | string } | undefined;
  const body = typeof given?.MessageBody === "string" ? readJson(given.MessageBody) : given?.MessageBody;
  const token = (body as { token?: unknown } | undefined)?.token;
  return typeof token === "string" ? token : undefined;
}

function inOrder(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return [...events].sort((left, right) => (left.id ?? 0) - (right.id ?? 0));
}

function readJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/** The states that were entered, in order. */
export function statesOf(events: readonly HistoryEvent[]): readonly string[] {
  return inOrder(events).flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

/** What is told of an execution: a state that is entered, a job that begins, or one that has ended, by its log's stream. */
export type Told = { readonly state: string } | { readonly job: string } | { readonly logStream: string };

/** What happened, in order. */
export function toldOf(events: readonly HistoryEvent[]): readonly Told[] {
  return inOrder(events).flatMap((event): readonly Told[] => {
    const state = event.stateEnteredEventDetails?.name;
    if (state !== undefined) return [{ state }];
    const submitted = readJson(event.taskSubmittedEventDetails?.output) as { JobId?: unknown } | undefined;
    if (typeof submitted?.JobId === "string") return [{ job: submitted.JobId }];
    const ended = event.taskSucceededEventDetails?.output ?? event.taskFailedEventDetails?.cause;
    const { Container } = (readJson(ended) ?? {}) as { Container?: { LogStreamName?: unknown } };
    const stream = Container?.LogStreamName;
    return typeof stream === "string" ? [{ logStream: stream }] : [];
  });
}

interface FailedJob {
  readonly StatusReason?: unknown;
  readonly Container?: { readonly ExitCode?: unknown };
}

/** As the runner's machines judge it (programs/components/runner/machines/tasks.ts). */
function neverStarted({ StatusReason: said }: FailedJob): boolean {
  return typeof said === "string" && (said.includes(cancelledByQueue) || said.includes(failedToStart));
}

/** The exit code of the last job that failed; undefined where none did, or none has one, or the last one never started. */
export function lastExitCode(events: readonly HistoryEvent[]): number | undefined {
  const codes = inOrder(events).flatMap(({ taskFailedEventDetails }) => {
    const cause = (readJson(taskFailedEventDetails?.cause) ?? {}) as FailedJob;
    const code = cause.Container?.ExitCode;
    // One that AWS Batch calls failed although its command ended well has no exit code that says so.
    if (typeof code === "number" && code !== 0) return [code];
    // An earlier one's exit code would say that the execution ended by that.
    return neverStarted(cause) ? [undefined] : [];
  });
  return codes.at(-1);
}
