import assert from "node:assert/strict";
import fc from "fast-check";
import { withBeside } from "../../../automation/console/views/beside.ts";
import { checkView } from "../../../automation/console/views/check.ts";
import { environmentView, type Underway, unreadableView } from "../../../automation/console/views/environment.ts";
import { figuresView } from "../../../automation/console/views/figures.ts";
import { flightView } from "../../../automation/console/views/flight.ts";
import { explained, releaseRow } from "../../../automation/console/views/release.ts";
import type { Decision, JournalEntry, Phase } from "../../../automation/deploy/decide/decision.ts";
import type { Observed } from "../../../automation/deploy/decide/model.ts";
import { next } from "../../../automation/deploy/decide/next.ts";
import { nothingYet, progressOf } from "../../../automation/deploy/decide/progress.ts";
import { end, step, wait } from "../../../automation/deploy/decide/situation.ts";
import { forward, type Upgrade } from "../../../automation/upgrade/decide.ts";
import type { Now } from "../../../automation/watch/now.ts";
import { colour, deployed, goal, goalFor, now, service, stopped } from "../deploy/fixtures.ts";

const observed: Observed = {
  release: { format: 1, revision: 3, services: { web: { live: "blue", blue: deployed("v1"), green: deployed("v0") } } },
  services: { web: service({ green: colour({ ...stopped, desired: 0 }) }) },
};

const calm: Now = {
  shape: undefined,
  observed,
  lease: undefined,
  operations: [],
  closed: undefined,
  frozen: undefined,
};

const view = (change: Partial<Now> = {}, underway?: Underway) =>
  environmentView("production", { ...calm, ...change }, underway, now);

const seen = (change: Parameters<typeof service>[0], release = observed.release): Observed => ({
  release,
  services: { web: service(change) },
});

function entry(seq: number, decision: Decision, result?: JournalEntry["result"]): JournalEntry {
  const at = now + seq * 1000;
  return { seq, token: 1, operation: goal().operation, at, decision, ...(result && { result, doneAt: at + 400 }) };
}

const done = (phase: Phase, seq: number) => entry(seq, step(phase, phase, [record]), { ok: true });
const record = { kind: "deregister", taskDefinitionArns: ["one"] } as const;

function underway(entries: readonly JournalEntry[], decision?: Decision): Underway {
  return { record: { operation: goal().operation, goal: goal(), at: now }, entries, decision };
}

const lease = {
  ...{ token: 1, holder: "ann@host#1", purpose: "deploy v2", acquiredAt: "2026-01-05T08:59:00.000Z" },
  ...{ beat: 1, durationMs: 15_000, released: false },
};

const host = "www.example.com";
const weighted = (SetIdentifier: string, Weight: number) => ({ Name: host, Type: "A" as const, SetIdentifier, Weight });
const upgrade: Upgrade = {
  ...{ beside: "next", version: "v2", snapshot: "s", way: "forward", begunAt: now - 1000, keepForMs: 60_000, done: {} },
  names: { zoneId: "Z0123456", hosts: [host] },
};

describe("what an environment has in common with another", () => {
  const beside = (records: readonly ReturnType<typeof weighted>[], weight: number, of?: Upgrade) =>
    withBeside(view(), { found: new Map([[host, records]]), weight, upgrade: of }, now);

  it("is nothing where it has no shared names and no upgrade", () => {
    assert.deepEqual(withBeside(view(), { found: new Map(), weight: 0, upgrade: undefined }, now), view());
  });

  it("is where its names lead, its own record first, by their share of all weights", () => {
    const { names, troubles } = beside([weighted("next", 0), weighted("production", 255)], 255);
    assert.deepEqual(names, [
      {
        host,
        leads: [
          { stack: "production", weight: 255, share: 100 },
          { stack: "next", weight: 0, share: 0 },
        ],
      },
    ]);
    assert.deepEqual(troubles, []);
    const even = beside([weighted("next", 0), weighted("production", 0)], 0).names?.[0]?.leads;
    assert.deepEqual(
      even?.map(({ share }) => share),
      [50, 50],
    );
    const shares = beside([weighted("production", 64), weighted("next", 192)], 64).names?.[0]?.leads;
    assert.deepEqual(
      shares?.map(({ share }) => share),
      [25, 75],
    );
  });

  it("is to be looked at where a hand moved a weight, and not while an upgrade moves it", () => {
    const moved = [weighted("production", 0), weighted("next", 255)];
    const { state, troubles } = beside(moved, 255);
    assert.equal(state, "attention");
    assert.match(
      troubles[0] ?? "",
      /has the weight 0 here, and the ledger says 255\. `switchyard up production --refresh`/,
    );
    const during = beside(moved, 255, upgrade);
    assert.deepEqual([during.state, during.troubles], ["serving", []]);
  });

  it("is an upgrade with its steps, and until when the one that was replaced is kept", () => {
    const done = { freeze: now - 900, hold: now - 800 };
    const under = beside([], 255, { ...upgrade, done }).upgrade;
    assert.equal(under?.stands, "its upgrade to v2 in next is under way");
    assert.deepEqual(
      under?.steps.slice(0, 4).map(({ step, state, at }) => [step, state, at]),
      [
        ["freeze", "done", now - 900],
        ["hold", "done", now - 800],
        ["refuse", "now", undefined],
        ["count", "ahead", undefined],
      ],
    );
    assert.equal(under?.keptUntil, undefined);
    const all = Object.fromEntries(forward.map((step) => [step, now - 100]));
    const kept = beside([], 0, { ...upgrade, done: all }).upgrade;
    assert.equal(kept?.keptUntil, now - 100 + 60_000);
    assert.ok(kept?.steps.every(({ state }) => state === "done"));
    const back = beside([], 0, { ...upgrade, way: "back", done: { ...all, shut: now } }).upgrade;
    assert.deepEqual(back?.steps.find(({ state }) => state === "now")?.step, "names-back");
    assert.equal(beside([], 0, { ...upgrade, way: "settle", done: { ...all, settle: now } }).upgrade, undefined);
  });
});

describe("an environment on the console", () => {
  it("shows both colours of each service with weight, version, role and health", () => {
    const { state, services, troubles } = view();
    assert.deepEqual({ state, troubles }, { state: "serving", troubles: [] });
    assert.deepEqual(
      services[0]?.colours.map(({ colour: c, role, version, weight, healthy, desired }) => [
        ...[c, role, version, weight],
        `${healthy}/${desired}`,
      ]),
      [
        ["blue", "live", "v1", 100, "2/2"],
        ["green", "idle", "v0", 0, "0/0"],
      ],
    );
  });

  const warm = { ...observed.release.services["web"], warmUntil: new Date(now + 60_000).toISOString() };
  const released = (web: object) => ({ ...observed.release, services: { web } }) as Observed["release"];
  for (const [what, found, role] of [
    ["running within its time", seen({ green: colour() }, released(warm)), "warm"],
    [
      "running after its time",
      seen({ green: colour() }, released({ ...warm, warmUntil: "2026-01-01T00:00:00Z" })),
      "idle",
    ],
    [
      "retired",
      seen({}, released({ blue: deployed("v1"), green: deployed("v0"), retired: { colour: "green", tasks: 2 } })),
      "retired",
    ],
    ["never released", seen({}, released({ live: "blue", blue: deployed("v1") })), "empty"],
  ] as const)
    it(`calls a colour ${what} ${role}`, () => {
      assert.equal(view({ observed: found }).services[0]?.colours[1]?.role, role);
    });

  for (const [what, change, expected] of [
    [
      "a live colour with too few healthy tasks",
      { observed: seen({ blue: colour({ healthy: 1 }) }) },
      "web blue: 1 of 2 tasks are healthy",
    ],
    [
      "weights that total something else",
      { observed: seen({ weights: { blue: 40, green: 0 } }) },
      "web: its weights total 40 %, not 100 %",
    ],
    ["an environment whose resources are gone", { gone: "its resources are gone" }, "its resources are gone"],
  ] as const)
    it(`asks for a look at ${what}`, () => {
      const { state, troubles } = view(change);
      assert.deepEqual({ state, troubles }, { state: "attention", troubles: [expected] });
    });

  it("asks for none at an idle colour without tasks, nor at a closed service", () => {
    const closed = { takes: "closed", priority: 1 } as const;
    const shut = seen({ weights: { blue: 0, green: 0 }, rules: { production: closed, preview: closed } });
    assert.equal(view({ observed: shut }).state, "serving");
    assert.equal(view({ observed: shut }).services[0]?.closed, true);
  });

  it("shows who holds the lease, and nobody once it was given back", () => {
    const held = { holder: lease.holder, purpose: lease.purpose, since: lease.acquiredAt };
    assert.deepEqual(view({ lease }).lease, held);
    assert.equal(view({ lease: { ...lease, released: true } }).lease, undefined);
  });

  it("says of an operation nobody is at work on that it was cut short", () => {
    const cut = view({}, underway([]));
    assert.deepEqual([cut.state, cut.flight?.atWork], ["attention", false]);
    assert.equal(view({ lease }, underway([])).state, "releasing");
  });

  it("calls what was never applied absent, and says why one ended", () => {
    const nothing = { observed: { release: { format: 1, revision: 0, services: {} }, services: {} } } as const;
    assert.equal(view(nothing).state, "absent");
    const closed = { at: "2026-01-01T00:00:00Z", by: "ann", why: "it was destroyed" };
    assert.deepEqual(view({ ...nothing, closed }).troubles, ["it was destroyed, 2026-01-01T00:00:00Z (ann)"]);
  });

  it("shows why one cannot be read", () => {
    assert.deepEqual(unreadableView("production", "no credentials", now), {
      ...{ stack: "production", at: now, state: "unreadable", troubles: ["no credentials"], services: [] },
    });
  });

  it("gives a colour that is being started the version that is coming, and the live one its own", () => {
    const web = view({ lease, observed: seen({ green: colour() }) }, underway([done("start", 1)])).services[0];
    assert.deepEqual(
      web?.colours.map(({ role, version }) => [role, version]),
      [
        ["live", "v1"],
        ["new", "v2"],
      ],
    );
  });
});

describe("the colours of a release under way", () => {
  for (const [weights, roles] of [
    [{ blue: 100, green: 0 }, ["live", "new"]],
    [{ blue: 90, green: 10 }, ["old", "new"]],
    [{ blue: 0, green: 100 }, ["old", "new"]],
  ] as const)
    it(`are ${roles.join(" and ")} at blue ${weights.blue}`, () => {
      const moving = seen({ weights, green: colour() });
      const [web] = view({ lease, observed: moving }, underway([done("shift", 1)])).services;
      assert.deepEqual(
        web?.colours.map(({ role }) => role),
        roles,
      );
    });
});

describe("an operation in flight", () => {
  const flight = (entries: readonly JournalEntry[], decision?: Decision, of = goal()) =>
    flightView({ operation: of.operation, goal: of, at: now }, entries, progressOf(entries), {
      decision,
      atWork: true,
    });
  const track = (stages: ReturnType<typeof flight>["stages"]) =>
    stages.map(({ phase, state }) => `${phase} ${state}`).join(", ");

  it("shows the way ahead, what is done of it, and where it is", () => {
    const { stages } = flight([done("stage", 1), done("plan", 2), done("start", 3)], wait("healthy", "tasks", now));
    assert.equal(
      track(stages),
      "stage done, migrate done, start done, healthy now, prove ahead, shift ahead, verify ahead, finish ahead",
    );
  });

  it("has the approval on the way where one is asked for, and says when it can be given", () => {
    const waits = flight([done("prove", 1)], wait("approve", "approval", now + 9), goal({ approval: true }));
    assert.match(track(waits.stages), /prove done, approve now, shift ahead/);
    assert.deepEqual([waits.approvable, waits.waits], [true, { why: "approval", until: now + 9 }]);
    assert.equal(flight([done("prove", 1)], step("shift", "web 10%", [])).approvable, false);
  });

  it("shows a bake as a part of the shift", () => {
    assert.match(track(flight([done("shift", 1)], wait("bake", "web at 10%", now)).stages), /prove done, shift now/);
  });

  it("shows what was met once it turns back, and why", () => {
    const undo = entry(2, { ...step("undo", "alarm", []), undo: "alarm" });
    const { stages, undo: why } = flight([done("shift", 1), undo], step("undo", "weights back", [record]));
    assert.equal(track(stages), "shift done, undo now");
    assert.equal(why, "alarm");
  });

  it("stays at the step under way, whatever would be decided after it", () => {
    const { stages, steps } = flight(
      [entry(1, step("stage", "register", [record]))],
      step("stage", "register", [record]),
    );
    assert.match(track(stages), /^stage now/);
    assert.equal(steps[0]?.state, "under way");
  });

  for (const [result, state] of [
    [{ ok: true }, "done"],
    [{ ok: false, problem: "no capacity" }, "failed"],
  ] as const)
    it(`shows a step that ended as ${state}, with how long it took`, () => {
      const [only] = flight([entry(1, step("start", "start", [record]), result)]).steps;
      assert.deepEqual([only?.state, only?.ms, only?.problem], [state, 400, result.ok ? undefined : "no capacity"]);
    });

  it("shows what a person is needed for", () => {
    const halted = flight([], { kind: "halt", why: "changed by hand", fix: "repair or adopt" }).halted;
    assert.deepEqual(halted, { why: "changed by hand", fix: "repair or adopt" });
  });

  it("is at one stage at most, with what is done before it and what is ahead after it", () => {
    const phase = fc.constantFrom<Phase>(
      "stage",
      "plan",
      "migrate",
      "start",
      "healthy",
      "prove",
      "shift",
      "bake",
      "undo",
    );
    const kinds = fc.constantFrom("deploy", "rollback", "sweep", "repair", "adopt");
    fc.assert(
      fc.property(fc.array(phase, { maxLength: 12 }), phase, kinds, (met, here, kind) => {
        const of = kind === "deploy" ? goal() : goalFor(kind as "sweep");
        const entries = met.map((one, seq) => done(one, seq));
        const { stages } = flightView({ operation: "1", goal: of, at: now }, entries, nothingYet, {
          ...{ decision: wait(here, "why", now), atWork: true },
        });
        assert.match(stages.map(({ state }) => state[0]).join(""), /^d*n?a*$/);
        assert.equal(new Set(stages.map((stage) => stage.phase)).size, stages.length);
      }),
    );
  });
});

describe("a release on the console", () => {
  it("is a row with how long it took and who approved it", () => {
    const record = {
      operation: "1",
      goal: goal({ commit: "abc" }),
      at: now,
      outcome: "succeeded",
      endedAt: now + 5,
    } as const;
    const row = releaseRow(record, new Map([["1", { kind: "promote", by: "ann", at: "" }]]));
    assert.deepEqual(row, {
      ...{ operation: "1", at: now, kind: "deploy", version: "v2", actor: "someone", outcome: "succeeded" },
      ...{ commit: "abc", approver: "ann", ms: 5 },
    });
    assert.equal(releaseRow({ operation: "1", goal: goal(), at: now }, new Map()).outcome, "in flight");
  });

  it("explains each decision, and says which would be another today", () => {
    const first = { release: { format: 1, revision: 0, services: {} }, services: {} } as const;
    const decision = next({ goal: goal(), observed: first, progress: nothingYet, now });
    const same: JournalEntry = { ...entry(0, decision), observed: first };
    const other: JournalEntry = { ...entry(1, end("failed", "something else")), observed: first };
    const row = releaseRow({ operation: "1", goal: goal(), at: now }, new Map());
    const { lines, strategy } = explained(row, goal(), [same, other]);
    assert.equal(strategy, "all at once");
    assert.deepEqual(
      lines.map(({ reproduced }) => reproduced),
      [true, false],
    );
    assert.equal(lines[1]?.why, "something else");
  });
});

describe("figures on the console", () => {
  it("have a value for each period, latency in milliseconds, and nothing where nothing was counted", () => {
    const points = new Map([
      ["web/blue/requests", new Map([[60_000, 12]])],
      ["web/blue/p99", new Map([[60_000, 0.0123]])],
    ]);
    const { times, services } = figuresView(["web"], points, { from: 0, to: 120_000, periodMs: 60_000 });
    assert.deepEqual(times, [0, 60_000]);
    assert.deepEqual(services["web"]?.blue.requests, [null, 12]);
    assert.deepEqual(services["web"]?.blue.p99, [null, 12.3]);
    assert.deepEqual(services["web"]?.green.errors, [null, null]);
  });
});

describe("a comparison on the console", () => {
  const message = (what: string) => `Buckets are private\n${what}\nFix: set acl\nSee: https://example.com`;
  const violation = (policy: string, level: string, name: string, text = message(name)) => ({
    ...{ policy, level, pack: "switchyard", urn: `urn:pulumi:a::b::c::${name}`, message: text },
  });

  it("has one row for each rule with its resources, what blocks an update first", () => {
    const violations = [
      violation("buckets", "advisory", "one"),
      violation("other", "mandatory", "three", "no\nmore"),
      violation("buckets", "advisory", "two"),
    ];
    assert.deepEqual(checkView({ differences: [], byHand: [] }, { violations }).findings, [
      { policy: "other", level: "mandatory", title: "no", resources: ["three"] },
      { policy: "buckets", level: "advisory", title: "Buckets are private", fix: "set acl", resources: ["one", "two"] },
    ]);
  });

  it("names what differs, with its properties", () => {
    const property = { path: "tags.a", is: 1, was: 2 };
    const difference = {
      op: "update",
      type: "aws:s3/bucket:Bucket",
      urn: "urn:pulumi:a::b::c::logs",
      properties: [property],
    };
    const { differences } = checkView({ differences: [difference] as never, byHand: [] }, { violations: [] });
    assert.deepEqual(differences, [
      { resource: "logs", type: "aws:s3/bucket:Bucket", deleted: false, properties: ["tags.a"] },
    ]);
  });
});
