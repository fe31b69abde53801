import assert from "node:assert/strict";
import type { RetireGoal } from "../../../../automation/deploy/decide/goal.ts";
import type { ObservedService } from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import { nothingYet, type Progress } from "../../../../automation/deploy/decide/progress.ts";
import { heirLine, leavingOf } from "../../../../automation/deploy/decide/retire.ts";
import type { Situation } from "../../../../automation/deploy/decide/situation.ts";
import type { Deployed, ReleaseDocument, ServiceRelease } from "../../../../programs/release.ts";
import { closed } from "../../../../programs/routes.ts";
import { brief, colour, deployed, goal, limits, now, onBlue, service, stopped } from "../fixtures.ts";

function at(path: string, version = "v1"): Deployed {
  return {
    ...deployed(version),
    release: `${path}-${version}`,
    setup: {
      ...{ containerName: "x", port: 8080, subnetIds: [], securityGroupId: "sg-1", gracePeriodSeconds: 30 },
      group: {
        healthCheck: { path, intervalSeconds: 10, timeoutSeconds: 4, healthyThreshold: 2, unhealthyThreshold: 3 },
        deregistrationDelaySeconds: 30,
      },
      ...{ route: { path, priority: path === "/" ? 900 : 100 }, secrets: [] },
    },
  };
}

const web: ServiceRelease = { live: "blue", blue: at("/") };
const docs: ServiceRelease = { live: "blue", blue: at("/docs"), green: at("/docs", "v0") };
const retired: ServiceRelease = { blue: at("/docs"), retired: { colour: "blue", tasks: 2 } };
const document = (services: ReleaseDocument["services"]): ReleaseDocument => ({ format: 1, revision: 7, services });

function open(takes: string, priority: number, change: Partial<ObservedService> = {}): ObservedService {
  const rules = { production: { takes, priority }, preview: { takes, priority: priority - 1000 } };
  return service({ rules, ...change });
}

const scaling = { scaling: { min: 1, max: 4, suspended: false } };
const scale = { min: 1, max: 4 };
const none = colour({ ...stopped, scaling: { min: 1, max: 4, suspended: true } });
const serving = open("/docs", 1100, { blue: colour(scaling), green: none });
const shut = open(closed, 1100, { blue: colour(scaling), green: none });
const over = open(closed, 1100, { blue: none, green: none });

function see(seen: ObservedService, release: ServiceRelease = docs): Pick<Situation, "observed"> {
  return { observed: { release: document({ web, docs: release }), services: { web: open("/", 1900), docs: seen } } };
}

const asked: RetireGoal = (() => {
  const { images: _i, migrate: _m, approval: _a, ...common } = goal();
  const services = ["web", "docs"].map((name) => ({ name, order: 0, desiredCount: 2 }));
  return { ...common, kind: "retire", version: "docs", operation: "00000009-retire-docs", services, retires: "docs" };
})();
const wrote = (change: object, more: Partial<Progress> = {}) => ({
  progress: { ...nothingYet, weights: { docs: change }, ...more },
});
const known = { known: { ...onBlue, takes: closed }, at: now };
const inForce = { known: { ...onBlue, takes: closed }, at: now - limits.propagationMs };
const verified = { verified: true };
const abort = { signal: { kind: "abort", by: "ann", at: "today" } } as const;

/** A hand has taken the tasks of web away. */
function counted({ observed }: Pick<Situation, "observed">): Situation["observed"] {
  const emptied = open("/", 1900, { blue: colour(stopped) });
  const { release, services } = observed;
  const released = { ...release.services, web: { ...web, scale } };
  return { release: { ...release, services: released }, services: { ...services, web: emptied } };
}

type Case = readonly [name: string, given: Partial<Situation>, decides: string | RegExp];

const cases: readonly Case[] = [
  ["closes the rule and proves who answers", see(serving), "retire; docs production 100/0 for closed; prove-left"],
  [
    "closes it again when its first write may not have come through",
    { ...see(shut), ...wrote({ intended: known.known }) },
    /^retire; docs production .* for closed; prove-left$/,
  ],
  ["proves what was closed without being proven", { ...see(shut), ...wrote(known) }, "retire; prove-left"],
  [
    "waits until no node sends anything",
    { ...see(shut), ...wrote(known, verified) },
    /^wait retire: docs: weights to be in force/,
  ],
  ["records it then", { ...see(shut), ...wrote(inForce, verified) }, "retire; record-release"],
  [
    "holds autoscaling still before tasks are stopped",
    { ...see(shut, retired), ...wrote(inForce, { recorded: true }) },
    "retire; docs blue scales not",
  ],
  [
    "stops the tasks",
    { ...see({ ...shut, blue: colour() }, retired), ...wrote(inForce, { recorded: true }) },
    /^retire; .*blue.*0$/,
  ],
  [
    "is over",
    { ...see(over, retired), ...wrote(inForce, { recorded: true }) },
    "succeeded: docs is retired: /docs is answered by web",
  ],
  [
    "is over at once when it was retired before",
    see(over, retired),
    "unchanged: docs is retired: /docs is answered by web",
  ],
  [
    "finishes what the ledger has, although its journal does not know",
    { ...see({ ...shut, blue: colour() }, retired), ...wrote(inForce, verified) },
    /^retire; .*0$/,
  ],
  [
    "finishes it when it is told to stop after that",
    { ...see(over, retired), ...wrote(inForce, { undo: "aborted by ann" }) },
    /^succeeded/,
  ],
  [
    "turns back when its proof fails",
    { ...see(shut), ...wrote(known, { problem: "web answers 500" }) },
    "undo; give up: web answers 500",
  ],
  [
    "turns back when it is aborted",
    { ...see(shut), ...wrote(known, verified), observed: { ...see(shut).observed, ...abort } },
    "undo; give up: aborted by ann",
  ],
  [
    "turns back when its calls are used up",
    { ...see(shut), ...wrote(known, verified), observed: { ...see(shut).observed, spent: "no calls left" } },
    "undo; give up: no calls left",
  ],
  [
    "opens the rule again",
    { ...see(shut), ...wrote(known, { undo: "aborted" }) },
    "undo; docs production 100/0 for /docs; prove-traffic",
  ],
  [
    "opens it when a write that closes it may still come",
    { ...see(serving), ...wrote({ intended: known.known }, { undo: "aborted" }) },
    /^undo; docs production .* for \/docs/,
  ],
  [
    "does not open it to no healthy task",
    { ...see(open(closed, 1100, { blue: colour({ healthy: 0 }) })), ...wrote(known, { undo: "aborted", undoAt: now }) },
    "wait undo: docs: blue has too few healthy tasks to return traffic to (aborted)",
  ],
  [
    "asks a person when it stays so",
    {
      ...see(open(closed, 1100, { blue: colour({ healthy: 0 }) })),
      ...wrote(known, { undo: "aborted", undoAt: now - limits.healthyMs }),
    },
    "halt: docs: blue has too few healthy tasks to return traffic to (aborted)",
  ],
  [
    "ends when it is open",
    { ...see(serving), ...wrote({ known: { ...onBlue, takes: "/docs" }, at: now }, { undo: "aborted" }) },
    "failed: aborted",
  ],
  [
    "ends when nothing was written",
    { ...see(serving), progress: { ...nothingYet, undo: "aborted" } },
    "failed: aborted",
  ],
  [
    "says when it was not seen to answer again",
    { ...see(serving), progress: { ...nothingYet, undo: "aborted", unproven: "503" } },
    "failed: aborted; it was not seen to answer again (503)",
  ],
  [
    "stops for a rule that a hand has changed",
    see(open("/other", 1100)),
    /^halt: routes were changed by hand: docs takes \/other/,
  ],
  [
    "stops before anything is closed for a count that a hand has changed",
    { observed: counted(see(serving)) },
    /^halt: task counts were changed by hand: web blue has 0 tasks/,
  ],
  [
    "turns back for that when it is closed",
    { observed: counted(see(shut)), ...wrote(known, verified) },
    /^undo; give up: task counts were changed by hand: web blue has 0 tasks/,
  ],
];

describe("retire", () => {
  for (const [name, given, decides] of cases)
    it(name, () => {
      const said = brief(next({ goal: asked, progress: nothingYet, now, ...see(serving), ...given }));
      if (typeof decides === "string") assert.equal(said, decides);
      else assert.match(said, decides);
    });

  it("expects the answer of who is asked next, or of nobody", () => {
    const { observed } = see(serving);
    const by = (given: Situation["observed"]) => {
      const decision = next({ goal: asked, progress: nothingYet, now, observed: given });
      const [probe] = decision.kind === "step" ? (decision.probes ?? []) : [];
      return probe?.kind === "prove-left" ? probe.by : undefined;
    };
    assert.equal(by(observed), "/-v1");
    const elsewhere = document({ docs, web: { live: "blue", blue: at("/other") } });
    assert.equal(by({ release: elsewhere, services: { ...observed.services, web: open("/other", 1100) } }), null);
  });

  it("names who answers from now", () => {
    const { observed } = see(serving);
    assert.equal(heirLine(observed, { name: "docs", path: "/docs" }), "/docs: web from now");
    assert.equal(heirLine(observed, { name: "web", path: "/" }), "/: nobody from now");
    const behind = { ...observed, services: { ...observed.services, web: open(closed, 1900) } };
    assert.equal(heirLine(behind, { name: "docs", path: "/docs" }), "/docs: nobody from now");
  });

  it("records what served and how many tasks it ran, for the way back", () => {
    const decision = next({ goal: asked, now, ...see(shut), ...wrote(inForce, verified) } as Situation);
    const [write] = decision.kind === "step" ? decision.writes : [];
    assert.ok(write?.kind === "record-release");
    const { docs: gone } = write.document.services;
    const { operation: releasedBy } = asked;
    assert.deepEqual(gone, { blue: docs.blue, green: docs.green, releasedBy, retired: { colour: "blue", tasks: 2 } });
    assert.equal(write.document.revision, 8);
  });

  it("is refused for what does not serve, or alone", () => {
    const { observed } = see(serving);
    const why = (services: ReleaseDocument["services"]) => {
      const found = leavingOf({ ...observed, release: document(services) }, "docs");
      return "what" in found ? found.what : undefined;
    };
    assert.equal(why({ web, docs }), undefined);
    assert.match(why({ web, docs: {} }) ?? "", /docs does not serve/);
    assert.match(why({ web: {}, docs }) ?? "", /docs is the only service that serves/);
    const { setup: _, ...old } = at("/docs");
    assert.match(why({ web, docs: { live: "blue", blue: old } }) ?? "", /did not record its path/);
  });
});
