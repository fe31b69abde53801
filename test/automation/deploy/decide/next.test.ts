import assert from "node:assert/strict";
import type { Goal } from "../../../../automation/deploy/decide/goal.ts";
import type { Observed, ObservedService } from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import { nothingYet, type Progress } from "../../../../automation/deploy/decide/progress.ts";
import type { Situation } from "../../../../automation/deploy/decide/situation.ts";
import type { ReleaseDocument, ServiceRelease } from "../../../../programs/release.ts";
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
  situation,
  stopped,
  target,
  v2,
} from "../fixtures.ts";

type Case = readonly [name: string, given: Partial<Situation>, decides: string | RegExp];

function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const [name, given, decides] of cases)
      it(name, () => {
        const said = brief(next(situation(given)));
        if (typeof decides === "string") assert.equal(said, decides);
        else assert.match(said, decides);
      });
  });
}

const see = (web: Partial<ObservedService>, change: Partial<Observed> = {}) => ({ observed: observed(web, change) });
const did = (change: Partial<Progress>) => ({ progress: planned(change) });
const started = { started: true, startedAt: now };
const proved = { ...started, proved: true };
const scaled = (suspended: boolean) => ({ scaling: { min: 1, max: 4, suspended } });
const shifted = (percent: number, at = now) => ({
  ...proved,
  shift: { services: ["web"], percent, at },
  weights: { web: { known: { blue: 100 - percent, green: percent } } },
});
const canary = goal({ strategy: { kind: "canary", percent: 10, bakeMs: 30_000 } });
const rollback: Goal = goalFor("rollback", { operation: "2-rollback", version: "v0" });
const twoReleases = {
  ...release,
  services: { web: { live: "blue" as const, blue: deployed("v1", ["1", "2"]), green: deployed("v0", ["1"]) } },
};
const serving = { plan: undefined as never, staged: { web: target("v1") } };
const nothing = { progress: nothingYet };
const signal = (kind: "promote" | "abort") => ({ signal: { kind, by: "ann", at: "today" } });

describe("next", () => {
  table("stages, migrates and plans", [
    ["stages first", nothing, "stage; stage"],
    ["migrates what is staged", { progress: { ...nothingYet, staged: { web: target("v2") } } }, "migrate; migrate"],
    [
      "plans without a migration function",
      {
        goal: (({ migrate: _, ...rest }) => rest)(goal()) as Goal,
        progress: { ...nothingYet, staged: { web: target("v2") } },
      },
      "plan",
    ],
    ["fixes the way", { progress: planned({ plan: undefined as never }) }, "plan"],
    [
      "asks the load balancer when the ledger says that the version serves already",
      { progress: planned(serving) },
      "verify; prove-traffic",
    ],
    [
      "records that nothing is staged any more when it does",
      { progress: planned({ ...serving, verified: true }) },
      "finish; record-release",
    ],
    [
      "ends when that is recorded",
      { progress: planned({ ...serving, verified: true, recorded: true }) },
      "unchanged: v2 already serves",
    ],
    [
      "moves to the idle colour when the live one runs something else than the ledger says",
      { ...see({ blue: v2 }), progress: planned(serving) },
      "plan",
    ],
    [
      "gives up when the program registered nothing",
      { progress: planned({ plan: undefined as never, staged: {} }) },
      /give up: the program registered no task definition for web/,
    ],
    ["gives up after a failed step", did({ problem: "the migration failed" }), "undo; give up: the migration failed"],
    ["gives up when told to", see({}, signal("abort")), "undo; give up: aborted by ann"],
  ]);

  table("starts the idle colour", [
    [
      "holds autoscaling still and points the preview rule first",
      see({ blue: colour(scaled(false)), green: colour({ ...stopped, ...scaled(true) }), preview: onBlue }),
      "start; web blue scales not; web preview 0/100",
    ],
    [
      "sizes it to the live colour",
      see({ blue: colour({ desired: 3, running: 5 }) }),
      "start; web green web:2 × 5 anew",
    ],
    [
      "sizes a first release by configuration",
      {
        ...see({ blue: colour(stopped), preview: onBlue }, { release: { ...release, services: {} } }),
        ...did({ plan: { web: { to: "blue", target: target("v2"), beforeDesired: 0 } } }),
      },
      "start; web blue web:2 × 2 anew",
    ],
    ["raises a count that is too low", see({ green: { ...v2, desired: 1 } }), "start; web green web:2 × 2"],
    [
      "starts a deployment ECS gave up anew",
      see({ green: { ...v2, ...stopped, rollout: "FAILED" } }),
      "start; web green web:2 × 2 anew",
    ],
    [
      "gives up when ECS went back",
      did(started),
      "undo; give up: web v2 (green) did not become healthy and ECS went back",
    ],
    [
      "gives up on a service that is not there",
      { observed: observed({}, { services: {} }) },
      /give up: web is not in the observed/,
    ],
  ]);

  const booting = { ...v2, running: 1, healthy: 1 };
  table("waits until it is healthy", [
    ["waits", { ...see({ green: booting }), ...did(started) }, "wait healthy: web green 1/2 healthy"],
    [
      "waits while ECS rolls",
      { ...see({ green: { ...v2, rollout: "IN_PROGRESS" } }), ...did(started) },
      /^wait healthy/,
    ],
    [
      "gives up at the deadline",
      { ...see({ green: booting }), ...did(started), now: now + limits.healthyMs },
      "undo; give up: not healthy within 60 s: web green 1/2 healthy",
    ],
    [
      "has a deadline for a colour it did not have to start",
      { ...see({ green: { ...booting, desired: 2 } }), now: now + limits.healthyMs },
      /^undo; give up: not healthy within 60 s/,
    ],
    [
      "gives up after three failed tasks",
      { ...see({ green: { ...booting, failedTasks: 3 } }), ...did(started) },
      /give up: web v2 \(green\) does not become healthy: 3 tasks failed/,
    ],
    [
      "gives up with ECS",
      { ...see({ green: { ...booting, rollout: "FAILED" } }), ...did(started) },
      /does not become healthy: ECS gave the deployment up/,
    ],
  ]);

  const well = see({ green: v2 });
  const asks = { goal: goal({ approval: true }), progress: planned(proved) };
  table("proves and asks", [
    ["proves through the preview rule", { ...well, ...did(started) }, "prove; prove-preview"],
    ["waits for approval", { ...well, ...asks }, /^wait approve/],
    ["takes approval up", { ...see({ green: v2 }, signal("promote")), ...asks }, "approve"],
    [
      "gives up when nobody approves",
      { ...well, ...asks, progress: planned({ ...proved, approvalAt: now }), now: now + limits.approvalMs },
      "undo; give up: not approved within 10 min",
    ],
    [
      "goes on once approved",
      { ...well, ...asks, progress: planned({ ...proved, approved: { kind: "promote", by: "ann", at: "today" } }) },
      "shift; web production 0/100; prove-traffic",
    ],
  ]);

  const at = (percent: number, more: Partial<ObservedService> = {}, change: Partial<Observed> = {}) =>
    see({ green: v2, weights: { blue: 100 - percent, green: percent }, ...more }, change);
  table("shifts", [
    ["all at once", { ...well, ...did(proved) }, "shift; web production 0/100; prove-traffic"],
    ["a canary's share first", { goal: canary, ...well, ...did(proved) }, "shift; web production 90/10; prove-traffic"],
    [
      "waits until an alarm that the start set off is over",
      { ...at(0, {}, { breach: "alarm a went off" }), ...did(proved), now: now + limits.healthyMs + 299_999 },
      "wait healthy: alarm a went off: to be over before traffic moves",
    ],
    [
      "gives up when it does not end",
      { ...at(0, {}, { breach: "alarm a went off" }), ...did(proved), now: now + limits.healthyMs + 300_000 },
      "undo; give up: alarm a went off",
    ],
    [
      "goes back whatever goes off",
      { goal: rollback, ...at(0, {}, { breach: "alarm a went off" }), ...did(proved) },
      /^shift; /,
    ],
    ["proves a share", { goal: canary, ...at(10), ...did(shifted(10)) }, "verify; prove-traffic"],
    ["bakes it", { goal: canary, ...at(10), ...did({ ...shifted(10), verified: true }) }, "wait bake: web at 10%"],
    [
      "goes on after the bake",
      { goal: canary, ...at(10), ...did({ ...shifted(10), verified: true }), now: now + 30_000 },
      "shift; web production 0/100; prove-traffic",
    ],
    [
      "waits for capacity before a write",
      { ...see({ green: booting }), ...did(proved) },
      "wait healthy: web to have all tasks healthy",
    ],
    [
      "gives up when capacity does not come back",
      { ...see({ green: booting }), ...did(proved), now: now + limits.healthyMs },
      "undo; give up: web lost healthy tasks before the shift",
    ],
    [
      "turns back when nothing is healthy under traffic",
      { goal: canary, ...at(10, { green: { ...v2, healthy: 0 } }), ...did(shifted(10)) },
      "undo; give up: web green has no healthy task left under traffic",
    ],
    [
      "turns back when tasks fail under traffic",
      { goal: canary, ...at(10, { green: { ...v2, failedTasks: 3 } }), ...did(shifted(10)) },
      "undo; give up: web green: 3 tasks failed",
    ],
    [
      "turns back on a breach",
      { goal: canary, ...at(10, {}, { breach: "alarm a went off" }), ...did(shifted(10)) },
      "undo; give up: alarm a went off",
    ],
    ["proves the whole", { ...at(100), ...did(shifted(100)) }, "verify; prove-traffic"],
  ]);

  const all = { ...shifted(100), verified: true };
  const recordedRelease = {
    ...release,
    services: { web: { live: "green" as const, blue: deployed("v1"), green: deployed("v2") } },
  };
  const done = { ...at(100, {}, { release: recordedRelease }), ...did({ ...all, recorded: true }) };
  const lastBake = { goal: goal({ limits: { ...limits, finalBakeMs: 30_000 } }), ...at(100), ...did(all) };
  table("watches all of the traffic", [
    ["for as long as it is told", { ...lastBake, now: now + 29_999 }, "wait bake: web at 100%"],
    ["and records it then", { ...lastBake, now: now + 30_000 }, "finish; record-release"],
    [
      "from when that share was proven",
      { ...lastBake, ...did({ ...all, shift: { ...all.shift, provenAt: now + 10_000 } }), now: now + 30_000 },
      "wait bake: web at 100%",
    ],
    ["returns traffic on a breach", { ...lastBake, ...at(100, {}, { breach: "an alarm" }) }, "undo; give up: an alarm"],
    [
      "returns traffic when the new colour gets sick",
      { ...lastBake, ...at(100, { green: { ...v2, healthy: 0 } }) },
      /give up: web green has no healthy task left under traffic/,
    ],
    ["obeys an abort", { ...lastBake, ...at(100, {}, signal("abort")) }, "undo; give up: aborted by ann"],
    [
      "not after a rollback",
      { ...lastBake, goal: goalFor("rollback", { version: "v0", limits: { ...limits, finalBakeMs: 30_000 } }) },
      "finish; record-release",
    ],
  ]);
  table("finishes", [
    ["records the release", { ...at(100), ...did(all) }, "finish; record-release"],
    [
      "lets the live colour scale",
      {
        ...done,
        ...at(100, { green: { ...v2, ...scaled(true) }, blue: colour(scaled(false)) }, { release: recordedRelease }),
      },
      "finish; web green scales 1-4; web blue scales not",
    ],
    ["ends", done, "succeeded: v2 serves 100%"],
    [
      "finishes what the ledger says already, even when told to abort",
      { ...at(100, {}, { release: recordedRelease, ...signal("abort") }), ...did(all) },
      "finish; record-release",
    ],
  ]);

  const undoing = (change: Partial<Progress> = {}) => did({ ...shifted(10), undo: "because", undoAt: now, ...change });
  const home = { weights: { web: { known: onBlue } } };
  const backAt = (time: number) => ({ weights: { web: { known: onBlue, at: time } } });
  const inForce = "wait undo: web: weights to be in force on every node of the load balancer";
  table("turns back", [
    ["returns traffic first", { ...at(10), ...undoing() }, "undo; web production 100/0 alone; prove-traffic"],
    [
      "returns it also when a write of its own may still come into force",
      { ...at(0), ...undoing({ weights: { web: { intended: onGreen } } }) },
      "undo; web production 100/0 alone; prove-traffic",
    ],
    [
      "waits for the old colour when it has no healthy task and the new one has",
      { ...at(10, { blue: colour({ healthy: 0 }) }), ...undoing() },
      /^wait undo: web: the old colour has too few healthy tasks/,
    ],
    [
      "asks a person when it does not come back",
      { ...at(10, { blue: colour({ healthy: 0 }) }), ...undoing(), now: now + limits.healthyMs },
      /^halt: web: the old colour has too few healthy tasks/,
    ],
    [
      "returns to it all the same when neither has one",
      { ...at(10, { blue: colour({ healthy: 0 }), green: { ...v2, healthy: 0 } }), ...undoing() },
      "undo; web production 100/0 alone; prove-traffic",
    ],
    ["stops an idle colour that had no traffic", { ...at(0), ...undoing(home) }, "undo; web green web:2 × 0"],
    [
      "keeps one that had some until the weights are in force everywhere",
      { ...at(0), ...undoing(backAt(now)) },
      inForce,
    ],
    ["stops it then", { ...at(0), ...undoing(backAt(now - limits.propagationMs)) }, "undo; web green web:2 × 0"],
    [
      "tells the time by AWS's clock, whoever's is fast or slow",
      { ...at(0, {}, { skewMs: 300_000 }), ...undoing(backAt(now - 300_000)) },
      inForce,
    ],
    [
      "keeps it running where the old version was not seen to answer, and ends all the same",
      { ...at(0), ...undoing({ ...backAt(now - limits.propagationMs), unproven: "503" }) },
      /^failed: because; traffic went back, but the old version was not seen to answer \(503\): .*keep running/,
    ],
    [
      "stages the live version again while it waits",
      {
        ...at(
          0,
          {},
          { release: { ...release, services: { web: { ...release.services["web"], next: deployed("v2") } } } },
        ),
        ...undoing(backAt(now)),
      },
      "undo; record-release",
    ],
    [
      "restores what was kept warm",
      {
        observed: observed(
          { green: v2 },
          {
            release: {
              ...release,
              services: { web: { ...release.services["web"], warmUntil: "2027-01-01T00:00:00Z" } },
            },
          },
        ),
        ...undoing({ ...home, plan: { web: { ...plan, before: deployed("v0"), beforeDesired: 2 } } }),
      },
      "undo; web green web:0 × 2 anew",
    ],
    [
      "stops it where what it held cannot be started any more",
      {
        observed: observed({ green: v2 }),
        ...undoing({
          ...{ ...home, inactive: [deployed("v0").taskDefinitionArn] },
          plan: { web: { ...plan, before: deployed("v0"), beforeDesired: 2 } },
        }),
      },
      "undo; web green web:2 × 0",
    ],
    [
      "lets autoscaling run",
      { ...see({ blue: colour(scaled(true)), green: { ...v2, ...stopped } }), ...undoing(home) },
      "undo; web blue scales 1-4",
    ],
    [
      "stages the live version again",
      {
        observed: observed(
          { green: { ...v2, ...stopped } },
          { release: { ...release, services: { web: { ...release.services["web"], next: deployed("v2") } } } },
        ),
        ...undoing(home),
      },
      "undo; record-release",
    ],
    ["ends as failed", { ...see({ green: { ...v2, ...stopped } }), ...undoing(home) }, "failed: because"],
    [
      "leaves alone what was adopted as live meanwhile",
      {
        ...at(100, {}, { release: { ...release, services: { web: { live: "green", green: deployed("v0") } } } }),
        ...undoing(),
      },
      "failed: because",
    ],
    [
      "stops a first release",
      {
        ...see({ blue: v2 }, { release: { ...release, services: {} } }),
        ...did({ undo: "because", plan: { web: { to: "blue", target: target("v2"), beforeDesired: 0 } } }),
      },
      "undo; web blue web:2 × 0",
    ],
  ]);

  const drifts = "halt: weights were changed by hand: web is blue 63 green 37, the ledger says blue 100 green 0";
  const byHand = { weights: { blue: 63, green: 37 } };
  const onV2 = { live: "green", green: deployed("v2"), scale: { min: 1, max: 4 } } as const;
  const adopted = { release: { ...release, services: { web: onV2 } } };
  table("drift", [
    ["halts on weights set by hand", see(byHand), drifts],
    ["halts a sweep and a rollback", { goal: goalFor("sweep"), ...see(byHand) }, drifts],
    ["halts on the way back", { ...see(byHand), ...undoing(home) }, drifts],
    [
      "takes home for home on the way back",
      { ...at(0), ...undoing() },
      "undo; web production 100/0 alone; prove-traffic",
    ],
    [
      "knows a write whose answer was lost",
      { ...at(100), ...did({ ...proved, weights: { web: { intended: onGreen } } }) },
      /^verify/,
    ],
    [
      "halts mid-shift, naming both that may be",
      {
        goal: canary,
        ...see(byHand),
        ...did({ ...shifted(10), weights: { web: { known: onBlue, intended: { blue: 90, green: 10 } } } }),
      },
      /the ledger says blue 100 green 0 or blue 90 green 10/,
    ],
    [
      "finishes what was recorded unnoticed, or adopted meanwhile",
      { ...at(100, {}, adopted), ...did(planned()) },
      /^finish; record-release/,
    ],
    [
      "calls nothing finished whose tasks were taken away since",
      { ...at(100, { green: { ...v2, ...stopped } }, adopted), ...did(planned()) },
      "halt: task counts were changed by hand: web green has 0 tasks, the ledger says 1 to 4",
    ],
    [
      "changes no colour that was adopted as live with another release",
      {
        ...at(
          100,
          { green: colour() },
          { release: { ...release, services: { web: { ...onV2, green: deployed("v1") } } } },
        ),
        ...did(planned()),
      },
      "undo; give up: web green was adopted as live meanwhile",
    ],
    [
      "says nothing before the first release",
      { ...see({ ...byHand, blue: colour(stopped) }, { release: { ...release, services: {} } }), ...nothing },
      "stage; stage",
    ],
    ...(["deploy", "rollback", "sweep"] as const).flatMap((kind) =>
      Object.entries<ReleaseDocument["services"]>({ "does not know": {}, "knows by name alone": { web: {} } }).map(
        ([what, services]): Case => [
          `halts a ${kind} where something serves that the ledger ${what}`,
          {
            ...(kind === "deploy" ? {} : { goal: goalFor(kind) }),
            ...see({}, { release: { ...release, services } }),
            ...nothing,
          },
          "halt: the release document does not say what serves: web on blue",
        ],
      ),
    ),
  ]);

  const scale = { min: 2, max: 4 };
  const counted = { ...release, services: { web: { ...release.services["web"], scale } } };
  const five = { blue: colour({ desired: 5 }) };
  const overcount = "halt: task counts were changed by hand: web blue has 5 tasks, the ledger says 2 to 4";
  const gone = {
    weights: { blue: 90, green: 10 },
    green: { ...v2, desired: 0, running: 0, healthy: 0, registered: 0 },
  };
  const begun = planned({
    ...{ started: true, startedAt: now, proved: true, counts: { web: { known: 2 } } },
    weights: { web: { known: { blue: 90, green: 10 } } },
    shift: { services: ["web"], percent: 10, at: now, provenAt: now },
  });
  const deletedRule = see({ weights: { blue: 0, green: 0 }, gone: ["production"] });
  const deletedSide = see({ green: { ...v2, ...stopped, gone: "ECS service" } });
  /** As an update without the driver leaves it: the ledger has the service, and AWS nothing of it. */
  const takenAway = (web: ServiceRelease) => {
    const nobody = colour({ ...stopped, gone: "ECS service" });
    const seen = { weights: { blue: 0, green: 0 }, gone: ["production", "preview"] as const };
    return see({ ...seen, blue: nobody, green: nobody }, { release: { ...release, services: { web } } });
  };
  table("what a hand deleted", [
    ...(["deploy", "rollback", "sweep"] as const).map(
      (kind): Case => [
        `halts a ${kind} where a production rule is gone: nobody says what it forwards to`,
        { ...(kind === "deploy" ? {} : { goal: goalFor(kind) }), ...deletedRule, ...nothing },
        "halt: deleted by hand: web's production rule",
      ],
    ),
    [
      "has no rollback to a service that went since it was retired",
      { goal: rollback, ...takenAway({ blue: deployed("v1"), retired: { colour: "blue", tasks: 2 } }), ...nothing },
      /give up: web was deleted since it was retired/,
    ],
    ...[{ blue: deployed("v1"), retired: { colour: "blue", tasks: 2 } } as const, {}].map(
      (web): Case => [
        `finds nothing to mend of ${"retired" in web ? "a retired" : "an unreleased"} service that is not there any more`,
        { goal: goalFor("repair"), ...takenAway(web), ...nothing },
        /unchanged/,
      ],
    ),
    [
      "tells a repair of one that is being released",
      { goal: goalFor("repair"), ...takenAway({ next: deployed("v2") }), ...nothing },
      /give up: deleted by hand: web's production rule/,
    ],
    [
      "tells a repair, which mends the rest first",
      { goal: goalFor("repair"), ...deletedRule, ...nothing },
      /give up: deleted by hand: web's production rule/,
    ],
    [
      "tells a repair of a preview rule",
      { goal: goalFor("repair"), ...see({ gone: ["preview"] }), ...nothing },
      /give up: deleted by hand: web's preview rule/,
    ],
    [
      "tells an adoption: nobody can say what serves",
      { goal: goalFor("adopt"), ...deletedRule, ...nothing },
      /give up: deleted by hand: web's production rule/,
    ],
    [
      "ends a rollback to an ECS service that is gone before any write",
      {
        goal: rollback,
        ...see(
          { green: { ...v2, ...stopped, gone: "ECS service" } },
          { release: { ...release, services: { web: { ...release.services["web"], green: deployed("v0") } } } },
        ),
        ...nothing,
      },
      /give up: the ECS service of web green was deleted by hand/,
    ],
    [
      "lets a rollback leave a live colour whose ECS service is gone",
      {
        goal: rollback,
        ...see(
          { blue: colour({ ...stopped, gone: "ECS service" }) },
          { release: { ...release, services: { web: { ...release.services["web"], green: deployed("v0") } } } },
        ),
        ...nothing,
      },
      /^plan$/,
    ],
    ["stops nothing that is gone on the way back", { ...deletedSide, ...undoing(home) }, /^failed/],
  ]);
  table("drift of task counts", [
    [
      "turns back where the new colour loses its tasks to a hand",
      { ...see(gone), progress: begun },
      /give up: task counts were changed by hand: web green has 0 tasks, 2 were asked for/,
    ],
    [
      "turns back where it is emptied before its turn, while another service's traffic was moved",
      { ...see({ green: gone.green }), progress: { ...begun, weights: { api: { known: { blue: 90, green: 10 } } } } },
      /give up: task counts were changed by hand: web green has 0 tasks, 2 were asked for/,
    ],
    [
      "turns back where both have none",
      { ...see({ ...gone, blue: colour(stopped) }), progress: begun },
      /give up: all tasks that serve were stopped by hand: web/,
    ],
    ["halts a deploy on a count outside what the ledger says", { ...see(five, { release: counted }) }, overcount],
    ["lets autoscaling move within it", see({ blue: colour({ desired: 4 }) }, { release: counted }), /^start/],
    [
      "halts when the new colour has not what was asked for",
      {
        ...see({ green: { ...v2, desired: 1 } }, { release: counted }),
        ...did({ ...proved, counts: { web: { known: 2 } } }),
      },
      "halt: task counts were changed by hand: web green has 1 task, 2 were asked for",
    ],
    [
      "knows a start whose answer was lost",
      { ...see({}, { release: counted }), ...did({ ...started, started: false, counts: { web: { intended: 2 } } }) },
      /^start/,
    ],
    [
      "does not keep anyone from rolling back",
      { goal: rollback, ...see(five, { release: counted }), ...nothing },
      /^undo/,
    ],
    [
      "does not keep anyone from turning back",
      { ...see({ ...five, green: v2 }, { release: counted }), ...undoing(home) },
      /^undo/,
    ],
    ["obeys an abort", see(five, { release: counted, ...signal("abort") }), "undo; give up: aborted by ann"],
  ]);

  const back = {
    goal: rollback,
    progress: planned({ plan: { web: { ...plan, target: { ...target("v0"), migrations: ["1"] } } } }),
  };
  const schema = (...names: [string, "expand" | "contract"][]) => ({
    migrations: { applied: names.map(([name, kind]) => ({ name, kind })), pending: [] },
  });
  table("rolls back", [
    ["plans the idle colour", { goal: rollback, ...see({}, { release: twoReleases }), ...nothing }, "plan"],
    ["fails without an earlier release", { goal: rollback, ...nothing }, /give up: web has no earlier release/],
    [
      "moves nothing it was not asked to",
      { goal: { ...rollback, only: ["api"] } as Goal, ...see({}, { release: twoReleases }), ...nothing },
      /give up: nothing was ever released here/,
    ],
    [
      "fails where nothing was ever released",
      { goal: rollback, ...see({ blue: colour(stopped) }, { release: { ...release, services: {} } }), ...nothing },
      /give up: nothing was ever released here/,
    ],
    [
      "fails when the schema is not known",
      { ...back, ...see({}, { release: twoReleases }) },
      /does not say which migrations/,
    ],
    [
      "is refused after a contract migration",
      { ...back, ...see({}, { release: twoReleases, ...schema(["1", "expand"], ["2", "contract"]) }) },
      /cannot run on the schema any more: 2 removed what it needs; fix forward/,
    ],
    [
      "leaves no client behind on what it leaves",
      {
        goal: rollback,
        ...see({ green: colour({ taskDefinitionArn: target("v0").taskDefinitionArn }) }, { release: twoReleases }),
        progress: planned({ ...proved, plan: { web: { ...plan, target: target("v0") } } }),
      },
      "shift; web production 0/100 alone; prove-traffic",
    ],
    [
      "goes on after an expand, and scales a shrunken colour first",
      { ...back, ...see({}, { release: twoReleases, ...schema(["1", "expand"], ["2", "expand"]) }) },
      "start; web green web:0 × 2",
    ],
  ]);

  it("takes back those that it names, and leaves what has no earlier release as it is", () => {
    const { services } = goal();
    const named = (name: string) => ({ ...services[0], name }) as (typeof services)[number];
    const all = { ...rollback, services: ["web", "api", "docs"].map(named) };
    const web = twoReleases.services.web;
    const docs = { live: "blue" as const, blue: deployed("v1") };
    const seen = observed({}, { release: { ...twoReleases, services: { web, api: web, docs } } });
    const moved = (only: readonly string[]) => {
      const decision = next(situation({ goal: { ...all, only } as Goal, observed: seen, ...nothing }));
      return decision.kind === "step" ? Object.keys(decision.plan ?? {}) : decision;
    };
    assert.deepEqual(moved(["web"]), ["web"]);
    assert.deepEqual(moved(["api", "docs"]), ["api"]);
    assert.deepEqual(moved(["web", "api", "docs"]), ["web", "api"]);
  });

  const recorded = { goal: goal({ migrations: ["1", "2"] }), ...nothing };
  it("deploys those it has images for, and says so", () => {
    const { services } = goal();
    const api = { ...services[0], name: "api" } as (typeof services)[number];
    const some = goal({ services: [...services, api] });
    const both = {
      ...release,
      services: { ...release.services, api: { live: "blue" as const, blue: deployed("v1") } },
    };
    const seen = observed({}, { release: both });
    const decision = next(situation({ goal: some, observed: seen, progress: planned({ plan: undefined as never }) }));
    assert.deepEqual(decision.kind === "step" && Object.keys(decision.plan ?? {}), ["web"]);
    const onGreenNow = {
      ...both,
      services: { ...both.services, web: { live: "green" as const, green: deployed("v2") } },
    };
    const done = situation({
      ...at(100, {}, { release: onGreenNow }),
      goal: some,
      progress: planned({ ...proved, recorded: true }),
    });
    assert.equal(brief(next(done)), "succeeded: v2 serves 100% of web");
  });

  table("redeploys a recorded release", [
    [
      "is refused after a contract it did not know, with nothing staged",
      { ...recorded, ...see({}, schema(["1", "expand"], ["3", "contract"])) },
      /^undo; give up: v2 cannot run on the schema any more: 3 removed/,
    ],
    ["is refused when the schema is not known", recorded, /^undo; give up: the migration function does not say/],
    [
      "is staged when it knows every contract",
      { ...recorded, ...see({}, schema(["2", "contract"], ["3", "expand"])) },
      "stage; stage",
    ],
  ]);

  const sweep = { goal: goalFor("sweep"), progress: nothingYet };
  const warm = (until: string) => ({
    ...release,
    services: { web: { ...twoReleases.services.web, warmUntil: until } },
  });
  const arns = ["9", "8", "7", "1", "0"].map((n) => target(`v${n}`).taskDefinitionArn);
  const past = "2026-01-01T00:00:00Z";
  table("sweeps", [
    [
      "leaves what is warm",
      { ...sweep, ...see({ green: v2 }, { release: warm("2027-01-01T00:00:00Z") }) },
      /^unchanged/,
    ],
    ["stops what is cold", { ...sweep, ...see({ green: v2 }, { release: warm(past) }) }, "sweep; web green web:2 × 0"],
    [
      "deregisters what nothing needs, keeping the newest",
      { ...sweep, ...see({}, { release: warm("2027-01-01T00:00:00Z"), taskDefinitions: { web: arns } }) },
      "sweep; deregister",
    ],
    ["records that it is cold", { ...sweep, ...see({}, { release: warm(past) }) }, "sweep; record-release"],
    [
      "ends",
      { ...sweep, ...see({}, { release: twoReleases }), progress: { ...nothingYet, recorded: true } },
      /^succeeded/,
    ],
  ]);
  const moved = (arn = target("v0").taskDefinitionArn) =>
    see({ weights: onGreen, green: colour({ taskDefinitionArn: arn }) }, { release: twoReleases });
  it("keeps warm what it finds left by a hand", () => {
    const decision = next(situation({ goal: goalFor("adopt"), ...moved(), progress: nothingYet }));
    const [write] = decision.kind === "step" ? decision.writes : [];
    assert.ok(write?.kind === "record-release");
    const { live, warmUntil, releasedBy } = write.document.services["web"] ?? {};
    assert.deepEqual([live, warmUntil], ["green", new Date(now + limits.keepWarmMs).toISOString()]);
    assert.equal(releasedBy, goalFor("adopt").operation, "a rollback goes back from it");
  });

  it("never deregisters what runs or may be rolled back to", () => {
    const seen = observed({}, { release: warm("2027-01-01T00:00:00Z"), taskDefinitions: { web: arns } });
    const decision = next(situation({ ...sweep, observed: seen }));
    assert.deepEqual(decision.kind === "step" && decision.writes, [
      { kind: "deregister", taskDefinitionArns: [target("v7").taskDefinitionArn] },
    ]);
  });

  const repair = { goal: goalFor("repair"), progress: nothingYet };
  const adopt = { goal: goalFor("adopt"), progress: nothingYet };
  const lost = { release: { ...release, services: {} }, serving: { services: { web: { blue: deployed("v1") } } } };
  table("repairs and adopts", [
    ["puts weights back", { ...repair, ...see(byHand) }, "repair; web production 100/0 alone"],
    ["has nothing to repair", repair, /^unchanged/],
    [
      "puts a count back, before weights",
      { ...repair, ...see({ ...byHand, ...five }, { release: counted }) },
      "repair; web blue web:1 × 4",
    ],
    [
      "waits until its tasks are well",
      {
        ...repair,
        ...see({ ...byHand, blue: colour({ healthy: 1 }) }, { release: counted }),
        progress: { ...nothingYet, counts: { web: { known: 2 } }, startedAt: now },
      },
      "wait repair: web to have all tasks healthy",
    ],
    [
      "gives up when they do not become so",
      {
        ...repair,
        ...see({ blue: colour({ healthy: 1 }) }, { release: counted }),
        progress: { ...nothingYet, counts: { web: { known: 2 } }, startedAt: now - limits.healthyMs },
      },
      /give up: web: not all tasks became healthy/,
    ],
    [
      "puts back what was released where a hand has exchanged it",
      { ...repair, ...see({ blue: colour({ taskDefinitionArn: "other" }) }) },
      "repair; web blue web:1 × 2",
    ],
    [
      "waits until that runs",
      {
        ...repair,
        ...see({ blue: colour({ rollout: "IN_PROGRESS" }) }),
        progress: { ...nothingYet, counts: { web: { known: 2 } }, startedAt: now },
      },
      "wait repair: web to have all tasks healthy",
    ],
    [
      "puts back weights that send nobody anywhere",
      { ...repair, ...see({ weights: { blue: 0, green: 0 } }) },
      "repair; web production 100/0 alone",
    ],
    [
      "repairs nothing it does not know",
      { ...repair, ...see({}, { release: { ...release, services: {} } }) },
      /give up: the release document does not say what serves: web on blue; adopt it/,
    ],
    ["adopts what serves where the ledger has lost it", { ...adopt, ...see({}, lost) }, "repair; record-release"],
    [
      "adopts the only colour with tasks of a split where the ledger says nothing: a repair has nothing to go by",
      { ...adopt, ...see({ ...byHand, green: colour(stopped) }, lost) },
      "repair; record-release",
    ],
    [
      "adopts no split of two that have tasks, of which nobody says what serves",
      { ...adopt, ...see({ ...byHand, green: v2 }, lost) },
      /give up: web is split/,
    ],
    [
      "adopts nothing that was never released",
      { ...adopt, ...see({ blue: colour(stopped) }, { release: { ...release, services: {} } }) },
      /^unchanged/,
    ],
    ["adopts a count", { ...adopt, ...see(five, { release: counted }) }, "repair; record-release"],
    [
      "does not adopt that nothing runs",
      { ...adopt, ...see({ blue: colour(stopped) }, { release: counted }) },
      /give up: web blue has no tasks/,
    ],
    [
      "keeps what a hand gave traffic from a sweep until the weights are in force everywhere",
      { ...repair, ...see({ green: v2 }), progress: { ...nothingYet, ...backAt(now) } },
      "wait repair: web: weights to be in force on every node of the load balancer",
    ],
    [
      "and from the undoing of what was cut short, however long it is kept warm",
      {
        ...repair,
        ...see({ green: v2 }, { release: warm("2027-01-01T00:00:00Z") }),
        progress: { ...nothingYet, ...backAt(now), repaired: true },
      },
      "wait repair: web: weights to be in force on every node of the load balancer",
    ],
    [
      "writes weights again whose answer was lost",
      {
        ...repair,
        ...see({ green: v2 }),
        progress: { ...nothingYet, weights: { web: { intended: { blue: 100, green: 0 } } } },
      },
      "repair; web production 100/0 alone",
    ],
    ["says that it has repaired", { ...repair, progress: { ...nothingYet, repaired: true } }, /^succeeded/],
    [
      "does not repair to what does not run",
      { ...repair, ...see({ ...byHand, blue: colour(stopped) }) },
      /give up: .*nothing runs there/,
    ],
    [
      "does not repair to what is not healthy while the other is",
      { ...repair, ...see({ ...byHand, blue: colour({ healthy: 0 }), green: v2 }) },
      /give up: .*no task of it is healthy/,
    ],
    ["adopts a whole colour", { ...adopt, ...moved() }, "repair; record-release"],
    ["has nothing to adopt", adopt, /^unchanged/],
    ["adopts no split", { ...adopt, ...see(byHand) }, /give up: web is split/],
    [
      "adopts nothing the ledger does not know",
      { ...adopt, ...moved("other") },
      /give up: web green runs no release of Switchyard's/,
    ],
    [
      "lets what was adopted scale, and not the other",
      {
        ...adopt,
        ...see(
          { blue: colour(scaled(false)), green: { ...v2, ...scaled(true) } },
          { release: { ...twoReleases, services: { web: { ...twoReleases.services.web, live: "green" } } } },
        ),
        progress: { ...nothingYet, recorded: true },
      },
      "repair; web green scales 1-4; web blue scales not",
    ],
    ["ends after adopting", { ...adopt, progress: { ...nothingYet, recorded: true } }, /^succeeded/],
    ["ends as failed", { ...adopt, progress: { ...nothingYet, undo: "no" } }, "failed: no"],
  ]);
});
