import assert from "node:assert/strict";
import type { Target } from "../../../../automation/deploy/decide/goal.ts";
import type {
  Observed,
  ObservedService,
  Placed,
  PriorityOrder,
  ServicePlan,
} from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import type { Progress } from "../../../../automation/deploy/decide/progress.ts";
import type { Situation } from "../../../../automation/deploy/decide/situation.ts";
import type { ReleaseDocument } from "../../../../programs/release.ts";
import {
  brief,
  deployed,
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
  target,
  v2,
} from "../fixtures.ts";

const rules = (takes: string, priority: number, preview = priority) => ({
  production: { takes, priority: priority + 1000 },
  preview: { takes, priority: preview },
});
/** v1 is live on blue at `/` with the priority 100; v2 is to have 200, and with it perhaps another path. */
const v1: ReleaseDocument["services"][string] = { live: "blue", blue: { ...deployed("v1"), setup: setup("/", 100) } };
const document: ReleaseDocument = { ...release, services: { web: v1 } };
const home: Placed = { takes: "/", priority: 1100 };
const to = (path: string): Target => ({ ...target("v2"), setup: setup(path, 200) });
const way = (path: string): ServicePlan => ({ ...plan, target: to(path), home });
const groups = { web: { colour: "green" as const, settings: setup("/", 1).group, sure: true } };
const proved = { started: true, startedAt: now, proved: true, proven: ["web"], groups };

const at = (
  order: PriorityOrder,
  web: Partial<ObservedService>,
  change: Partial<Progress> = {},
  path = "/",
): Partial<Situation> => ({
  observed: observed({ green: v2, rules: rules("/", 100), ...web }, { release: document }),
  progress: planned({ ...proved, plan: { web: way(path) }, order, ...change }),
});
const places = (rule: "production" | "preview", priority: number) => ({ service: "web", rule, priority });
const placed = (time = now) => ({ placed: { places: [places("production", 1200)], sure: true, at: time } });
const unsure = { placed: { places: [places("production", 1200)], sure: false, at: now } };
const moved = (at = now) => ({
  shift: { services: ["web"], percent: 100, at },
  weights: { web: { known: { ...onGreen, takes: "/web" }, at } },
  verified: true,
});
const undo = { undo: "because", undoAt: now };
const longAgo = now - limits.propagationMs;
const there = rules("/", 200);
const gone = { weights: onGreen, rules: rules("/web", 200) };
const returned = { weights: { web: { known: { ...onBlue, takes: "/" }, at: now } } };

const cases: readonly (readonly [string, Partial<Situation>, string | RegExp])[] = [
  [
    "gives a preview its place before it is looked at",
    at("any", {}, { started: false, proved: false }),
    "start; web preview at 200",
  ],
  ["gives rules their places before the first share", at("any", {}), "shift; web production at 1200"],
  ["and again where it is not sure that it did", at("any", { rules: there }, unsure), "shift; web production at 1200"],
  ["then moves", at("any", { rules: there }, placed()), "shift; web production 0/100; prove-traffic"],
  [
    "waits between the two where their order matters",
    at("first", { rules: there }, placed(), "/web"),
    "wait shift: the rules' places to be in force on every node of the load balancer",
  ],
  [
    "and goes on then",
    at("first", { rules: there }, placed(longAgo), "/web"),
    "shift; web production 0/100 for /web alone; prove-traffic",
  ],
  ["moves first where that is the order", at("last", {}, {}, "/web"), /^shift; web production 0\/100 for \/web/],
  [
    "waits until that is in force",
    at("last", { weights: onGreen, rules: rules("/web", 100) }, moved(), "/web"),
    /^wait shift: web: weights to be in force/,
  ],
  [
    "gives rules their places after it, and asks what answers",
    at("last", { weights: onGreen, rules: rules("/web", 100) }, moved(longAgo), "/web"),
    "shift; web production at 1200; prove-traffic",
  ],
  ["and is done then", at("last", gone, { ...moved(longAgo), ...placed() }, "/web"), "finish; record-release"],
  [
    "halts on a place that is neither the old nor the new one",
    at("any", { rules: rules("/", 300) }),
    "halt: routes were changed by hand: web comes at 1300, the ledger says 1100",
  ],
  [
    "returns traffic first, and asks when the places are as they were too",
    at("any", { weights: onGreen, rules: there }, { ...undo, ...placed(), ...moved() }),
    "undo; web production 100/0 alone",
  ],
  [
    "puts rules back in their places, the previews' too",
    at("any", { rules: there }, { ...undo, ...placed(), ...returned }),
    "undo; web production at 1100, web preview at 100; prove-traffic",
  ],
  [
    "also where they are there and a write may still come into force",
    at("any", {}, { ...undo, ...unsure }),
    "undo; web production at 1100, web preview at 100",
  ],
  [
    "puts places back only when the paths are in force again, where these went last",
    at("first", { rules: there }, { ...undo, ...placed(), ...returned }, "/web"),
    /^wait undo: web: weights to be in force/,
  ],
  [
    "puts places back before the paths, where they went last",
    at("last", gone, { ...undo, ...moved(), ...placed() }, "/web"),
    /^undo; web production at 1100, web preview at 100/,
  ],
];

describe("services' places among the rules", () => {
  for (const [name, given, decides] of cases)
    it(name, () => {
      const said = brief(next(situation(given)));
      if (typeof decides === "string") assert.equal(said, decides);
      else assert.match(said, decides);
    });

  it("are planned in an order, or refused before anything moves", () => {
    const planFor = (services: Observed["services"], path = "/") => {
      const s = situation({
        observed: { release: { ...document, services: { web: v1, api: v1 } }, services },
        progress: planned({ plan: undefined as never, staged: { web: to(path) } }),
      });
      const decision = next(s);
      assert.ok(decision.kind === "step");
      return decision.undo ?? decision.order;
    };
    const { web } = observed({ green: v2, rules: rules("/", 100) }).services;
    assert.ok(web);
    const other = (takes: string, priority: number) => ({ web, api: { ...web, rules: rules(takes, priority) } });
    assert.equal(planFor({ web }), "any");
    assert.equal(planFor(other("/api", 150), "/web"), "any");
    assert.match(String(planFor(other("/api", 200))), /web is to have the place 200 among the rules, which api keeps/);
  });

  it("are put back by a repair, with the paths", () => {
    const repaired = (web: Partial<ObservedService>, of: ReleaseDocument = document) =>
      brief(
        next(situation({ goal: goalFor("repair"), observed: observed(web, { release: of }), progress: planned() })),
      );
    assert.equal(repaired({ rules: rules("/", 300) }), "repair; web production at 1100");
    assert.equal(repaired({ rules: rules("/other", 100) }), "repair; web production 100/0 for / alone");
    assert.match(repaired({ rules: rules("/", 100) }), /^unchanged/);
    const none = { ...document, services: { web: {} } };
    const idle = { blue: { ...v2, desired: 0 } };
    assert.equal(repaired({ ...idle, rules: rules("/", 100) }, none), "repair; web production 100/0 for closed");
    assert.match(repaired({ ...idle, rules: rules("closed", 100) }, none), /^unchanged/);
    const exposed = (takes: string) => ({ ...rules(takes, 100), preview: { priority: 100 } });
    assert.equal(repaired({ rules: exposed("/") }), "repair; web preview 0/100 for /");
    assert.equal(repaired({ ...idle, rules: exposed("closed") }, none), "repair; web preview 100/0 for closed");
  });

  it("are recorded by an adoption, but not what is no path", () => {
    const adopted = (web: Partial<ObservedService>) =>
      next(situation({ goal: goalFor("adopt"), observed: observed(web, { release: document }), progress: planned() }));
    const recorded = adopted({ rules: rules("/other", 300) });
    assert.ok(recorded.kind === "step" && recorded.writes[0]?.kind === "record-release");
    const { blue } = recorded.writes[0].document.services["web"] ?? {};
    assert.deepEqual(blue?.setup?.route, { path: "/other", priority: 300 });
    assert.match(brief(adopted({ rules: rules("/", 100) })), /^unchanged/);
    assert.match(brief(adopted({ rules: rules("closed", 100) })), /web takes requests by other conditions than a path/);
  });

  it("are exchanged back also with the preview rule of a service that a hand moved, and that was adopted", () => {
    const api: ReleaseDocument["services"][string] = {
      ...{ live: "green", green: { ...deployed("v2"), setup: setup("/api", 200) } },
    };
    // The deploy was to exchange them, and had done so of the previews.
    const exchanged: Observed = {
      ...observed({ rules: rules("/", 100, 200) }, { release: { ...document, services: { web: v1, api } } }),
    };
    const { web } = exchanged.services;
    assert.ok(web);
    const other = { ...web, weights: onGreen, green: v2, rules: rules("/api", 200, 100) };
    const ways = {
      web: way("/"),
      api: {
        ...way("/api"),
        home: { takes: "/api", priority: 1200 },
        target: { ...target("v2"), setup: setup("/api", 100) },
      },
    };
    const seen = { ...exchanged, services: { web, api: other } };
    const progress = planned({ ...proved, ...undo, plan: ways, order: "any" });
    assert.equal(
      brief(next(situation({ observed: seen, progress }))),
      "undo; web production at 1100, web preview at 100, api preview at 200",
    );
  });
});
