/** What a job's definition and its submission make of one another; decided without a process. */
import type { EvaluateOnExit, KeyValuePair, RetryStrategy } from "@aws-sdk/client-batch";

/** How an attempt ended. */
export interface Outcome {
  readonly exitCode?: number;
  /** Of the attempt, such as `Essential container in task exited`. */
  readonly statusReason: string;
  /** Of the container, such as `CannotPullContainerError: …`. */
  readonly reason?: string;
}

/** `Ref::name` in a command, by the job's parameters; what has none stays (AWS Batch, "Job definition parameters"). */
export function substitute(
  command: readonly string[],
  parameters: Readonly<Record<string, string>>,
): readonly string[] {
  return command.map((word) => word.replace(/Ref::([\w-]+)/g, (all, name: string) => parameters[name] ?? all));
}

/** The definition's variables, with those of the submission over them. */
export function mergeEnvironment<T extends KeyValuePair>(defined: readonly T[] = [], given: readonly T[] = []): T[] {
  const over = new Set(given.map(({ name }) => name));
  return [...defined.filter(({ name }) => !over.has(name)), ...given];
}

/**
 * Whether a failed attempt is followed by another: the first rule that fits decides, and where none does, another follows
 * (AWS Batch, "Automated job retries").
 */
export function triesAgain(retry: RetryStrategy | undefined, made: number, outcome: Outcome): boolean {
  if (made >= (retry?.attempts ?? 1)) return false;
  const rule = retry?.evaluateOnExit?.find((each) => fits(each, outcome));
  return rule?.action?.toUpperCase() !== "EXIT";
}

/** All that a rule names has to fit; what an attempt does not have fits nothing but `*`. */
function fits({ onExitCode, onReason, onStatusReason }: EvaluateOnExit, outcome: Outcome): boolean {
  const { exitCode, reason = "", statusReason } = outcome;
  return (
    like(onExitCode, exitCode === undefined ? "" : String(exitCode)) &&
    like(onReason, reason) &&
    like(onStatusReason, statusReason)
  );
}

/** A pattern may end in an asterisk, and ignores case (AWS Batch API, EvaluateOnExit). */
function like(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return true;
  const [wanted, is] = [pattern.toLowerCase(), text.toLowerCase()];
  return wanted.endsWith("*") ? is.startsWith(wanted.slice(0, -1)) : is === wanted;
}
