import assert from "node:assert/strict";
import { approvalOf, goalOf, limitsOf, servicesOf, strategyOf } from "../../../../automation/deploy/act/goals.ts";
import type { Decision, JournalEntry } from "../../../../automation/deploy/decide/decision.ts";
import { hasStaged, released, unstaged, withoutNext } from "../../../../automation/deploy/decide/documents.ts";
import { explainOperation } from "../../../../automation/deploy/decide/explain.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import { nothingYet, progressOf } from "../../../../automation/deploy/decide/progress.ts";
import { bakeOf, schedule } from "../../../../automation/deploy/decide/shift.ts";
import { giveUp, groupsOf, step } from "../../../../automation/deploy/decide/situation.ts";
import { checkFlags } from "../../../../automation/flags.ts";
import type { StrategyFlags, StrategyKind } from "../../../../automation/strategy-flags.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";
import { config } from "../../../programs/fixtures.ts";
import {
  deployed,
  goal,
  goalFor,
  now,
  observed,
  onGreen,
  plan,
  planned,
  release,
  situation,
  target,
} from "../fixtures.ts";

const entry = (decision: JournalEntry["decision"], more: Partial<JournalEntry> = {}): JournalEntry => ({
  seq: 0,
  token: 1,
  operation: "1",
  at: now,
  decision,
  ...more,
});
const ok = { result: { ok: true } };

describe("the progress folded from a journal", () => {
  const shifting = step("shift", "", [{ kind: "set-weights", service: "web", rule: "production", weights: onGreen }]);
  const plans = entry({ ...step("plan", "", []), plan: { web: plan } }, ok);

  it("counts a step as begun by its intent, and as done by its result", () => {
    const begun = progressOf([plans, entry(shifting)]);
    assert.deepEqual(begun.weights, { web: { intended: onGreen } });
    assert.deepEqual(begun.shift, { services: ["web"], percent: 100, at: now });
    assert.deepEqual(progressOf([plans, entry(shifting, ok)]).weights, { web: { known: onGreen, at: now } });
  });
  it("knows from the proof on that a share is in force", () => {
    const shifted = [plans, entry(shifting, ok)];
    assert.equal(progressOf(shifted).shift?.provenAt, undefined);
    const proof = step("verify", "", []);
    assert.equal(progressOf([...shifted, entry(proof, { at: now + 9 })]).shift?.provenAt, undefined);
    assert.equal(progressOf([...shifted, entry(proof, { at: now + 9, ...ok })]).shift?.provenAt, now + 9);
    assert.equal(progressOf([...shifted, entry(proof, ok), entry(shifting, ok)]).shift?.provenAt, undefined);
  });
  it("knows from the end of a step that shifts and proves that its share is in force", () => {
    const proving = { ...shifting, probes: [] };
    const begun = progressOf([plans, entry(proving)]);
    assert.equal(begun.verified, false);
    const done = progressOf([plans, entry(proving, { ...ok, doneAt: now + 9 })]);
    assert.equal(done.verified, true);
    assert.equal(done.shift?.provenAt, now + 9);
    const failed = progressOf([plans, entry(proving, { result: { ok: false, problem: "503" }, doneAt: now + 9 })]);
    assert.equal(failed.verified, false);
    assert.equal(failed.problem, "503");
  });
  it("keeps when a service had its first share", () => {
    const to = (green: number, service = "web") =>
      step("shift", "", [{ kind: "set-weights", service, rule: "production", weights: { blue: 100 - green, green } }]);
    const both = entry({ ...step("plan", "", []), plan: { web: plan, api: plan } }, ok);
    const steps = [
      both,
      entry(to(10), { at: now + 1 }),
      entry(to(20), { at: now + 2 }),
      entry(to(30), { at: now + 3 }),
    ];
    assert.deepEqual(progressOf(steps).shift, { services: ["web"], percent: 30, at: now + 3, since: now + 1 });
    const other = progressOf([...steps, entry(to(10, "api"), { at: now + 4 })]);
    assert.deepEqual(other.shift, { services: ["api"], percent: 10, at: now + 4 });
  });
  it("keeps the first start's time and the first undoing's", () => {
    const start = step("start", "", [
      {
        kind: "update-service",
        service: "web",
        colour: "green",
        taskDefinitionArn: "a",
        desired: 1,
        reconfigure: true,
      },
    ]);
    const folded = progressOf([
      entry(start),
      entry(start, { at: now + 5, ...ok }),
      entry(giveUp("x")),
      entry(giveUp("y"), { at: now + 9 }),
    ]);
    assert.deepEqual([folded.startedAt, folded.started, folded.undo, folded.undoAt], [now, true, "y", now]);
  });
  it("forgets that it was recorded when it turns back, and keeps why a step failed", () => {
    const record = step("finish", "", [{ kind: "record-release", document: release }]);
    assert.equal(progressOf([entry(record, ok)]).recorded, true);
    assert.equal(progressOf([entry(record, ok), entry(giveUp("x"), ok)]).recorded, false);
    assert.equal(progressOf([entry(record, { result: { ok: false, problem: "no" } })]).problem, "no");
  });
  it("holds no previews' weights, and marks the end", () => {
    const preview = step("start", "", [{ kind: "set-weights", service: "web", rule: "preview", weights: onGreen }]);
    assert.deepEqual(progressOf([entry(preview, ok)]).weights, {});
    assert.equal(progressOf([entry({ kind: "end", outcome: "succeeded", why: "" })]).ended, true);
  });
});

describe("the schedule of a shift", () => {
  it("ends at 100 for every strategy", () => {
    assert.deepEqual(schedule({ kind: "all-at-once" }), [100]);
    assert.deepEqual(schedule({ kind: "canary", percent: 10, bakeMs: 5 }), [10, 100]);
    assert.deepEqual(schedule({ kind: "linear", stepPercent: 30, everyMs: 5 }), [30, 60, 90, 100]);
    assert.deepEqual(schedule({ kind: "linear", stepPercent: 50, everyMs: 5 }), [50, 100]);
  });
  it("bakes as long as the strategy says", () => {
    assert.equal(bakeOf({ kind: "all-at-once" }), 0);
    assert.equal(bakeOf({ kind: "canary", percent: 10, bakeMs: 5 }), 5);
    assert.equal(bakeOf({ kind: "linear", stepPercent: 30, everyMs: 7 }), 7);
  });
  it("groups services by their order", () => {
    const named = (name: string, order: number) => ({ name, order, desiredCount: 1 });
    const asked = goal({ services: [named("web", 2), named("api", 1), named("jobs", 2), named("idle", 0)] });
    assert.deepEqual(groupsOf(asked, { web: plan, api: plan, jobs: plan }), [["api"], ["web", "jobs"]]);
  });
});

describe("release documents", () => {
  const staging = {
    ...release,
    services: { web: { ...release.services["web"], next: { digest: target("v2").digest, version: "v2" } } },
    migrate: { live: deployed("v1"), next: deployed("v2") },
  };
  it("say what was released, and until when the other colour is kept", () => {
    const document = released({
      ...situation({ progress: planned({ applied: ["1"] }) }),
      observed: observed({}, { release: staging }),
      plan: { web: plan },
    });
    const web = document.services["web"];
    assert.equal(web?.live, "green");
    assert.deepEqual(web?.green?.migrations, ["1"]);
    assert.equal(web?.green?.deployedAt, new Date(now).toISOString());
    assert.equal(web?.warmUntil, new Date(now + 3_600_000).toISOString());
    assert.equal(web?.releasedBy, "00000001-deploy-v2");
    assert.equal(document.revision, staging.revision + 1);
    assert.equal(hasStaged(document), false);
  });
  it("keep a rolled back release's own migrations", () => {
    const way = { ...plan, target: { ...target("v0"), migrations: ["0"] } };
    const document = released({ ...situation({ goal: goalFor("rollback") }), plan: { web: way } });
    assert.deepEqual(document.services["web"]?.green?.migrations, ["0"]);
  });
  it("stage nothing after an operation, whether it succeeded or was undone", () => {
    assert.equal(hasStaged(staging), true);
    assert.equal(hasStaged(unstaged(staging, goal())), false);
    assert.equal(hasStaged(withoutNext(staging)), false);
    assert.equal(withoutNext(staging).migrate?.live?.version, "v2", "the function runs the new image already");
  });
});

describe("goals", () => {
  const { deploy } = config();
  it("take the stack's strategy, which flags override or imply", () => {
    assert.deepEqual(strategyOf(deploy, {}, 1), { kind: "all-at-once" });
    assert.deepEqual(strategyOf(deploy, { canary: "25%", bake: "2m" }, 0.5), {
      kind: "canary",
      percent: 25,
      bakeMs: 60_000,
    });
    assert.deepEqual(strategyOf(deploy, { step: "20%" }, 1), { kind: "linear", stepPercent: 20, everyMs: 60_000 });
    assert.deepEqual(strategyOf(deploy, { strategy: "canary" }, 1), { kind: "canary", percent: 10, bakeMs: 300_000 });
  });
  const canary = { kind: "canary", percent: 10, bakeMs: 300_000 };
  const linear = { kind: "linear", stepPercent: 20, everyMs: 60_000 };
  const overrides: [StrategyFlags, object][] = [
    [{ strategy: "all-at-once" }, { kind: "all-at-once" }],
    [{ strategy: "canary" }, canary],
    [{ strategy: "linear" }, linear],
    [{ canary: "25%" }, { ...canary, percent: 25 }],
    [{ bake: "30m" }, { ...canary, bakeMs: 1_800_000 }],
    [
      { canary: "25%", bake: "30m" },
      { ...canary, percent: 25, bakeMs: 1_800_000 },
    ],
    [{ step: "50%" }, { ...linear, stepPercent: 50 }],
    [{ every: "2m" }, { ...linear, everyMs: 120_000 }],
    [
      { step: "50%", every: "2m" },
      { ...linear, stepPercent: 50, everyMs: 120_000 },
    ],
  ];
  const configured = { "all-at-once": { kind: "all-at-once" }, canary, linear };
  for (const [strategy, plain] of Object.entries(configured) as [StrategyKind, object][]) {
    it(`take ${strategy} from a stack that says so`, () =>
      assert.deepEqual(strategyOf({ ...deploy, strategy }, {}, 1), plain));
    for (const [flags, chosen] of overrides) {
      const given = Object.entries(flags).map(([name, value]) => `--${name} ${value}`);
      it(`let ${given.join(" ")} override ${strategy}`, () => {
        checkFlags({ ...flags });
        assert.deepEqual(strategyOf({ ...deploy, strategy }, flags, 1), chosen);
      });
    }
  }

  const approvals: [stack: boolean, flag: boolean | undefined, waits: boolean | "refused"][] = [
    [false, undefined, false],
    [false, false, false],
    [false, true, true],
    [true, undefined, true],
    [true, true, true],
    [true, false, "refused"],
  ];
  for (const [approval, flag, waits] of approvals)
    it(`of a stack with approval: ${approval} and the flag ${flag}: ${waits}`, () => {
      const asking = () => approvalOf("production", { ...deploy, approval }, flag);
      if (waits !== "refused") return assert.equal(asking(), waits);
      assert.throws(asking, (e) => e instanceof SwitchyardError && e.where === "--no-approve" && /promote/.test(e.fix));
    });

  it("refuse a share that is none", () =>
    assert.throws(() => strategyOf(deploy, { canary: "0%" }, 1), SwitchyardError));
  it("scale limits by the pace, but leave processes time to start", () => {
    assert.equal(limitsOf(deploy, 1).healthyMs, 900_000);
    assert.equal(limitsOf(deploy, 0.02).healthyMs, 60_000);
    assert.equal(limitsOf(deploy, 1, 200).healthyMs, 900_000);
    assert.equal(limitsOf(deploy, 1, 1800).healthyMs, 2_100_000);
    assert.equal(limitsOf(deploy, 0.5).keepWarmMs, 1_800_000);
  });
  it("name every service with its order and bounds", () => {
    assert.deepEqual(servicesOf(config())[0], { name: "web", order: 0, desiredCount: 2, scaling: { min: 2, max: 2 } });
    assert.equal(goalOf("sweep", goal(), config()).kind, "sweep");
  });
});

describe("explain", () => {
  const first = next(situation({ progress: nothingYet }));
  it("decides each entry again", () => {
    const [explained] = explainOperation(goal(), [entry(first, { observed: observed() })]);
    assert.deepEqual([explained?.phase, explained?.reproduced], ["stage", true]);
  });
  it("says so when the decision would be another", () => {
    const other = entry({ ...step("prove", "", []) }, { observed: observed() });
    assert.equal(explainOperation(goal(), [other])[0]?.reproduced, false);
  });
  it("takes an undoing that another command ordered for that command's decision", () => {
    const signal = { kind: "abort", by: "ann", at: "today" } as const;
    const seen = { observed: observed({}, { signal }) };
    const reproduced = (decision: Decision) => explainOperation(goal(), [entry(decision, seen)])[0]?.reproduced;
    assert.equal(reproduced({ ...giveUp("aborted by ann"), ordered: true }), true);
    assert.equal(reproduced(giveUp("aborted by ann", { signal })), true);
    assert.equal(reproduced(giveUp("aborted by ann")), false);
    assert.equal(reproduced(giveUp("superseded by rollback")), false);
  });
});
