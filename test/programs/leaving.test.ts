import assert from "node:assert/strict";
import { SwitchyardError } from "../../programs/errors.ts";
import { refuseDropped } from "../../programs/leaving.ts";
import type { Deployed, ServiceRelease } from "../../programs/release.ts";
import { digestOf } from "./mocks.ts";

const image = { digest: digestOf("api"), version: "v1" };
const deployed = (path: string): Deployed => ({
  ...image,
  ...{ taskDefinitionArn: "t", release: "r", deployedAt: "2026-01-01T00:00:00.000Z", migrations: [] },
  setup: {
    ...{ containerName: "api", port: 8080, subnetIds: [], securityGroupId: "sg-1", gracePeriodSeconds: 30 },
    group: {
      healthCheck: { path, intervalSeconds: 10, timeoutSeconds: 4, healthyThreshold: 2, unhealthyThreshold: 3 },
      deregistrationDelaySeconds: 30,
    },
    ...{ route: { path, priority: 100 }, secrets: [] },
  },
});
const serves: ServiceRelease = { live: "green", green: deployed("/api"), blue: deployed("/api") };
const web = { path: "/", priority: 900 };
const api = { path: "/api", priority: 100 };

type Case = readonly [
  does: string,
  services: Parameters<typeof refuseDropped>[1],
  released: Readonly<Record<string, ServiceRelease>>,
  error?: RegExp,
];

const cases: readonly Case[] = [
  ["is kept", { web, api }, { web: serves, api: serves }],
  ["was never released", { web }, { web: serves, api: {} }],
  [
    "serves",
    { web },
    { web: serves, api: serves },
    /^switchyard:services\.api: api serves v1 and is not .* any more\. Put it back and run `switchyard retire sandbox --service api`/,
  ],
  [
    "serves, recorded without its route",
    { web, backend: api },
    { api: { live: "green", green: (({ setup: _, ...rest }) => rest)(deployed("/api")) } },
    /api serves v1 and is not in the configuration any more\. Put it back/,
  ],
  [
    "serves, and a new one has its path",
    { web, backend: { path: "/api", priority: 50 } },
    { web: serves, api: serves },
    /; backend has its path\. Keep api, give backend a lower priority .* `replaces: api`, deploy.*docs\/rename-service\.md/,
  ],
  [
    "serves, and another that serves has its path",
    { web: api },
    { web: serves, api: serves },
    /any more\. Put it back/,
  ],
  [
    "is being released for the first time",
    { web },
    { web: serves, api: { next: image } },
    /a deploy of api v1 is not finished.*`switchyard abort sandbox` undoes the deploy/,
  ],
];

describe("a service that configuration does not name", () => {
  for (const [does, services, released, error] of cases)
    it(`${does}: ${error ? "refused" : "goes"}`, () => {
      const refuse = () => refuseDropped("sandbox", services, { format: 1, revision: 3, services: released });
      if (!error) return refuse();
      assert.throws(refuse, (thrown) => {
        assert.ok(thrown instanceof SwitchyardError);
        assert.equal(thrown.code, "service-in-use");
        assert.match(thrown.message, error);
        return true;
      });
    });
});
