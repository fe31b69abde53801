/** What jobs and builds have in common: a process that is waited for, and not longer than it may run. */
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { CloudContext } from "./handlers.ts";

/** A Node process needs this long to finish cleanly, whatever the pace. */
export const shortestStopMs = 3000;

/** Real work is no faster at a faster pace, and slower on a busy machine: a minute of AWS's is three seconds at least. */
export function workMs(cloud: Pick<CloudContext, "clock">, awsMs: number): number {
  return Math.max(cloud.clock.paced(awsMs), awsMs / 20);
}

/** Its exit code, that of a shell where a signal ended it. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

export interface TimeLimit {
  /** Whether the time was over. */
  over(): boolean;
  clear(): void;
}

/** Calls `end` when so many of AWS's milliseconds of work are over. */
export function timeLimit(cloud: Pick<CloudContext, "clock">, awsMs: number, end: () => void): TimeLimit {
  let over = false;
  const timer = setTimeout(
    () => {
      over = true;
      end();
    },
    workMs(cloud, awsMs),
  ).unref();
  return { over: () => over, clear: () => clearTimeout(timer) };
}
