import type { Machine } from "../../../../programs/components/runner/machines/asl.ts";
import { StateError } from "../../../../sandbox/cloud/states/evaluate.ts";
import { type Definition, interpret, type TaskCall } from "../../../../sandbox/cloud/states/interpret.ts";

/** What a task answers when it is tried: a result, or an error by name and cause. */
export type Answer = { readonly result: unknown } | { readonly error: string; readonly cause?: string };

export interface Walk {
  /** The states in order, a task's retries as the state once more. */
  readonly path: readonly string[];
  readonly calls: readonly TaskCall[];
  readonly waits: readonly number[];
  /** The error it failed by; none where it succeeded. */
  readonly failed: string | undefined;
  /** Why, in words. */
  readonly cause: string | undefined;
}

/** A job that ended with an exit code, as AWS Step Functions tells it. */
export function exited(code: number): Answer {
  const cause = JSON.stringify({ Status: "FAILED", Container: { ExitCode: code } });
  return code === 0 ? { result: { Status: "SUCCEEDED" } } : { error: "States.TaskFailed", cause };
}

/** Takes a machine through its states; what a state has no answer for any more succeeds. */
export async function walk(
  machine: Machine,
  input: object,
  answers: Readonly<Record<string, readonly Answer[]>> = {},
): Promise<Walk> {
  const left = new Map(Object.entries(answers).map(([state, each]) => [state, [...each]]));
  const path: string[] = [];
  const calls: TaskCall[] = [];
  const waits: number[] = [];
  const execution = {
    Id: "arn:aws:states:us-east-1:123456789012:execution:m:e",
    Name: "e",
    StartTime: "2026-01-01T00:00:00.000Z",
  };
  const task = async (call: TaskCall) => {
    if (calls.at(-1)?.token === call.token) path.push(call.state);
    calls.push(call);
    const answer = left.get(call.state)?.shift() ?? { result: {} };
    if ("error" in answer) throw new StateError(answer.error, answer.cause ?? "");
    return answer.result;
  };
  let tokens = 0;
  let cause: string | undefined;
  const failed = await interpret(machine as unknown as Definition, input, execution, {
    task,
    wait: async (seconds) => void waits.push(seconds),
    entered: (state) => void path.push(state),
    token: () => `token-${++tokens}`,
    random: () => 1,
  }).then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof StateError)) throw error;
      cause = error.cause;
      return error.error;
    },
  );
  return { path, calls, waits, failed, cause };
}
