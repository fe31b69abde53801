import type { Machine } from "../../ledger/holder.ts";
import type { LeftUpdate } from "../../ledger/update.ts";

/** Who holds the engine's lock on a stack, as Pulumi says it. */
export interface EngineLock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** By the holder's clock, in milliseconds since the epoch. */
  readonly at: number;
}

/** The locks an engine's refusal names: `created by user@host (pid 7) at 2026-11-28T05:00:24Z`. */
export function parseLocks(text: string): readonly EngineLock[] {
  const found = text.matchAll(
    /created by ([^\s@]+)@(\S+) \(pid (\d+)\) at (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))/g,
  );
  return [...found].map(([, user = "", host = "", pid, at = ""]) => ({
    user,
    host,
    pid: Number(pid),
    at: Date.parse(at),
  }));
}

/** Between a record in the ledger and the engine's lock, both by one machine's clock, which may be set meanwhile. In milliseconds. */
const clockStepMs = 5_000;

/**
 * Whether an engine's lock was left by the update that the ledger says was never ended. Updates of this driver run under the
 * stack's lease, which the caller holds now: that update's driver is dead, or will find its lease lost. Any other lock is
 * of a plain `pulumi up`, which knows no lease: only a person can say that it is dead.
 *
 * @returns `working` while the engine's own process, which a killed driver may leave for a moment, is seen to run here.
 */
export function judgeLock(
  lock: EngineLock,
  left: LeftUpdate | undefined,
  machine: Machine | undefined,
): "left" | "working" | "another" {
  if (left === undefined || lock.host !== left.host || !(lock.at >= left.startedAt - clockStepMs)) return "another";
  const { identity } = left;
  const isHere =
    machine !== undefined &&
    identity !== undefined &&
    identity.boot === machine.identity.boot &&
    identity.namespaces === machine.identity.namespaces;
  return isHere && machine.process(lock.pid).kind === "runs" ? "working" : "left";
}
