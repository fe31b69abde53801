import assert from "node:assert/strict";
import { limitsOf, longestGrace, servicesOf } from "../../../../automation/deploy/act/goals.ts";
import { appliedSettings } from "../../../../automation/deploy/observe/settings.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";
import { config } from "../../../programs/fixtures.ts";
import { shapeWith } from "../fixtures.ts";

const shaped = (change: object) => environmentShape("production", shapeWith(["web", "api"], change));

describe("the settings that were applied last", () => {
  it("say of each service what a goal needs of it", () => {
    const names = servicesOf(appliedSettings("production", shaped({})));
    assert.deepEqual(names, [
      { name: "web", order: 0, desiredCount: 2, scaling: { min: 1, max: 4 } },
      { name: "api", order: 0, desiredCount: 2, scaling: { min: 1, max: 4 } },
    ]);
  });

  it("are how the environment is deployed, as it was configured then", () => {
    const { deploy } = config({ deploy: { keepWarmSeconds: 7, alarms: ["mine"] } });
    const settings = appliedSettings("production", shaped({ deploy }));
    assert.deepEqual(settings.deploy, deploy);
    assert.equal(limitsOf(settings.deploy, 1).keepWarmMs, 7000);
  });

  it("leave what starts slowly its time", () => {
    const setup = {
      ...{ containerName: "web", port: 8080, subnetIds: ["s"], securityGroupId: "sg", gracePeriodSeconds: 1800 },
      group: {
        healthCheck: { path: "/", intervalSeconds: 10, timeoutSeconds: 4, healthyThreshold: 2, unhealthyThreshold: 3 },
        deregistrationDelaySeconds: 30,
      },
      ...{ route: { path: "/web", priority: 9 }, secrets: [] },
    };
    const { services } = shapeWith(["web"]) as { services: Record<string, object> };
    const staged = { taskDefinitionArn: "arn", release: "r", image: "i", version: "v1", setup };
    const shape = environmentShape("production", shapeWith([], { services: { web: { ...services["web"], staged } } }));
    assert.equal(longestGrace(appliedSettings("production", shape).services), 1800);
  });

  it("are the defaults, of no service, before the first update", () => {
    assert.deepEqual(appliedSettings("production", undefined), { deploy: config().deploy, services: {} });
  });

  it("are missed in what an older version applied, which can be read all the same", () => {
    const older = shaped({ deploy: undefined });
    assert.equal(older.services["web"]?.path, "/web");
    assert.throws(
      () => appliedSettings("production", older),
      (e) => e instanceof SwitchyardError && e.code === "invalid-response" && /switchyard up production/.test(e.fix),
    );
  });
});
