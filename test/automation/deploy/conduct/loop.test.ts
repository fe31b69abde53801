import assert from "node:assert/strict";
import { type RunIo, run } from "../../../../automation/deploy/conduct/loop.ts";
import type { Decision, JournalEntry, Step, StepResult } from "../../../../automation/deploy/decide/decision.ts";
import { explainOperation } from "../../../../automation/deploy/decide/explain.ts";
import type { Observed, ObservedColour, Weights } from "../../../../automation/deploy/decide/model.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";
import type { ReleaseDocument } from "../../../../programs/release.ts";
import { colour, deployed, goalFor, now, observed, onBlue, onGreen, release, target } from "../fixtures.ts";

/** A rollback from v1 on blue to v0 on green, both running, and everything the loop did, in order. */
class RollbackWorld implements RunIo {
  readonly did: string[] = [];
  readonly clock = {
    now: () => now + this.#slept,
    sleep: async (ms: number) => {
      this.#slept += ms;
    },
  };
  readonly pollMs = 100;
  readonly freshMs = 60_000;
  readonly wake = new AbortController().signal;
  readonly journal: JournalEntry[] = [];
  #slept = 0;
  #green: Partial<ObservedColour> = {};
  #weights: Weights = onBlue;
  #document: ReleaseDocument = {
    ...release,
    services: { web: { live: "blue", blue: deployed("v1"), green: deployed("v0") } },
  };

  async entries() {
    return this.journal;
  }

  async observe(): Promise<Observed> {
    assert.ok(this.journal.length < 100, "it goes on for ever");
    const green = colour({ taskDefinitionArn: target("v0").taskDefinitionArn, ...this.#green });
    return {
      ...observed({ weights: this.#weights, green }, { release: this.#document }),
      migrations: { applied: [], pending: [] },
    };
  }

  async intend(decision: Decision, seen: Observed, at: number): Promise<JournalEntry> {
    this.did.push(`intend ${nameOf(decision)}`);
    return this.#keep(decision, seen, at);
  }

  async complete(entry: JournalEntry, result: StepResult): Promise<JournalEntry> {
    this.did.push(`complete ${nameOf(entry.decision)}`);
    return this.#done(entry, result);
  }

  async record(decision: Decision, seen: Observed, at: number, result: StepResult): Promise<JournalEntry> {
    this.did.push(`record ${nameOf(decision)}`);
    return this.#done(this.#keep(decision, seen, at), result);
  }

  async perform(step: Step): Promise<StepResult> {
    for (const write of step.writes) {
      this.did.push(`write ${write.kind}`);
      if (write.kind === "set-weights") this.#weights = write.weights;
      if (write.kind === "update-service") this.#green = { desired: write.desired };
      if (write.kind === "record-release") this.#document = write.document;
    }
    for (const probe of step.probes ?? []) this.did.push(`probe ${probe.kind}`);
    return { ok: true };
  }

  calls() {
    return 0;
  }

  wayBack() {
    this.did.push("way back");
  }

  report() {}

  interrupted() {
    return undefined;
  }

  sets(weights: Weights) {
    this.#weights = weights;
  }

  #done(entry: JournalEntry, result: StepResult): JournalEntry {
    const done = { ...entry, result };
    this.journal[entry.seq] = done;
    return done;
  }

  #keep(decision: Decision, seen: Observed, at: number): JournalEntry {
    const entry = { seq: this.journal.length, token: 1, operation: "2-rollback", at, decision, observed: seen };
    this.journal.push(entry);
    return entry;
  }
}

const nameOf = (decision: Decision) => (decision.kind === "step" ? decision.phase : decision.kind);
const goal = goalFor("rollback", { operation: "2-rollback", version: "v0" });

describe("a run", () => {
  it("writes to AWS once for each service and step, always after its intent; what writes nothing is journalled once", async () => {
    const world = new RollbackWorld();
    const { end } = await run(goal, [], world);
    assert.equal(end.outcome, "succeeded", end.why);
    assert.deepEqual(world.did, [
      "record plan",
      "intend shift",
      "write set-weights",
      "probe prove-traffic",
      "complete shift",
      "intend finish",
      "write record-release",
      "complete finish",
      "intend end",
    ]);
  });

  it("looks again, and writes nothing again, where a written rule is read as it was before", async () => {
    const world = new RollbackWorld();
    const observe = world.observe.bind(world);
    let old = 2;
    world.observe = async () => {
      const seen = await observe();
      const web = seen.services["web"];
      if (!web || !world.did.includes("complete repair") || old === 0) return seen;
      old -= 1;
      return { ...seen, services: { web: { ...web, weights: onGreen } } };
    };
    world.sets(onGreen);
    assert.equal((await run(goalFor("repair"), [], world)).end.outcome, "succeeded");
    assert.deepEqual(world.did, ["intend repair", "write set-weights", "complete repair", "intend end"]);
    assert.equal(old, 0);
  });

  it("stops where a rule it wrote stays otherwise; begun anew, it writes it again", async () => {
    const world = new RollbackWorld();
    const perform = world.perform.bind(world);
    world.sets(onGreen);
    world.perform = async (step) => {
      const result = await perform(step);
      world.sets(onGreen);
      return result;
    };
    const isDrift = (e: unknown) =>
      e instanceof SwitchyardError && e.code === "drift" && e.message.includes("web's production rule");
    await assert.rejects(run(goalFor("repair"), [], world), isDrift);
    assert.deepEqual(world.did, ["intend repair", "write set-weights", "complete repair"]);
    world.perform = perform;
    assert.equal((await run(goalFor("repair"), world.journal, world)).end.outcome, "succeeded");
  });

  it("decides nothing on a look taken meanwhile before the result is written down", async () => {
    const world = new RollbackWorld();
    const complete = world.complete.bind(world);
    let looked = 0;
    world.complete = async (entry, result) => {
      const before = world.did.length;
      // The look is asked for and answered, and still nothing more is done.
      while (looked === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(world.did.length, before);
      return complete(entry, result);
    };
    const observe = world.observe.bind(world);
    world.observe = async () => {
      looked += 1;
      return observe();
    };
    assert.equal((await run(goal, [], world)).end.outcome, "succeeded");
  });

  it("looks again where a result could not be written down, or a look failed", async () => {
    for (const method of ["complete", "record", "observe"] as const) {
      const world = new RollbackWorld();
      const whole = world[method].bind(world) as (...args: unknown[]) => Promise<never>;
      let calls = 0;
      Object.assign(world, {
        [method]: async (...args: unknown[]) => {
          calls += 1;
          if (calls === 2 || (calls === 1 && method !== "observe"))
            throw Object.assign(new Error("busy"), { name: "ThrottlingException" });
          return whole(...args);
        },
      });
      assert.equal((await run(goal, [], world)).end.outcome, "succeeded", method);
      assert.ok(calls > 2, method);
    }
  });

  it("ends with an error that asking again does not mend, and leaves no look behind", async () => {
    const world = new RollbackWorld();
    let open = 0;
    const observe = world.observe.bind(world);
    world.observe = async () => {
      open += 1;
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return observe();
    };
    world.complete = async () => {
      throw new Error("the lease is lost");
    };
    await assert.rejects(run(goal, [], world), /the lease is lost/);
    assert.equal(open, 0);
  });
});

/** As an SDK call ends once the calls a run may make are used up. */
const spent = (what: string) => new SwitchyardError("call-budget", { what, where: "elb.ModifyRule", fix: "wait" });

describe("a run whose AWS calls are used up", () => {
  /** From the n-th look on no call goes through, until the way back is taken; from the second number on none at all. */
  function limited(world: RollbackWorld, looks: number, more = Number.POSITIVE_INFINITY): RollbackWorld {
    const observe = world.observe.bind(world);
    let made = 0;
    world.observe = async () => {
      made += 1;
      if (made > more) throw spent("20 calls, its limit");
      if (made > looks && !world.did.includes("way back")) throw spent("18 calls");
      return observe();
    };
    return world;
  }
  const isSpent = (text: RegExp) => (error: unknown) =>
    error instanceof SwitchyardError && error.code === "call-budget" && text.test(error.message);

  it("turns round with those kept for that, where it had moved traffic", async () => {
    const world = limited(new RollbackWorld(), 2);
    const { end } = await run(goal, [], world);
    assert.deepEqual(end, { kind: "end", outcome: "failed", why: "18 calls" });
    const after = world.did.slice(world.did.indexOf("way back"));
    assert.equal(after.filter((d) => d === "write set-weights").length, 1);
    assert.ok(!after.includes("write record-release"));
    assert.ok(explainOperation(goal, world.journal).every((e) => e.reproduced));
    assert.equal((await world.observe()).services["web"]?.weights.blue, 100);
  });

  it("finishes what it has recorded", async () => {
    const world = limited(new RollbackWorld(), 3);
    assert.equal((await run(goal, [], world)).end.outcome, "succeeded");
    assert.ok(world.did.includes("way back"));
  });

  it("stops where it had moved none", async () => {
    const world = limited(new RollbackWorld(), 1);
    await assert.rejects(run(goal, [], world), isSpent(/18 calls/));
    assert.deepEqual(world.did, ["record plan", "way back"]);
  });

  it("stops when those are used up too, and says where traffic is", async () => {
    const world = limited(new RollbackWorld(), 2, 2);
    await assert.rejects(
      run(goal, [], world),
      isSpent(/20 calls, its limit; as this run wrote them last, web is blue 0 green 100/),
    );
    const unsure = limited(new RollbackWorld(), 9, 2);
    unsure.perform = async (step) => {
      if (step.writes.length > 0) throw spent("18 calls");
      return { ok: true };
    };
    await assert.rejects(run(goal, [], unsure), isSpent(/web is as it was or blue 0 green 100/));
  });

  it("leaves a repair as it is: there is nothing to turn back", async () => {
    const world = limited(new RollbackWorld(), 1);
    world.sets(onGreen);
    await assert.rejects(run(goalFor("repair"), [], world), isSpent(/18 calls/));
    assert.deepEqual(world.did.slice(-2), ["complete repair", "way back"]);
  });
});
