import assert from "node:assert/strict";
import fc from "fast-check";
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
    await acquire(table, options("b", { isDead: ({ holder }) => holder === "gone" }));
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

  it("refuses who has the holder's token and not its name", async () => {
    const lease = await acquire();
    table.put("lease", state("b", lease.token));
    assert.equal(await table.write([lease.check()]), false);
    await pass(durationMs);
    assert.equal(lease.lost.aborted, true);
    await lease.release();
    assert.equal((await readLease(table))?.released, false);
  });

  describe("after its item was deleted", () => {
    const entry = (operation: string, token: number) =>
      table.put(`journal#${operation}#000000`, { operation, token, seq: 0, at: 0 });

    it("goes on from the highest token given out, also to who recorded nothing", async () => {
      for (const holder of ["a", "b", "c"]) await (await acquire(table, options(holder))).release();
      table.delete("lease");
      assert.equal((await acquire(table, options("d"))).token, 4);
    });
    it("goes on from it when it was put back as it once was", async () => {
      const before = state("a", 2);
      for (const holder of ["a", "b", "c", "d"]) await (await acquire(table, options(holder))).release();
      table.put("lease", { ...before, released: true });
      assert.equal((await acquire(table, options("e"))).token, 5);
    });
    it("goes on from the operations when the fence was deleted as well", async () => {
      table.put("operation#00000007-deploy-v1", { operation: "00000007-deploy-v1", at: 0 });
      entry("00000005-deploy-v0", 6);
      assert.equal((await acquire()).token, 8);
      table.delete("lease");
      table.delete("fence");
      entry("00000007-deploy-v1", 12);
      assert.equal((await acquire(table, options("b"))).token, 13);
    });
    it("refuses the holder that was at work, whose renewals do not bring it back", async () => {
      const lease = await acquire();
      table.delete("lease");
      await pass(durationMs);
      assert.equal(lease.lost.aborted, true);
      assert.equal(table.peek("lease"), undefined);
      await acquire(table, options("b"));
      assert.equal(await table.write([lease.check()]), false);
    });
    it("has one winner when two come together", async () => {
      table.put("fence", { token: 9 });
      const both = ["b", "c"].map((holder) => Lease.acquire(table, options(holder)));
      const won = (await through(Promise.allSettled(both))).flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
      held.push(...won);
      assert.deepEqual(
        won.map(({ token }) => token),
        [10],
      );
    });
    it("says so when the fence is not usable", async () => {
      table.put("fence", { token: "9" });
      await assert.rejects(through(Lease.acquire(table, options("a"))), refused("invalid-ledger"));
    });
  });

  it("never gives a token out twice, whatever is deleted between takeovers", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom("take", "lease", "fence", "both"), { maxLength: 25 }), async (acts) => {
        const ledger = new MemoryTable();
        let highest = 0;
        for (const act of acts) {
          if (act === "take") {
            const { token, ...lease } = await Lease.acquire(
              ledger,
              options(`holder ${highest}`, { isDead: () => true }),
            );
            assert.ok(token > highest, `${token} after ${highest}`);
            highest = token;
            // Whoever holds it records something, sooner or later: only then may both items go.
            const operation = `${String(token).padStart(8, "0")}-deploy-v1`;
            ledger.put(`operation#${operation}`, { operation, at: 0 });
            assert.ok(lease);
          }
          if (act !== "take" && act !== "fence") ledger.delete("lease");
          if (act !== "take" && act !== "lease") ledger.delete("fence");
        }
      }),
      { numRuns: 200 },
    ));

  const identity = { host: "h", pid: 7, boot: "b", namespaces: "pid:[1] time:[2]", started: "9" };
  const unusable: readonly (readonly [string, Record<string, unknown>])[] = [
    ["token", { token: "x" }],
    ["token", { token: 0 }],
    ["token", { token: 1.5 }],
    ["beat", { beat: "x" }],
    ["durationMs", { durationMs: "x" }],
    ["durationMs", { durationMs: 0 }],
    ["durationMs", { durationMs: 1e12 }],
    ["holder", { holder: 5 }],
    ["purpose", { purpose: null }],
    ["acquiredAt", { acquiredAt: {} }],
    ["released", { released: "no" }],
    ["identity", { identity: "a@b#7" }],
    ["identity.pid", { identity: { ...identity, pid: "7" } }],
    ["identity.boot", { identity: { ...identity, boot: undefined } }],
  ];
  for (const [field, change] of unusable)
    it(`says so when the item has no usable ${field}: ${JSON.stringify(change)}`, async () => {
      table.put("lease", { ...state("a", 1), ...change });
      await assert.rejects(readLease(table), (error: unknown) => {
        assert.ok(refused("invalid-ledger")(error));
        assert.match(String(error), new RegExp(`no usable ${field.replace(".", "\\.")}`));
        return true;
      });
    });

  it("is read with who holds it, and without where that is not said", async () => {
    table.put("lease", { ...state("a", 1), identity });
    assert.deepEqual((await readLease(table))?.identity, identity);
    table.put("lease", state("a", 1));
    assert.equal((await readLease(table))?.identity, undefined);
  });
});

/** Sleeps until it is told to stop, and no time passes. */
function stoodStill(_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
}

function state(holder: string, token: number): Record<string, unknown> {
  return { token, holder, purpose: "deploy", acquiredAt: "2026-01-05", beat: 4, durationMs, released: false };
}
