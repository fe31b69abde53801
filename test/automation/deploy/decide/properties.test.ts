import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { JournalEntry } from "../../../../automation/deploy/decide/decision.ts";
import { explainOperation } from "../../../../automation/deploy/decide/explain.ts";
import type { Goal } from "../../../../automation/deploy/decide/goal.ts";
import type { Observed, ObservedColour, Weights } from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import { fold, nothingYet, type Progress, progressOf } from "../../../../automation/deploy/decide/progress.ts";
import { otherColour } from "../../../../automation/deploy/decide/situation.ts";
import { colours } from "../../../../programs/release.ts";
import { brief, colour, deployed, goal, goalFor, now, plan, release, target } from "../fixtures.ts";

const version = fc.constantFrom("v0", "v1", "v2");
const weights = fc.constantFrom<Weights>(
  { blue: 100, green: 0 },
  { blue: 0, green: 100 },
  { blue: 90, green: 10 },
  { blue: 63, green: 37 },
);
const count = fc.integer({ min: 0, max: 3 });
const seenColour: fc.Arbitrary<ObservedColour> = fc
  .record({
    version,
    desired: count,
    running: count,
    healthy: count,
    rollout: fc.constantFrom("COMPLETED" as const, "IN_PROGRESS" as const, "FAILED" as const, "NONE" as const),
    failedTasks: fc.integer({ min: 0, max: 4 }),
    scaling: fc.option(fc.record({ min: count, max: count, suspended: fc.boolean() }), { nil: undefined }),
  })
  .map(({ version: of, scaling, ...rest }) =>
    colour({
      ...rest,
      registered: rest.healthy,
      taskDefinitionArn: target(of).taskDefinitionArn,
      ...(scaling && { scaling }),
    }),
  );

const goals: fc.Arbitrary<Goal> = fc.oneof(
  fc
    .record({
      approval: fc.boolean(),
      strategy: fc.constantFrom(
        { kind: "all-at-once" as const },
        { kind: "canary" as const, percent: 10, bakeMs: 1_000 },
        { kind: "linear" as const, stepPercent: 37, everyMs: 1_000 },
      ),
    })
    .map((change) => goal(change)),
  fc
    .constantFrom("rollback" as const, "sweep" as const, "repair" as const, "adopt" as const)
    .map((kind) => goalFor(kind)),
);

const observations: fc.Arbitrary<Observed> = fc
  .record({
    there: fc.boolean(),
    weights,
    preview: weights,
    blue: seenColour,
    green: seenColour,
    live: fc.constantFrom(undefined, "blue" as const, "green" as const),
    warm: fc.boolean(),
    next: fc.boolean(),
    signal: fc.constantFrom(undefined, "promote" as const, "abort" as const),
    breach: fc.boolean(),
    migrations: fc.boolean(),
  })
  .map(({ there, live, warm, next: staged, signal, breach, migrations, ...service }) => ({
    release: {
      ...release,
      services: {
        web: {
          ...(live && { live }),
          blue: deployed("v1"),
          green: deployed("v0"),
          ...(warm && { warmUntil: new Date(now + 1_000).toISOString() }),
          ...(staged && { next: { digest: target("v2").digest, version: "v2" } }),
        },
      },
    },
    services: (there ? { web: service } : {}) as Observed["services"],
    ...(signal && { signal: { kind: signal, by: "ann", at: "today" } }),
    ...(breach && { breach: "an alarm went off" }),
    ...(migrations && { migrations: { applied: [{ name: "1", kind: "contract" as const }], pending: [] } }),
    taskDefinitions: { web: ["v2", "v1", "v0"].map((v) => target(v).taskDefinitionArn) },
  }));

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Any state an operation's journal can fold to, and many that it cannot. */
const progresses: fc.Arbitrary<Progress> = fc
  .record({
    staged: maybe(version.map((v) => ({ web: target(v) }))),
    to: maybe(fc.constantFrom(...colours)),
    migrated: fc.boolean(),
    started: fc.boolean(),
    startedAt: maybe(fc.constantFrom(now - 120_000, now)),
    proved: fc.boolean(),
    shift: maybe(fc.constantFrom(10, 37, 74, 100).map((percent) => ({ services: ["web"], percent, at: now - 500 }))),
    verified: fc.boolean(),
    undo: maybe(fc.constant("because")),
    recorded: fc.boolean(),
    problem: maybe(fc.constant("it failed")),
    known: maybe(weights),
    intended: maybe(weights),
  })
  .map(({ to, known, intended, ...rest }) => {
    const defined = Object.fromEntries(Object.entries(rest).filter(([, v]) => v !== undefined));
    const way = to && { plan: { web: { ...plan, from: otherColour(to), to } } };
    const written = { ...(known && { known }), ...(intended && { intended }) };
    return { ...nothingYet, ...defined, ...way, weights: known || intended ? { web: written } : {} } as Progress;
  });

const situations = fc.record({ goal: goals, observed: observations, progress: progresses }).map((s) => ({ ...s, now }));

describe("next, for any state", () => {
  it("always answers, and the same every time", () => {
    fc.assert(
      fc.property(situations, (s) => {
        const before = JSON.stringify(s);
        assert.deepEqual(next(s), next(s));
        assert.equal(JSON.stringify(s), before, "and changes nothing of what it was given");
        assert.notEqual(brief(next(s)), "");
      }),
      { numRuns: 2_000 },
    );
  });

  it("never gives weight to a colour without a healthy task, unless the other has none either", () => {
    fc.assert(
      fc.property(situations, (s) => {
        const decision = next(s);
        if (decision.kind !== "step") return;
        for (const w of decision.writes) {
          if (w.kind !== "set-weights" || w.rule !== "production") continue;
          const is = s.observed.services["web"];
          for (const c of colours)
            if (is && w.weights[c] > is.weights[c])
              assert.ok(is[c].healthy > 0 || is[otherColour(c)].healthy === 0, `${c} ${brief(decision)}`);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("never stops or changes a colour that serves, but to undo a first release, or to put back what a hand exchanged or emptied", () => {
    fc.assert(
      fc.property(situations, (s) => {
        const decision = next(s);
        const is = s.observed.services["web"];
        const { live } = s.observed.release.services["web"] ?? {};
        if (decision.kind !== "step" || !is || live === undefined || s.progress.plan?.["web"]?.to === live) return;
        for (const w of decision.writes)
          if (w.kind === "update-service" && w.colour === live) {
            const released = s.observed.release.services["web"]?.[live]?.taskDefinitionArn;
            const isEmptied = s.progress.undo !== undefined && is[live].desired === 0;
            const isMeant = s.goal.kind === "repair" || isEmptied;
            assert.ok(isMeant && w.desired > 0 && w.taskDefinitionArn === released, brief(decision));
          }
      }),
      { numRuns: 5_000 },
    );
  });

  it("comes to an end on the way back when what it writes comes true", () => {
    fc.assert(
      fc.property(situations, (given) => {
        let s: Given = { ...given, progress: { ...given.progress, undo: "because", undoAt: now } };
        if (s.goal.kind === "repair" || s.goal.kind === "adopt" || s.goal.kind === "sweep") return;
        for (let i = 0; i < 12; i++) {
          const decision = next(s);
          if (decision.kind === "end" || decision.kind === "halt") return;
          if (decision.kind === "wait") assert.ok(decision.until > s.now, brief(decision));
          s = decision.kind === "wait" ? { ...s, now: decision.until } : { ...s, ...apply(s, decision, i) };
        }
        assert.fail(`still writing: ${brief(next(s))}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is decided again alike from a journal, whatever was lost of it", () => {
    fc.assert(
      fc.property(goals, fc.array(fc.tuple(observations, fc.boolean()), { maxLength: 12 }), (asked, seen) => {
        const entries: JournalEntry[] = [];
        for (const [observed, answered] of seen) {
          const decision = next({ goal: asked, observed, progress: progressOf(entries), now });
          const entry = { seq: entries.length, token: 1, operation: "1", at: now, decision, observed };
          entries.push(answered ? { ...entry, result: { ok: true, staged: { web: target("v2") } } } : entry);
        }
        assert.ok(explainOperation(asked, entries).every((e) => e.reproduced));
        assert.deepEqual(entries.reduce(fold, nothingYet), progressOf(entries));
      }),
      { numRuns: 500 },
    );
  });
});

type Given = { goal: Goal; observed: Observed; progress: Progress; now: number };

/** The world as the step's writes leave it, and the journal's account of it. */
function apply(s: Given, decision: Extract<ReturnType<typeof next>, { kind: "step" }>, seq: number): Partial<Given> {
  let { observed } = s;
  for (const w of decision.writes) {
    const is = observed.services["web"];
    if (w.kind === "record-release") observed = { ...observed, release: w.document };
    if (!is) continue;
    const changed =
      w.kind === "set-weights"
        ? { [w.rule === "production" ? "weights" : "preview"]: w.weights }
        : w.kind === "update-service"
          ? { [w.colour]: { ...is[w.colour], taskDefinitionArn: w.taskDefinitionArn, desired: w.desired } }
          : w.kind === "set-scaling"
            ? { [w.colour]: { ...is[w.colour], scaling: w.bounds } }
            : {};
    observed = { ...observed, services: { web: { ...is, ...changed } } };
  }
  const entry = { seq, token: 1, operation: "1", at: now, decision, result: { ok: true } };
  return { observed, progress: fold(s.progress, entry) };
}
