import type { Clock } from "../../../automation/clock.ts";
import type { LedgerItem, StackTable } from "../../../automation/ledger/table.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { MemoryTable } from "../memory-table.ts";
import type { CallFault, DriverPlan } from "./schedule.ts";
import { randomOf, type VirtualTime } from "./time.ts";

/** One attempt of a call is given up after this long; the guard allows a write to AWS no longer. */
export const deadlineMs = 10_000;
export const leaseMs = 30_000;
/** Polls are ten seconds apart, so that a schedule has few of them. */
export const pace = 5;

export interface CallOptions {
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  /** How long an answer is waited for at most. */
  readonly limitMs?: number;
}

/**
 * One driver process as the world runs it: everything it waits for comes through here, so that it can be paused (nothing
 * of it runs, what it has sent goes on) and killed (nothing of it ever runs again).
 */
export class DriverProcess {
  readonly plan: DriverPlan;
  readonly clock: Clock;
  /** Fencing token of its lease, as the ledger granted it. */
  token: number | undefined;
  dead = false;
  calls = 0;
  #onTheWayBack = false;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  #pausedUntil = 0;
  #pauses: DriverPlan["pauses"];

  constructor(time: VirtualTime, plan: DriverPlan, seed: number) {
    this.#time = time;
    this.plan = plan;
    this.#random = randomOf(seed);
    this.#pauses = plan.pauses;
    this.clock = { now: () => time.now + plan.skewMs, sleep: (ms, signal) => this.#sleep(ms, signal) };
  }

  random(): number {
    return this.#random();
  }

  /** Runs `resume` in this process at that time: later when it is paused then, never when it is dead. */
  deliver(at: number, resume: () => void): void {
    this.#time.at(at, () => {
      if (this.dead) return;
      if (this.#time.now < this.#pausedUntil) this.deliver(this.#pausedUntil, resume);
      else resume();
    });
  }

  /** Where a pause before the next call begins: between what was decided (or journalled) and what is asked before a write. */
  async gate(): Promise<void> {
    const due = this.#pauses.find((p) => p.when === "before" && p.call <= this.calls + 1);
    if (!due) return;
    this.#pause(due);
    await new Promise<void>((resolve) => this.deliver(this.#time.now, resolve));
  }

  #pause(due: DriverPlan["pauses"][number]): void {
    this.#pauses = this.#pauses.filter((p) => p !== due);
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#time.now + due.ms);
  }

  /** From here on the calls kept for undoing may be made as well. */
  wayBack(): void {
    this.#onTheWayBack = true;
  }

  #spent(): SwitchyardError | undefined {
    const { budget } = this.plan;
    if (!budget || this.calls < budget.calls - (this.#onTheWayBack ? 0 : budget.reserve)) return undefined;
    return new SwitchyardError("call-budget", { what: `${this.calls} calls were made`, where: "AWS", fix: "wait" });
  }

  /** One call over the network: its effect at some time before the limit, its answer after that, or what the plan says. */
  call<T>(effect: () => T, { name, signal, limitMs = deadlineMs }: CallOptions): Promise<T> {
    const spent = this.#spent();
    if (spent) return Promise.reject(spent);
    this.calls += 1;
    const n = this.calls;
    const { kill, faults } = this.plan;
    const dying = kill !== undefined && n >= kill.call;
    if (dying) this.dead = true;
    if (dying && kill.when === "before") return new Promise(() => undefined);
    const during = this.#pauses.find((p) => p.when === "during" && p.call <= n);
    if (during) this.#pause(during);
    const fault = faults.find((f) => f.call === n)?.kind;
    return new Promise<T>((resolve, reject) => {
      const fail = (error: Error) => this.deliver(this.#time.now, () => reject(error));
      if (signal?.aborted) return fail(named("AbortError", name));
      signal?.addEventListener("abort", () => fail(named("AbortError", name)), { once: true });
      this.#carryOut({ fault, effect, name, limitMs, resolve, reject });
    });
  }

  #carryOut<T>(call: {
    fault: CallFault | undefined;
    effect: () => T;
    name: string;
    limitMs: number;
    resolve: (value: T) => void;
    reject: (error: Error) => void;
  }): void {
    const { fault, effect, name, limitMs, resolve, reject } = call;
    const { now } = this.#time;
    const travel = 10 + this.#random() * 150;
    const run = (at: number, then: (outcome: () => void) => void) =>
      this.#time.at(at, () => {
        try {
          const value = effect();
          then(() => resolve(value));
        } catch (error) {
          then(() => reject(error as Error));
        }
      });
    const fail = (error: Error, at: number) => this.deliver(at, () => reject(error));
    const at = fault === "slow" ? now + deadlineMs * (0.5 + 0.49 * this.#random()) : now + travel;
    const again = now + deadlineMs * (0.5 + 0.4 * this.#random());
    switch (fault) {
      case "throttle":
        fail(named("ThrottlingException", name), now + 3_000);
        break;
      case "error":
        fail(serverError(name), now + travel);
        break;
      case "lost":
        run(now + this.#random() * (deadlineMs - 1), () => undefined);
        fail(named("TimeoutError", name), now + limitMs);
        break;
      case "timeout":
        fail(named("TimeoutError", name), now + limitMs);
        break;
      case "twice":
        run(at, () => undefined);
        run(again, (settle) => this.deliver(again + 1, settle));
        break;
      default:
        run(at, (settle) => this.deliver(Math.min(at + travel, now + limitMs), settle));
    }
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      this.deliver(this.#time.now + ms, resolve);
      signal?.addEventListener("abort", () => this.deliver(this.#time.now, resolve), { once: true });
    });
  }
}

function named(name: string, call: string): Error {
  return Object.assign(new Error(`${call}: ${name}`), { name });
}

function serverError(call: string): Error {
  return Object.assign(named("InternalFailure", call), { $metadata: { httpStatusCode: 500 } });
}

/** The ledger as one driver reaches it: the same calls over the same bad network, its token noted as it is granted. */
export function tableOf(driver: DriverProcess, table: MemoryTable, wrote: (item: string) => void): StackTable {
  return {
    stack: table.stack,
    get: async (item) => {
      await driver.gate();
      return driver.call((): LedgerItem | undefined => table.peek(item), { name: `get ${item}` });
    },
    query: async (prefix, options) => {
      await driver.gate();
      return driver.call(() => table.querySync(prefix, options), { name: `query ${prefix}` });
    },
    range: async (first, last, limit) => {
      await driver.gate();
      return driver.call(() => table.rangeSync(first, last, limit), { name: `range ${first}` });
    },
    write: async (writes) => {
      await driver.gate();
      const effect = () => {
        const written = table.writeSync(writes);
        if (!written) return false;
        for (const w of writes) {
          if (w.kind !== "put") continue;
          if (w.item === "lease") driver.token = Number(w.value["token"]);
          wrote(w.item);
        }
        return true;
      };
      return driver.call(effect, { name: `write ${writes.map((w) => w.item).join("+")}` });
    },
    update: async (item, set, condition) => {
      await driver.gate();
      return driver.call(
        () => {
          const written = table.updateSync(item, set, condition);
          if (written) wrote(item);
          return written;
        },
        { name: `update ${item}` },
      );
    },
  };
}
