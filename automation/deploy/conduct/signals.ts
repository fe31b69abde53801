import { SwitchyardError } from "../../../programs/errors.ts";
import { type OperationRecord, operationInFlight, readOperations } from "../../ledger/journal.ts";
import { type LeaseState, readLease, watchHolder } from "../../ledger/lease.ts";
import { readSignal, writeSignal } from "../../ledger/signals.ts";
import { versionOf } from "../decide/situation.ts";
import { type Undone, undoInFlight, worksOn } from "./operation.ts";
import { isDeadHere, type Session } from "./session.ts";

export interface Promoting {
  /** The version that is approved; whatever is in flight when absent. */
  readonly version?: string;
  /** How long a deploy is waited for, in milliseconds. */
  readonly waitMs: number;
  readonly by: string;
  /** Called with what is waited for, when something is. */
  readonly tell: (line: string) => void;
}

export interface Promoted {
  readonly record: OperationRecord;
  /** Who takes the word up; absent when nobody is at work on the operation. */
  readonly holder?: string;
}

/**
 * Leaves the word that a deploy which waits for approval may go on.
 *
 * @throws SwitchyardError `not-found` when nothing is in flight, `in-flight` when it was aborted, `interrupted`.
 */
export async function promoteInFlight(session: Session, { version, waitMs, by, tell }: Promoting): Promise<Promoted> {
  const record = await awaitDeploy(session, version, waitMs);
  if (!record) throw nothingInFlight(session.stack);
  if ((await readSignal(session.table, record.operation))?.kind === "abort")
    throw new SwitchyardError("in-flight", {
      what: "someone has already aborted it",
      where: record.operation,
      fix: "`switchyard status` shows how it goes on",
    });
  await leaveSignal(session, record, "promote", by);
  const lease = await readLease(session.table);
  if (lease === undefined || lease.released || isDeadHere(lease) || !worksOn(lease, record)) return { record };
  tell(`promoted ${record.operation}; ${watching(lease)}`);
  const { state, now } = await watchHolder(session.table, lease, session.clock, session.wake);
  return state === "silent" ? { record } : { record, holder: now.holder };
}

export type Aborted =
  /** Somebody is at work on it, and was told. */
  | { readonly kind: "told"; readonly holder: string; readonly record: OperationRecord }
  /** Nobody was: it was undone here, or finished where the ledger had it already. */
  | { readonly kind: "undone"; readonly undone: readonly Undone[] }
  /** Nothing is in flight; how the last operation ended. */
  | { readonly kind: "over"; readonly last: OperationRecord | undefined };

/**
 * Undoes what is in flight: by a word to the process at work on it, here when that is gone. The word is left before the
 * process is watched for a sign of life, so that one that lives loses no time.
 *
 * @throws SwitchyardError `lease-held` when another command than the one that began it is at work on the stack.
 */
export async function abortInFlight(session: Session, by: string, tell: (line: string) => void): Promise<Aborted> {
  const { table } = session;
  const [lease, record] = await Promise.all([readLease(table), operationInFlight(table)]);
  const held = lease !== undefined && !lease.released;
  const mayLive = held && !isDeadHere(lease);
  if (!record && (mayLive || !held)) return over(session);
  if (record && mayLive) {
    await leaveSignal(session, record, "abort", by);
    tell(`${record.operation} is to be undone; ${watching(lease)}`);
  }
  try {
    const undone = await undoInFlight(session, `aborted by ${by}`);
    return undone.length > 0 ? { kind: "undone", undone } : over(session);
  } catch (error) {
    if (!(error instanceof SwitchyardError) || error.code !== "lease-held" || !record) throw error;
    const now = await readLease(table);
    if (now === undefined || now.released || worksOn(now, record))
      return { kind: "told", holder: now?.holder ?? "its holder", record };
    throw error;
  }
}

async function over({ table }: Session): Promise<Aborted> {
  const [last] = await readOperations(table, 1);
  return { kind: "over", last };
}

function watching({ holder, purpose, durationMs }: LeaseState): string {
  const seconds = durationMs < 10_000 ? (durationMs / 1000).toFixed(1) : Math.round(durationMs / 1000);
  return `watching ${holder} (${purpose}) for a sign of life, ${seconds} s at most`;
}

export function nothingInFlight(stack: string, last?: OperationRecord): SwitchyardError {
  return new SwitchyardError("not-found", {
    what: last
      ? `nothing is in flight; the last, ${nameOf(last)}, ended as ${last.outcome ?? "nobody knows"}`
      : "nothing is in flight",
    where: `stack ${stack}`,
    fix: "`switchyard status` shows what serves",
  });
}

export function nameOf({ goal }: OperationRecord): string {
  return `${goal.kind} ${versionOf(goal)}`;
}

const pollMs = 2_000;

/** The operation in flight, waited for; of this version, when one is named. */
async function awaitDeploy(
  { table, clock, where, wake, stack }: Session,
  version: string | undefined,
  waitMs: number,
): Promise<OperationRecord | undefined> {
  const until = clock.now() + waitMs;
  for (;;) {
    const found = await operationInFlight(table);
    if (found && (version === undefined || found.goal.version === version)) return found;
    if (clock.now() >= until) return undefined;
    if (wake.aborted)
      throw new SwitchyardError("interrupted", {
        what: "interrupted while it waited for a deploy; nothing was promoted",
        where: `stack ${stack}`,
        fix: "run the command again",
      });
    await clock.sleep(pollMs * where.pace, wake);
  }
}

/** Said once already, it is not said again: perhaps by a run of this command that died before it could tell. */
async function leaveSignal(
  session: Session,
  record: OperationRecord,
  kind: "promote" | "abort",
  by: string,
): Promise<void> {
  await writeSignal(session.table, record, { kind, by, at: new Date(session.clock.now()).toISOString() });
}
