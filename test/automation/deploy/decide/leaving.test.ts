import assert from "node:assert/strict";
import { stayingServices } from "../../../../automation/deploy/act/goals.ts";
import { leftBy, leftLine } from "../../../../automation/deploy/conduct/left.ts";
import { lastChanged } from "../../../../automation/deploy/conduct/rollback.ts";
import { released } from "../../../../automation/deploy/decide/documents.ts";
import type { ServiceGoal } from "../../../../automation/deploy/decide/goal.ts";
import type { ObservedService } from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import { nothingYet } from "../../../../automation/deploy/decide/progress.ts";
import type { Planned } from "../../../../automation/deploy/decide/situation.ts";
import type { ReleaseDocument, ServiceRelease } from "../../../../programs/release.ts";
import { closed } from "../../../../programs/routes.ts";
import { config, values } from "../../../programs/fixtures.ts";
import { ends, playInTurn } from "../../../support/world/in-turn.ts";
import type { Command, DriverPlan } from "../../../support/world/schedule.ts";
import { brief, colour, deployed, goal, goalFor, now, onBlue, service, stopped, target } from "../fixtures.ts";

const serves: ServiceRelease = { live: "blue", blue: deployed("v1"), releasedBy: "00000001-deploy-v1" };
const retired: ServiceRelease = {
  ...{ green: deployed("v1"), blue: deployed("v0"), releasedBy: "00000002-retire-docs" },
  retired: { colour: "green", tasks: 7 },
};
const document: ReleaseDocument = { format: 1, revision: 3, services: { web: serves, docs: retired } };
const idle = colour({ ...stopped, taskDefinitionArn: target("v1").taskDefinitionArn });
const shut: ObservedService = service({
  ...{ weights: { blue: 0, green: 100 }, blue: idle, green: idle },
  rules: { production: { takes: closed, priority: 1050 }, preview: { takes: "/docs", priority: 50 } },
});
const services: readonly ServiceGoal[] = ["web", "docs"].map((name) => ({ name, order: 0, desiredCount: 2 }));

describe("a service that is retired", () => {
  const goes = { ...goalFor("rollback", { version: "v1", services }), only: ["docs"] };
  const observed = {
    ...{ release: document, services: { web: service(), docs: shut } },
    migrations: { applied: [], pending: [] },
  };

  it("is what a rollback brings back, as long as nothing was changed after it", () => {
    assert.deepEqual(lastChanged(document, ["web", "docs"]), ["docs"]);
    const later = { web: { ...serves, releasedBy: "00000003-deploy-v2" }, docs: retired };
    assert.deepEqual(lastChanged({ ...document, services: later }, ["web", "docs"]), ["web"]);
  });

  it("comes back to the colour that served, with as many tasks as it ran", () => {
    const planning = next({ goal: goes, observed, progress: nothingYet, now });
    assert.ok(planning.kind === "step");
    const plan = planning.plan?.["docs"];
    assert.deepEqual([plan?.from, plan?.to, plan?.target.version], [undefined, "green", "v1"]);
    const progress = { ...nothingYet, plan: planning.plan ?? {}, plannedAt: now };
    assert.match(brief(next({ goal: goes, observed, progress, now })), /docs green .* × 7$/);
  });

  it("is released anew on its other colour where a deploy names it", () => {
    const named = goal({ services, images: { docs: { digest: target("v2").digest, version: "v2" } } });
    const progress = { ...nothingYet, staged: { docs: target("v2") }, migrated: true };
    const planning = next({ goal: named, observed, progress, now });
    assert.deepEqual(planning.kind === "step" && planning.plan?.["docs"]?.to, "blue");
  });

  it("is retired no more once that is recorded", () => {
    const plan = { docs: { to: "green" as const, target: target("v1"), beforeDesired: 0 } };
    const done = released({ goal: goes, observed, progress: { ...nothingYet, plan }, now, plan } as Planned);
    assert.deepEqual([done.services["docs"]?.retired, done.services["docs"]?.live], [undefined, "green"]);
  });
});

describe("what a deploy leaves as it is", () => {
  const beside = { path: "/api", priority: 50, replaces: "api", healthCheck: { path: "/api" } };
  const environment = config({ services: { ...values().services, backend: beside } });

  it("is what another service replaces, and what is retired", () => {
    assert.deepEqual(stayingServices(environment, { ...document, services: {} }), ["web", "backend"]);
    assert.deepEqual(stayingServices(config(), { ...document, services: { web: retired } }), ["api"]);
  });

  it("is told, with the reason", () => {
    const heir = { name: "guide", order: 0, desiredCount: 1, replaces: "web" };
    const images = { guide: { digest: "d", version: "v1" } };
    const left = leftBy(goal({ services: [...services, heir], images }), document, {});
    assert.deepEqual(left.map(leftLine), [
      "web stays v1: guide replaces it",
      "docs stays out: it is retired, and can be removed from the configuration",
    ]);
  });

  it("gives the size to what takes over from it", () => {
    const running = colour({ desired: 5, running: 6, healthy: 5 });
    const heir = { name: "guide", order: 0, desiredCount: 1, replaces: "web" };
    const images = { guide: { digest: target("v2").digest, version: "v2" } };
    const plan = { guide: { to: "blue" as const, target: target("v2"), beforeDesired: 0 } };
    const progress = { ...nothingYet, staged: { guide: target("v2") }, migrated: true, plan, plannedAt: now };
    const guide = service({ blue: idle, green: idle, preview: onBlue });
    const seen = { web: service({ weights: onBlue, blue: running }), guide };
    const situation = { goal: goal({ services: [...services, heir], images }), progress, now };
    const started = next({ ...situation, observed: { release: document, services: seen } });
    assert.match(brief(started), /guide blue .* × 6/);
  });
});

describe("a service that leaves in a simulated world", () => {
  const retire: Command = { kind: "retire", service: 1 };
  const back: Command = { kind: "rollback" };
  const deploy: Command = { kind: "deploy", version: "v2", strategy: { kind: "all-at-once" }, approval: false };

  it("comes back with a rollback, and stays out of deploys until then", async () => {
    assert.deepEqual(ends(await playInTurn(retire, retire, back, retire)), [
      ...["succeeded undefined", "unchanged undefined", "succeeded v1", "succeeded undefined"],
    ]);
    assert.deepEqual(ends(await playInTurn(retire, deploy, back)), [
      ...["succeeded undefined", "succeeded v2", "succeeded v1"],
    ]);
  });

  it("leaves the last one where it is", async () => {
    const report = await playInTurn(retire, { kind: "retire", service: 0 });
    assert.deepEqual(ends(report), ["succeeded undefined", "failed undefined"]);
  });

  it("goes on where it was killed, and so does its way back", async () => {
    for (let call = 3; call <= 48; call += 9) {
      const when = call % 2 === 0 ? "before" : "during";
      const killed = (command: Command) => ({ command, kill: { call, when } }) as DriverPlan;
      assert.equal(
        ends(await playInTurn(killed(retire), retire))
          .at(-1)
          ?.split(" ")[0],
        "succeeded",
        `${call} ${when}`,
      );
      await playInTurn(retire, killed(back), back);
    }
  });
});
