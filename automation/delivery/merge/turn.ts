import { SwitchyardError } from "../../../programs/errors.ts";
import type { Clock } from "../../clock.ts";

/** How long another may be at work on a stack before one that waits gives up; shorter than the workflow's job. In milliseconds. */
export const patienceMs = 45 * 60_000;
const pollMs = 5_000;

/** On a machine that is quicker than AWS as well. */
const shortest = { patience: 180_000, poll: 200 };

/** Another run is at work on the stack: nothing was written. */
export function isBusy(error: unknown): boolean {
  return error instanceof SwitchyardError && error.code === "lease-held";
}

/**
 * Does something to a stack once nobody else is at work on it: of two merges at once one goes first, and the other after it.
 *
 * @param pace Scales every wait.
 * @param work is begun anew after each wait: what was true before may not be any more.
 */
export async function inTurn<T>(
  { clock, pace, tell }: { readonly clock: Clock; readonly pace: number; readonly tell: (line: string) => void },
  work: () => Promise<T>,
): Promise<T> {
  const deadline = clock.now() + Math.max(shortest.patience, patienceMs * pace);
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error) || clock.now() >= deadline) throw error;
      if (isFirst) tell(`waiting: ${(error as Error).message}`);
      await clock.sleep(Math.max(shortest.poll, pollMs * pace));
    }
  }
}
