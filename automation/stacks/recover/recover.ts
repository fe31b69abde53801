import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";
import { type Clock, jittered } from "../../clock.ts";
import type { Lease } from "../../ledger/lease.ts";
import type { StackTable } from "../../ledger/table.ts";
import { beginUpdate, type LeftUpdate, leftUpdate } from "../../ledger/update.ts";
import { thisMachine } from "../../machine.ts";
import { nameOf } from "../changes.ts";
import type { OpenStack } from "../open.ts";
import { updateFailed } from "../update.ts";
import { madeAgain } from "./again.ts";
import type { Finder, Look } from "./find.ts";
import { judgeLock, parseLocks } from "./lock.ts";
import { creations, type StackState, type StateResource, settle, unread } from "./pending.ts";

export interface RecoverIo {
  readonly aws: Aws;
  readonly clock: Clock;
  readonly tell: (line: string) => void;
  /** Ends waiting. */
  readonly wake?: AbortSignal;
}

/** A killed driver's engine ends when it next writes a line to it; one that makes a thing may take as long as that takes. */
const engineEndsMs = 120_000;
/** The slowest thing to be made is a database: Amazon RDS user guide, creating a DB instance. */
const madeMs = 45 * 60_000;
const pollMs = 1_000;

/**
 * Runs an update of a stack under its lease, once what an earlier one left behind is in order. That it has begun is in the
 * ledger until it is done.
 */
export async function recovered<T>(
  io: RecoverIo & { readonly table: StackTable; readonly lease: Lease },
  open: OpenStack,
  update: () => Promise<T>,
): Promise<T> {
  await recover(open, io, await leftUpdate(io.table));
  const done = await beginUpdate(io.table, io.lease, io.clock);
  try {
    const result = await update();
    await done();
    return result;
  } catch (error) {
    // Refused before its first write: nothing was cut short.
    if (error instanceof SwitchyardError && refusals.has(error.code)) await done();
    throw error;
  }
}

const refusals: ReadonlySet<string> = new Set([
  "policy-violation",
  "disruptive-change",
  "name-taken",
  "protected",
  "invalid-flag",
]);

/**
 * Puts in order what a killed update left: its lock on the state, and what it had begun and not written down. Things that
 * were being made are looked for in the account and taken into the state; what was in the midst of a change is read anew.
 *
 * @param left The update the ledger knows to have been cut short; absent where no lease keeps updates apart.
 * @throws SwitchyardError `lease-held` when another process is at work on the stack, with or without a lease.
 */
export async function recover(open: OpenStack, io: RecoverIo, left?: LeftUpdate): Promise<void> {
  const { stack, name } = open;
  const deadline = io.clock.now() + engineEndsMs;
  for (;;) {
    const exported = await stack.exportStack();
    const state = (exported.deployment ?? {}) as StackState;
    const pending = state.pending_operations ?? [];
    if (pending.length === 0 && unread(state).length === 0 && left === undefined) return;
    const found = await findAll(state, io);
    const settled = settle(state, found);
    try {
      await stack.importStack({ ...exported, deployment: settled.state });
    } catch (error) {
      const verdicts = parseLocks(String(error)).map((lock) => judgeLock(lock, left, thisMachine()));
      if (verdicts.length === 0 || verdicts.includes("another"))
        throw updateFailed(name, "what a killed update left could not be put in order", [], error);
      if (!verdicts.includes("working")) await stack.cancel();
      else if (io.clock.now() > deadline) throw stillWorking(name, String(error));
      else await waited(io, name);
      continue;
    }
    say(io, name, settled.cleared, found);
    if (settled.refresh.length > 0)
      await stack.refresh({ target: [...settled.refresh] }).catch((cause: unknown) => {
        throw updateFailed(name, "what a killed update made could not be read", [], cause);
      });
    return;
  }
}

/** @throws SwitchyardError `interrupted` when it is not to be waited any longer. */
async function waited({ clock, wake }: RecoverIo, what: string): Promise<void> {
  await clock.sleep(jittered(pollMs), wake);
  if (wake?.aborted)
    throw new SwitchyardError("interrupted", {
      what: "interrupted while what a killed update left was waited for",
      where: what,
      fix: "run the command again",
    });
}

function stillWorking(stack: string, text: string): SwitchyardError {
  const [lock] = parseLocks(text);
  return new SwitchyardError("lease-held", {
    what: `the engine of a run that was killed is still at work (process ${lock?.pid} of this machine)`,
    where: `stack ${stack}`,
    fix: "wait until it ends, or end it, then run the command again",
  });
}

/** Where each thing that was being made is, by URN; those that are nowhere, or of a type made twice without harm, are left out. */
async function findAll(state: StackState, io: RecoverIo): Promise<ReadonlyMap<string, string>> {
  const wanted = creations(state);
  if (wanted.length === 0) return new Map();
  const { aws, clock } = io;
  const ids = new Set((state.resources ?? []).map(({ id }) => id));
  const look: Look = {
    aws,
    known: (id) => ids.has(id),
    until: async (what, probe) => {
      for (const deadline = clock.now() + madeMs; ; await waited(io, what)) {
        const answer = await probe();
        if (answer !== undefined) return answer;
        if (clock.now() > deadline) throw neverMade(what);
      }
    },
  };
  const finders = await loadFinders();
  const found = await Promise.all(
    wanted.map(
      async (resource) => [resource.urn, await finders[resource.type]?.(resource.inputs ?? {}, look)] as const,
    ),
  );
  return new Map(found.flatMap(([urn, id]) => (id === undefined ? [] : [[urn, id] as const])));
}

/** By resource type. */
export async function loadFinders(): Promise<Readonly<Record<string, Finder>>> {
  const [{ networkFinders }, { namedFinders }, { organizationFinders }, { runnerFinders }, { serviceFinders }] =
    await Promise.all([
      import("./network.ts"),
      import("./named.ts"),
      import("./organization.ts"),
      import("./runner.ts"),
      import("./services.ts"),
    ]);
  return { ...networkFinders, ...namedFinders, ...organizationFinders, ...runnerFinders, ...serviceFinders };
}

function neverMade(what: string): SwitchyardError {
  return new SwitchyardError("update-failed", {
    what: `${what} was being made when an update was killed, and is not ready after ${madeMs / 60_000} minutes`,
    where: what,
    fix: "look at it in the account; once it is ready or deleted, run the command again",
  });
}

function say(
  { tell }: RecoverIo,
  stack: string,
  cleared: readonly StateResource[],
  found: ReadonlyMap<string, string>,
): void {
  const parts = [
    ...(found.size > 0 ? [`found again: ${[...found.keys()].map(nameOf).join(", ")}`] : []),
    ...(cleared.length > 0 ? [`to be made: ${cleared.map(({ urn }) => nameOf(urn)).join(", ")}`] : []),
  ];
  tell(`An earlier update of ${stack} was cut short${parts.length > 0 ? `; ${parts.join("; ")}` : ""}`);
  // Of a type that is looked for there is none, or more than one could be meant; others are made again without harm.
  const doubtful = cleared.filter(({ type }) => !madeAgain.has(type));
  if (doubtful.length > 0)
    tell(`  not found in the account: ${doubtful.map(({ type, urn }) => `${type} ${nameOf(urn)}`).join(", ")}`);
}
