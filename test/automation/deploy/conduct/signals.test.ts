import assert from "node:assert/strict";
import { callAt, deploy, endOf, plan, play } from "../../../support/world/plans.ts";

describe("a person's word", () => {
  const at10 = /production blue 90 green 10/;
  let call: number;
  before("where a deploy is at 10%", async () => {
    call = await callAt(deploy(), at10);
  });
  const killed = () => plan(deploy(), { kill: { call, when: "before" } });

  it("aborts what a machine was at work on that is gone: the traffic is returned here", async () => {
    const report = await play(killed(), plan({ kind: "abort" }, { startMs: 120_000 }));
    assert.deepEqual(endOf(report, "abort"), { outcome: "undone" });
    const abort = report.log.findIndex((l) => /abort \(token 2\).*production blue 100 green 0/.test(l));
    assert.ok(abort > 0 && abort < report.log.findIndex((l) => l.includes("abort ended")), report.log.join("\n"));
  });

  it("aborts by a signal what another process is seen to be at work on", async () => {
    const report = await play(plan(deploy()), plan({ kind: "abort" }, { startMs: 180_000 }));
    assert.deepEqual(endOf(report, "abort"), { outcome: "told" });
    assert.equal(endOf(report, "deploy")?.outcome, "failed");
  });

  it("is not lost when the process that is told dies before it takes it up: who comes next undoes", async () => {
    const report = await play(
      plan(deploy(), { pauses: [{ call, when: "before", ms: 1_000_000 }] }),
      plan({ kind: "abort" }, { startMs: 180_000 }),
    );
    assert.deepEqual(endOf(report, "abort"), { outcome: "undone" });
    assert.notEqual(endOf(report, "deploy")?.outcome, "succeeded");
  });

  it("says how the last operation ended when nothing is in flight, and is content when that was undone", async () => {
    const again = plan({ kind: "abort" }, { startMs: 400_000 });
    const undone = await play(killed(), plan({ kind: "abort" }, { startMs: 120_000 }), again);
    assert.deepEqual(
      undone.ended.filter((e) => e.command === "abort").map((e) => e.outcome),
      ["undone", "over"],
    );
    const over = await play(plan(deploy({ strategy: { kind: "all-at-once" } })), again);
    assert.equal(endOf(over, "abort")?.outcome, "not-found");
  });

  it("tells who promotes whether somebody is at work on it", async () => {
    const waiting = deploy({ approval: true });
    const promote = plan({ kind: "promote" }, { startMs: 150_000 });
    const alive = await play(plan(waiting), promote);
    assert.equal(endOf(alive, "promote")?.outcome, "promoted", alive.log.join("\n"));
    const dead = await play(plan(waiting, { kill: { call, when: "before" } }), promote);
    assert.equal(endOf(dead, "promote")?.outcome, "promoted, nobody at work", dead.log.join("\n"));
  });
});

describe("a rollback where a deploy was cut short", () => {
  let call: number;
  before(async () => {
    call = await callAt(deploy(), /production blue 90 green 10/);
  });
  const killed = () => plan(deploy(), { kill: { call, when: "before" } });

  it("is done when the deploy is undone: it goes no version further", async () => {
    const report = await play(killed(), plan({ kind: "rollback" }, { startMs: 120_000 }));
    assert.deepEqual(endOf(report, "rollback"), { outcome: "succeeded", version: "v1" });
  });

  it("is done for whoever runs it again because it died before it could say so", async () => {
    for (const at of [30, 36]) {
      const dies = plan({ kind: "rollback" }, { startMs: 120_000, kill: { call: at, when: "during" } });
      const report = await play(killed(), dies, plan({ kind: "rollback" }, { startMs: 400_000 }));
      assert.equal(report.ended.filter((e) => e.command === "rollback").length, 1, `${at}\n${report.log.join("\n")}`);
      assert.deepEqual(endOf(report, "rollback"), { outcome: "succeeded", version: "v1" }, report.log.join("\n"));
    }
  });

  it("goes on to a version that was named, unless that serves", async () => {
    const first = plan(deploy({ strategy: { kind: "all-at-once" } }));
    const third = plan(deploy({ version: "v3" }), { startMs: 600_000, kill: { call, when: "before" } });
    const back = (version: string) => plan({ kind: "rollback-to", version }, { startMs: 900_000 });
    const there = await play(first, third, back("v2"));
    assert.deepEqual(endOf(there, "rollback-to"), { outcome: "succeeded", version: "v2" });
    const calm = there.log.findIndex((l) => l.includes("calm: "));
    assert.ok(!there.log.slice(0, calm).some((l) => /ledger operation#.*rollback-to/.test(l)), there.log.join("\n"));
    const further = await play(first, third, back("v1"));
    assert.notDeepEqual(endOf(further, "rollback-to"), { outcome: "succeeded", version: "v2" });
  });
});
