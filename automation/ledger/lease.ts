import { z } from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import { type Clock, jittered } from "../clock.ts";
import { highestRecorded, readFence } from "./fence.ts";
import { type HolderIdentity, holderIdentity } from "./holder.ts";
import type { Condition, LedgerItem, StackTable, TableWrite } from "./table.ts";

/** No holder is given longer than this: an item that says so was changed by hand. */
const longestMs = 600_000;

const leaseState = z.object({
  /** Fencing token: only grows; every takeover and every acquisition raises it. */
  token: z.int().min(1),
  /** Unique to one acquisition, and its name for people: `<user>@<host>#<pid>.<nonce>`. */
  holder: z.string().min(1),
  /** By which the holder can be known to be dead; absent where its system does not tell. */
  identity: holderIdentity.optional(),
  /** What the holder does, e.g. `deploy v2`. */
  purpose: z.string(),
  /** ISO 8601, by the holder's clock; shown to people, never compared. */
  acquiredAt: z.string(),
  /** Raised by each renewal; a holder whose beat stands still for `durationMs` is taken over. */
  beat: z.int().min(0),
  durationMs: z.number().positive().max(longestMs),
  released: z.boolean(),
});

/** Who holds a stack's lease, as the ledger says it. */
export type LeaseState = Readonly<z.infer<typeof leaseState>>;

export interface LeaseOptions {
  readonly holder: string;
  readonly identity?: HolderIdentity | undefined;
  readonly purpose: string;
  /** A holder silent for this long may be taken over, in milliseconds. */
  readonly durationMs: number;
  readonly clock: Clock;
  /** True when the holder is proven to be dead: a process of this machine that is gone. Saves the wait. */
  readonly isDead?: (holder: LeaseState) => boolean;
  /** Ends the watching of another holder. */
  readonly wake?: AbortSignal;
}

/**
 * A held lease. Takeover never compares clocks: it watches the holder's beat stand still for the whole duration
 * by its own clock, so skew between machines does not matter. Safety rests on the token, not on time:
 * every write names it, and the ledger refuses a token that is not the newest.
 */
export class Lease {
  readonly token: number;
  /** The holder that never gave the lease back, when this one was taken over from it. */
  readonly takenFrom: LeaseState | undefined;
  readonly #table: StackTable;
  readonly #options: LeaseOptions;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  #beat = 0;
  #confirmedAt: number;
  #renewing: Promise<void> | undefined;

  /** @param sent When the write was sent that took the lease: a rival may count its silence from then on. */
  private constructor(table: StackTable, options: LeaseOptions, token: number, sent: number, takenFrom?: LeaseState) {
    this.takenFrom = takenFrom;
    this.#table = table;
    this.#options = options;
    this.token = token;
    this.#confirmedAt = sent;
  }

  /** Aborts when the lease is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * @throws SwitchyardError `lease-held` naming the holder when a live one is found; `interrupted` when `wake` aborts while
   *   it is watched. Makes no write in either case.
   */
  static async acquire(table: StackTable, options: LeaseOptions): Promise<Lease> {
    for (let sent = options.clock.now(); ; ) {
      const [seen, fence] = await Promise.all([readLease(table), readFence(table)]);
      // An acquisition whose answer was lost finds itself here.
      if (seen?.holder === options.holder && !seen.released)
        return new Lease(table, options, seen.token, sent).#start();
      let left = seen?.released === false;
      if (seen && left && !options.isDead?.(seen)) left = await isLeft(table, seen, options);
      const highest = Math.max(seen?.token ?? 0, fence.token);
      const token = 1 + (highest > 0 ? highest : await highestRecorded(table));
      const value: LeaseState = {
        token,
        holder: options.holder,
        ...(options.identity && { identity: options.identity }),
        purpose: options.purpose,
        acquiredAt: new Date(options.clock.now()).toISOString(),
        beat: 0,
        durationMs: options.durationMs,
        released: false,
      };
      sent = options.clock.now();
      const taken: TableWrite = { kind: "put", item: "lease", value: { ...value }, condition: unchanged(seen) };
      if (await table.write([taken, fence.raise(token)]))
        return new Lease(table, options, token, sent, left ? seen : undefined).#start();
    }
  }

  /** The condition every fenced write carries. */
  check(): TableWrite {
    return {
      kind: "check",
      item: "lease",
      condition: {
        expression: "#token = :token and #holder = :holder and #released = :no",
        names: { "#token": "token", "#holder": "holder", "#released": "released" },
        values: { ":token": this.token, ":holder": this.#options.holder, ":no": false },
      },
    };
  }

  /**
   * To be asked right before a write to AWS: a signal that ends the call before anyone could have taken over. A process
   * that was stopped in between (a paused machine, a long garbage collection) finds its time used up here.
   *
   * @throws SwitchyardError `lease-lost` when less than one call's deadline is left.
   */
  guard(deadlineMs: number): AbortSignal {
    const { clock, durationMs } = this.#options;
    const silent = clock.now() - this.#confirmedAt;
    if (this.#lost.signal.aborted || silent < 0 || silent + deadlineMs >= durationMs)
      throw leaseLost(this.#table.stack);
    return AbortSignal.any([this.#lost.signal, AbortSignal.timeout(deadlineMs)]);
  }

  /**
   * As `guard`, for the start of work that takes longer than one call's deadline and may be started twice, such as a
   * migration: a signal that ends it when the lease is known to be lost.
   */
  permit(deadlineMs: number): AbortSignal {
    this.guard(deadlineMs);
    return this.#lost.signal;
  }

  /** Gives it back. One that cannot be given back lapses; what was done under it is not undone by that. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    await this.#table.update("lease", { released: true }, this.#mine()).catch(() => undefined);
  }

  #start(): this {
    this.#renewing = this.#renew();
    return this;
  }

  async #renew(): Promise<void> {
    const { clock, durationMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(durationMs / 3, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      try {
        this.#beat += 1;
        const sent = clock.now();
        if (!(await this.#table.update("lease", { beat: this.#beat }, this.#mine()))) return this.#lost.abort();
        // Only what raises the beat counts: another write that is taken does not stop who watches the beat stand still.
        this.#confirmedAt = Math.max(this.#confirmedAt, sent);
      } catch {
        // A renewal that did not arrive is tried again; if none arrives in time the token is what protects the stack.
      }
    }
  }

  #mine() {
    return {
      expression: "#token = :token and #holder = :holder",
      names: { "#token": "token", "#holder": "holder" },
      values: { ":token": this.token, ":holder": this.#options.holder },
    };
  }
}

export function leaseLost(stack: string): SwitchyardError {
  return new SwitchyardError("lease-lost", {
    what: "another process has taken this stack's lease over, or may have, so nothing more was written",
    where: `stack ${stack}`,
    fix: "run `switchyard status` to see who is at work; run the command again when it is done",
  });
}

export async function readLease(table: StackTable): Promise<LeaseState | undefined> {
  const item = await table.get("lease");
  return item && toLease(item);
}

/** True once the holder was silent for its whole time; false when it gave the lease back, or another took it, meanwhile. */
async function isLeft(table: StackTable, seen: LeaseState, { clock, wake }: LeaseOptions): Promise<boolean> {
  const { state, now } = await watchHolder(table, seen, clock, wake);
  if (state === "beats")
    throw new SwitchyardError("lease-held", {
      what: `${now.holder} is at work (${now.purpose}, since ${now.acquiredAt})`,
      where: `stack ${table.stack}`,
      fix: "wait for it to finish (`switchyard status` shows it), then run the command again",
    });
  return state === "silent";
}

export interface WatchedHolder {
  /** Whether it was seen to renew the lease, was silent for its whole time, or holds the lease no longer. */
  readonly state: "beats" | "silent" | "gone";
  readonly now: LeaseState;
}

/**
 * Watches a holder until it is seen to be at work, for as long as its lease lasts at most.
 *
 * @throws SwitchyardError `interrupted` when `wake` aborts first.
 */
export async function watchHolder(
  table: StackTable,
  seen: LeaseState,
  clock: Clock,
  wake?: AbortSignal,
): Promise<WatchedHolder> {
  const started = clock.now();
  while (clock.now() - started < seen.durationMs) {
    await clock.sleep(jittered(seen.durationMs / 10), wake);
    if (wake?.aborted)
      throw new SwitchyardError("interrupted", {
        what: `interrupted while ${seen.holder} was watched for a sign of life`,
        where: `stack ${table.stack}`,
        fix: "run the command again",
      });
    const now = await readLease(table);
    if (!now || now.released || now.token !== seen.token) return { state: "gone", now: now ?? seen };
    if (now.beat !== seen.beat) return { state: "beats", now };
  }
  return { state: "silent", now: seen };
}

/** That the lease is still as it was seen. */
function unchanged(seen: LeaseState | undefined): Condition {
  if (seen === undefined) return { expression: "attribute_not_exists(#item)", names: { "#item": "item" } };
  return {
    expression: "#token = :token and #beat = :beat",
    names: { "#token": "token", "#beat": "beat" },
    values: { ":token": seen.token, ":beat": seen.beat },
  };
}

function toLease(item: LedgerItem): LeaseState {
  const { success, data, error } = leaseState.safeParse(item);
  if (success) return data;
  const fields = [...new Set(error.issues.map(({ path }) => path.join(".")))];
  throw new SwitchyardError("invalid-ledger", {
    what: `the lease item has no usable ${fields.join(", ")}`,
    where: `ledger ${item.stack}/lease`,
    fix: "restore the item from the table's point-in-time backup, or delete it when no command is running: tokens go on from the highest given out",
    cause: error,
  });
}
