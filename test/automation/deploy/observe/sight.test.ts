import assert from "node:assert/strict";
import { next } from "../../../../automation/deploy/decide/next.ts";
import { Sight } from "../../../../automation/deploy/observe/sight.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";
import {
  brief,
  colour,
  goalFor,
  observed,
  onBlue,
  onGreen,
  planned,
  release,
  situation,
  stopped,
  v2,
} from "../fixtures.ts";

const denied = () => Promise.reject(Object.assign(new Error("not yours"), { name: "AccessDeniedException" }));
const traffic = { web: { blue: figures(10), green: figures(1) } };

function figures(requests: number) {
  return { requests, settled: requests, errors: 0, periods: 1, unhealthy: 0 };
}

describe("what is watched, and cannot be read", () => {
  it("is counted for as long as it stays so, and what could be read is kept", async () => {
    const sight = new Sight();
    const why = "AccessDeniedException: not yours";
    const quiet = Promise.resolve(undefined);
    assert.deepEqual(await sight.look(Promise.resolve("alarm a went off"), denied()), {
      alarm: "alarm a went off",
      unread: { looks: 1, why },
    });
    assert.deepEqual(await sight.look(denied(), Promise.resolve(traffic)), { traffic, unread: { looks: 2, why } });
    assert.deepEqual(await sight.look(quiet, Promise.resolve(traffic)), { traffic });
    assert.deepEqual(await sight.look(denied(), undefined), { unread: { looks: 1, why } });
  });

  it("is no look when the calls are used up", async () => {
    const spent = new SwitchyardError("call-budget", { what: "none left", where: "alarms", fix: "wait" });
    await assert.rejects(new Sight().look(Promise.reject(spent), denied()), spent);
  });

  const at = (percent: number, looks: number) =>
    situation({
      goal: { ...situation().goal, strategy: { kind: "canary", percent: 10, bakeMs: 0 } },
      observed: {
        ...observed({ weights: { blue: 100 - percent, green: percent }, green: v2 }),
        ...(looks > 0 && { unread: { looks, why: "denied" } }),
      },
      progress: planned({
        ...{ started: true, proved: true, verified: true, startedAt: 0 },
        shift: { services: ["web"], percent, at: 0, provenAt: 0 },
        weights: { web: { known: { blue: 100 - percent, green: percent } } },
      }),
    });

  it("holds a shift up, and ends it when it stays so", () => {
    assert.match(brief(next(at(10, 0))), /^shift; web production 0\/100/);
    for (const looks of [1, 4]) assert.match(brief(next(at(10, looks))), /^wait bake: .*cannot be read \(denied\)/);
    assert.match(
      brief(next(at(10, 5))),
      /^undo; give up: alarms or the load balancer's figures cannot be read \(denied\)/,
    );
  });

  it("keeps a release from being recorded, too", () => {
    assert.match(brief(next(at(100, 1))), /^wait bake/);
    assert.match(brief(next(at(100, 5))), /^undo; give up/);
  });

  it("keeps nothing from going back that is seen to be sick", () => {
    const s = at(10, 1);
    const sick = { weights: { blue: 90, green: 10 }, green: { ...v2, healthy: 0 } };
    assert.match(
      brief(next({ ...s, observed: { ...observed(sick), unread: { looks: 1, why: "denied" } } })),
      /no healthy task/,
    );
  });

  it("is no reason to leave a recorded release unfinished", () => {
    const s = at(100, 9);
    const serving = { ...release, services: { web: { ...release.services["web"], live: "green" as const } } };
    const seen = { ...s.observed, release: serving };
    assert.match(brief(next({ ...s, observed: seen, progress: { ...s.progress, recorded: true } })), /^succeeded/);
  });
});

describe("an abort of what tends a stack", () => {
  const signal = { kind: "abort" as const, by: "ann", at: "today" };
  const short = { desired: 4, running: 1, healthy: 1 };

  for (const kind of ["repair", "adopt", "sweep"] as const)
    it(`ends a ${kind} after the step in hand`, () => {
      const s = situation({
        goal: goalFor(kind),
        observed: { ...observed({ weights: onGreen, blue: colour(short), green: colour() }), signal },
        progress: planned({ counts: { web: { known: 4 } }, startedAt: situation().now }),
      });
      assert.equal(brief(next(s)), `undo; give up: the ${kind} was aborted by ann`);
      const told = { ...s.progress, undo: "the abort" };
      assert.equal(brief(next({ ...s, progress: told })), "failed: the abort");
      assert.doesNotMatch(
        brief(next({ ...s, observed: { ...s.observed, signal: { ...signal, kind: "promote" } } })),
        /abort/,
      );
    });

  it("comes too late for what is recorded", () => {
    const cold = { weights: onBlue, green: colour(stopped) };
    const s = situation({ goal: goalFor("sweep"), observed: { ...observed(cold), signal } });
    assert.match(brief(next({ ...s, progress: planned({ recorded: true }) })), /^succeeded/);
  });
});
