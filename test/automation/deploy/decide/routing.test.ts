import assert from "node:assert/strict";
import type { Target } from "../../../../automation/deploy/decide/goal.ts";
import type { Observed, ObservedService, Placed, ServicePlan } from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import type { Progress } from "../../../../automation/deploy/decide/progress.ts";
import type { Situation } from "../../../../automation/deploy/decide/situation.ts";
import {
  brief,
  colour,
  deployed,
  goal,
  goalFor,
  limits,
  now,
  observed,
  onBlue,
  onGreen,
  plan,
  planned,
  release,
  setup,
  situation,
  stopped,
  target,
  v2,
} from "../fixtures.ts";

const at = (takes?: string): Placed => ({ ...(takes !== undefined && { takes }), priority: 1100 });
const rules = (takes?: string) => ({ production: at(takes), preview: { takes: "/", priority: 100 } });
const to = (path: string): Target => ({ ...target("v2"), setup: setup(path) });

/** Nothing was live; v2 is proven on blue, and is to have `/docs`. */
const first: ServicePlan = { to: "blue", target: to("/docs"), beforeDesired: 0, home: at("closed") };
const group = { web: { colour: "green" as const, settings: setup("/").group, sure: true } };
const proved = { started: true, startedAt: now, proved: true, proven: ["web"], groups: group };
const opening = (web: Partial<ObservedService>, change: Partial<Progress> = {}, more: Partial<Observed> = {}) => ({
  observed: observed(
    { blue: v2, rules: rules("closed"), ...web },
    { release: { ...release, services: { web: {} } }, ...more },
  ),
  progress: planned({ ...proved, plan: { web: first }, ...change }),
});
const opened = {
  shift: { services: ["web"], percent: 100, at: now },
  weights: { web: { known: { ...onBlue, takes: "/docs" }, at: now - limits.propagationMs } },
};
const undo = { ...opened, undo: "because", undoAt: now };

/** v1 is live on blue at `/`; v2 is proven on green, and is to have `/web`. */
const lives = {
  ...release,
  services: { web: { live: "blue" as const, blue: { ...deployed("v1"), setup: setup("/") } } },
};
const moving = (web: Partial<ObservedService>, change: Partial<Progress> = {}) => ({
  observed: observed({ green: v2, rules: rules("/"), ...web }, { release: lives }),
  progress: planned({ ...proved, plan: { web: { ...plan, target: to("/web"), home: at("/") } }, ...change }),
});
const canary = goal({ strategy: { kind: "canary", percent: 10, bakeMs: 30_000 } });
const back = { undo: "because", undoAt: now, weights: { web: { known: { ...onGreen, takes: "/web" }, at: now } } };

const cases: readonly (readonly [string, Partial<Situation>, string | RegExp])[] = [
  [
    "opens a first release's rule once it is proven, all at once",
    { goal: canary, ...opening({}) },
    "shift; web production 100/0 for /docs alone; prove-traffic",
  ],
  ["proves it there", opening({ rules: rules("/docs") }, opened), "verify; prove-traffic"],
  ["records it", opening({ rules: rules("/docs") }, { ...opened, verified: true }), "finish; record-release"],
  ["leaves one alone that an older version made open", opening({ rules: rules("/docs") }), "verify; prove-traffic"],
  [
    "gives up when it gets sick there",
    opening({ rules: rules("/docs"), blue: { ...v2, healthy: 0 } }, opened),
    "undo; give up: web blue has no healthy task left under traffic",
  ],
  ["closes it again", opening({ rules: rules("/docs") }, undo), "undo; web production 100/0 for closed; prove-left"],
  [
    "closes it also when it reads as closed and its opening may still come into force",
    opening({}, { ...undo, weights: { web: { intended: { ...onBlue, takes: "/docs" } } } }),
    "undo; web production 100/0 for closed; prove-left",
  ],
  [
    "keeps its tasks until no node sends it requests",
    opening({}, { ...undo, weights: { web: { known: { ...onBlue, takes: "closed" }, at: now } } }),
    /^wait undo: web: weights to be in force on every node/,
  ],
  [
    "stops them then",
    opening(
      {},
      { ...undo, weights: { web: { known: { ...onBlue, takes: "closed" }, at: now - limits.propagationMs } } },
    ),
    "undo; web blue web:2 × 0",
  ],
  [
    "moves a service with a new path whole",
    { goal: canary, ...moving({}) },
    "shift; web production 0/100 for /web alone; prove-traffic",
  ],
  [
    "takes it for not moved before the rule has the path",
    moving({ weights: onGreen }, { weights: { web: { intended: { ...onGreen, takes: "/web" } } } }),
    "shift; web production 0/100 for /web alone; prove-traffic",
  ],
  [
    "returns it with the path it had",
    moving({ weights: onGreen, rules: rules("/web") }, back),
    "undo; web production 100/0 for / alone; prove-traffic",
  ],
  [
    "has not returned it before the rule has that path",
    moving({ rules: rules("/web") }, back),
    "undo; web production 100/0 for / alone; prove-traffic",
  ],
  [
    "halts on a path that a hand has written",
    moving({ rules: rules("/other") }),
    "halt: routes were changed by hand: web takes /other, the ledger says /",
  ],
  [
    "halts on conditions that are no path",
    moving({ rules: rules() }),
    "halt: routes were changed by hand: web takes requests of another form, the ledger says /",
  ],
  [
    "takes a service whose rule is closed for one that does not serve",
    {
      goal: goalFor("sweep"),
      observed: observed(
        { rules: rules("closed") },
        { release: { ...release, services: { api: lives.services.web } } },
      ),
    },
    /^unchanged/,
  ],
];

describe("a service's way to its path", () => {
  for (const [name, given, decides] of cases)
    it(name, () => {
      const said = brief(next(situation(given)));
      if (typeof decides === "string") assert.equal(said, decides);
      else assert.match(said, decides);
    });

  it("is planned from where the rule is", () => {
    const homeOf = (release: Observed["release"], seen: ObservedService["rules"]) => {
      const s = situation({
        observed: observed({ rules: seen ?? rules("/there") }, { release }),
        progress: planned({ plan: undefined as never, staged: { web: to("/web") } }),
      });
      const decision = next(s);
      assert.ok(decision.kind === "step" && decision.plan);
      return [decision.plan["web"]?.home, decision.why];
    };
    const none = { ...release, services: { web: {} } };
    assert.deepEqual(homeOf(none, rules("closed")), [at("closed"), "web nothing → blue"]);
    assert.deepEqual(homeOf(lives, rules("/")), [at("/"), "web blue → green (path / → /web moves whole)"]);
    // A release that was recorded without its route.
    assert.deepEqual(homeOf(release, rules("/")), [at("/"), "web blue → green (path / → /web moves whole)"]);
  });

  it("is proven after what it may ask for has its own", () => {
    const services = ["api", "web"].map((name, order) => ({ name, order, desiredCount: 1 }));
    const both = { api: first, web: { ...first, target: to("/") } };
    const seen = { blue: v2, green: colour(stopped), weights: onBlue, preview: onBlue, rules: rules("closed") };
    const groups = { api: { ...group.web, colour: "blue" as const }, web: { ...group.web, colour: "blue" as const } };
    const decide = (proven: readonly string[], apiTakes: string, change: Partial<Progress> = {}) => {
      const preview = { takes: "/docs", priority: 100 };
      const all = { api: { ...seen, rules: { ...rules(apiTakes), preview } }, web: seen };
      const nothing = { ...release, services: { api: {}, web: {} } };
      return next({
        ...{ goal: goal({ services, images: {} }), now, observed: { release: nothing, services: all } },
        progress: planned({ ...proved, groups, plan: both, proved: proven.length > 0, proven, ...change }),
      });
    };
    const asked = (decision: ReturnType<typeof decide>) =>
      decision.kind === "step" && [decision.phase, ...(decision.probes ?? []).map(({ service }) => service)];
    const done = { shift: { services: ["api"], percent: 100, at: now }, verified: true };
    assert.deepEqual(asked(decide([], "closed")), ["prove", "api"]);
    assert.deepEqual(asked(decide(["api"], "closed")), ["shift", "api"]);
    assert.deepEqual(asked(decide(["api"], "/docs", done)), ["prove", "web"]);
    assert.deepEqual(asked(decide(["api", "web"], "/docs", done)), ["shift", "web"]);
  });
});
