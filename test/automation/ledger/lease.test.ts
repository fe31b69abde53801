import assert from "node:assert/strict";
import type { Clock } from "../../../automation/clock.ts";
import { Lease, type LeaseOptions, readLease } from "../../../automation/ledger/lease.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { MemoryTable } from "../../support/memory-table.ts";
import { VirtualTime } from "../../support/world/time.ts";

const durationMs = 30_000;
const deadlineMs = 10_000;

describe("the lease", () => {
  const held: Lease[] = [];
  let time: VirtualTime;
  let table: MemoryTable;
  beforeEach(() => {
    time = new VirtualTime();
    table = new MemoryTable();
  });
  afterEach(() => Promise.all(held.splice(0).map((lease) => lease.release())));

  const clock = (skewMs = 0): Clock => ({
    now: () => time.now + skewMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        time.after(ms, resolve);
        signal?.addEventListener("abort", () => resolve(), { once: true });
      }),
  });
  const options = (holder: string, change: Partial<LeaseOptions> = {}): LeaseOptions => ({
    holder,
    purpose: "deploy v2",
    durationMs,
    clock: clock(),
    ...change,
  });
  /** Lets virtual time pass until the promise is settled. */
  async function through<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    done.catch(() => undefined);
    await time.run(() => over, 10_000);
    return done;
  }
  async function acquire(on = table, given = options("a")): Promise<Lease> {
    const lease = await through(Lease.acquire(on, given));
    held.push(lease);
    return lease;
  }
  const pass = (ms: number) => through(new Promise<void>((resolve) => time.after(ms, resolve)));
  const refused = (code: string) => (error: unknown) => error instanceof SwitchyardError && error.code === code;
  /** A holder whose process stands still: it renews nothing. */
  const frozen = (): Clock => ({ now: clock().now, sleep: stoodStill });

  it("is granted with token 1 where there was none, and with the next token after a release", async () => {
    assert.equal((await acquire()).token, 1);
    await held.splice(0)[0]?.release();
    assert.equal((await readLease(table))?.released, true);
    assert.equal((await acquire(table, options("b"))).token, 2);
  });

  it("is renewed for as long as it is held", async () => {
    await acquire();
    await pass(5 * durationMs);
    assert.ok(Number((await readLease(table))?.beat) >= 10);
  });

  it("refuses a second command, names the holder, and writes nothing", async () => {
    await acquire();
    const now = () => ({ ...table.peek("lease"), beat: 0 });
    const was = now();
    await assert.rejects(through(Lease.acquire(table, options("b"))), (error: unknown) => {
      assert.ok(refused("lease-held")(error));
      assert.match(String(error), /a is at work \(deploy v2, since 2026-/);
      return true;
    });
    assert.deepEqual(now(), was);
  });

  for (const skewMs of [-300_000, 0, 300_000])
    it(`is taken over after the whole duration in silence, whatever the clocks say (${skewMs / 60_000} min)`, async () => {
      table.put("lease", { ...state("gone", 7), acquiredAt: new Date(time.now + skewMs).toISOString() });
      const began = time.now;
      const lease = await acquire(table, options("b", { clock: clock(skewMs) }));
      assert.equal(lease.token, 8);
      assert.ok(time.now - began >= durationMs, "no earlier than the duration");
    });

  it("is taken over at once from a process known to be dead", async () => {
    table.put("lease", state("gone", 7));
    const began = time.now;
    await acquire(table, options("b", { isDead: (holder) => holder === "gone" }));
    assert.equal(time.now, began);
  });

  it("says whom it was taken over from, unless that one gave it back", async () => {
    assert.equal((await acquire()).takenFrom, undefined);
    const second = await acquire(table, options("b", { isDead: () => true }));
    assert.equal(second.takenFrom?.token, 1);
    assert.equal(second.takenFrom?.purpose, "deploy v2");
    await second.release();
    assert.equal((await acquire(table, options("c", { isDead: () => true }))).takenFrom, undefined);
  });

  it("has one winner when two take over together", async () => {
    table.put("lease", state("gone", 7));
    const both = ["b", "c"].map((holder) => Lease.acquire(table, options(holder)));
    const results = await through(Promise.allSettled(both));
    const won = results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
    held.push(...won);
    assert.equal(won.length, 1);
    assert.ok(results.some((r) => r.status === "rejected" && refused("lease-held")(r.reason)));
  });

  it("finds its own acquisition when the answer to it was lost", async () => {
    table.put("lease", state("a", 3));
    assert.equal((await acquire()).token, 3);
  });

  it("tells a holder that it was taken over, at its next renewal", async () => {
    const lease = await acquire();
    table.put("lease", state("b", 2));
    await pass(durationMs);
    assert.equal(lease.lost.aborted, true);
    assert.throws(() => lease.guard(deadlineMs), refused("lease-lost"));
  });

  it("does not give back what another has taken", async () => {
    const lease = await acquire();
    table.put("lease", state("b", 2));
    await lease.release();
    assert.equal((await readLease(table))?.released, false);
  });

  it("lapses when it cannot be given back, and does not hide what was done", async () => {
    const lease = await acquire();
    table.update = () => Promise.reject(new Error("the network is down"));
    await lease.release();
    assert.equal((await readLease(table))?.released, false);
  });

  describe("guard", () => {
    it("lets a write begin while a whole deadline is left", async () => {
      const lease = await acquire(table, options("a", { clock: frozen() }));
      time.now += durationMs - deadlineMs - 1;
      assert.equal(lease.guard(deadlineMs).aborted, false);
      assert.equal(lease.permit(deadlineMs).aborted, false);
    });
    it("refuses a holder that stood still for longer", async () => {
      const lease = await acquire(table, options("a", { clock: frozen() }));
      time.now += durationMs - deadlineMs;
      assert.throws(() => lease.guard(deadlineMs), refused("lease-lost"));
      assert.throws(() => lease.permit(deadlineMs), refused("lease-lost"));
    });
    it("counts from the last renewal, not from other writes: whoever takes over watches the beat", async () => {
      const lease = await acquire(table, options("a", { clock: frozen() }));
      time.now += durationMs - deadlineMs;
      assert.equal(await table.write([lease.check(), { kind: "put", item: "x", value: {} }]), true);
      assert.throws(() => lease.guard(deadlineMs), refused("lease-lost"));
    });
    it("counts from when the lease was asked for: a rival's clock ran while the answer was under way", async () => {
      const late = new (class extends MemoryTable {
        override async write(writes: Parameters<MemoryTable["write"]>[0]): Promise<boolean> {
          const written = this.writeSync(writes);
          await new Promise<void>((resolve) => time.after(durationMs, resolve));
          return written;
        }
      })();
      const lease = await acquire(late, options("a", { clock: frozen() }));
      assert.throws(() => lease.guard(deadlineMs), refused("lease-lost"));
    });
    it("lets writes begin for as long as renewals arrive", async () => {
      const lease = await acquire();
      await pass(5 * durationMs);
      assert.equal(lease.guard(deadlineMs).aborted, false);
    });
    it("refuses when the clock was set back", async () => {
      const lease = await acquire(table, options("a", { clock: frozen() }));
      time.now -= 1;
      assert.throws(() => lease.guard(deadlineMs), refused("lease-lost"));
    });
  });

  for (const field of ["token", "beat", "durationMs"])
    it(`says so when the item has no usable ${field}`, async () => {
      table.put("lease", { ...state("a", 1), [field]: "x" });
      await assert.rejects(readLease(table), refused("invalid-ledger"));
    });
});

/** Sleeps until it is told to stop, and no time passes. */
function stoodStill(_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
}

function state(holder: string, token: number): Record<string, unknown> {
  return { token, holder, purpose: "deploy", acquiredAt: "2026-01-05", beat: 4, durationMs, released: false };
}
