import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parse } from "yaml";
import { northflank, northflankBodies } from "../../../automation/export/northflank.ts";
import { type Plan, planFor, type Source } from "../../../automation/export/platform.ts";
import { renderBlueprint } from "../../../automation/export/render.ts";
import { configValues, type EnvironmentConfig, environmentConfig } from "../../../programs/config.ts";
import type { ServiceConfig } from "../../../programs/service-config.ts";
import { blueprint as blueprintOf } from "./blueprint.ts";

/** The repository's own example of an environment. */
function example(): Source {
  const file = readFileSync(new URL("../../../Pulumi.production.yaml", import.meta.url), "utf8");
  const { config } = parse(file) as { config: Record<string, unknown> };
  const flat = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  );
  return {
    stack: "production",
    config: environmentConfig("production", configValues(flat)),
    repository: "acme/switchyard",
  };
}

const source = example();

describe("the services as a Blueprint of Render", () => {
  const { text, lost, file } = renderBlueprint(source);
  const blueprint = parse(text);
  const [web, api] = blueprint.services;
  const variables = (service: { envVars: { key: string }[] }) => service.envVars.map(({ key }) => key);

  it("are built from the same Dockerfiles, in the size that holds them", () => {
    assert.equal(file, "render.yaml");
    assert.deepEqual([web.name, web.type, web.runtime], ["production-web", "web", "docker"]);
    assert.deepEqual([web.dockerfilePath, web.dockerContext], ["./images/web/Dockerfile", "./images/web"]);
    // 512 CPU units and 1 GB: a starter has too little memory.
    assert.equal(web.plan, "standard");
    assert.deepEqual(web.scaling, { minInstances: 3, maxInstances: 12, targetCPUPercent: 60 });
    assert.equal(web.healthCheckPath, "/healthz");
  });

  it("get the database where they ask for it, reachable from inside only, and no secret's value", () => {
    const [database] = blueprint.databases;
    assert.deepEqual(database.ipAllowList, []);
    assert.deepEqual([database.postgresMajorVersion, database.diskSizeGB], ["17", 100]);
    assert.ok(variables(api).includes("DATABASE_URL"));
    assert.ok(!variables(web).includes("DATABASE_URL"));
    assert.deepEqual(
      web.envVars.find(({ key }: { key: string }) => key === "SESSION_KEY"),
      {
        key: "SESSION_KEY",
        sync: false,
      },
    );
  });

  it("are what the reference of Blueprints has, whatever is configured", () => {
    blueprintOf.parse(blueprint);
    const sizes = fc.record({
      tier: fc.constantFrom("production", "development"),
      storageGb: fc.integer({ min: 20, max: 65_536 }),
      cpu: fc.constantFrom(
        ...([
          [256, 512],
          [1024, 2048],
          [4096, 30_720],
          [8192, 61_440],
        ] as const),
      ),
      tasks: fc.integer({ min: 1, max: 5 }),
      autoscaled: fc.boolean(),
      stopTimeoutSeconds: fc.integer({ min: 2, max: 120 }),
      secrets: fc.uniqueArray(fc.stringMatching(/^[A-Z]{3,9}$/), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(sizes, ({ tier, storageGb, cpu: [cpu, memory], tasks, autoscaled, stopTimeoutSeconds, secrets }) => {
        const { domain: _, ...kept } = source.config;
        const web = {
          ...(kept.services["web"] as ServiceConfig),
          ...{ cpu, memory, desiredCount: tasks, stopTimeoutSeconds, database: autoscaled },
          ...{ secrets: Object.fromEntries(secrets.map((key) => [key, "it"])) },
          autoscaling: autoscaled ? { min: tasks, max: tasks + 1, cpuPercent: 50 } : undefined,
        } as ServiceConfig;
        const database = { ...kept.database, storageGb };
        const config = { ...kept, tier, database, services: { web } } as EnvironmentConfig;
        blueprintOf.parse(parse(renderBlueprint({ ...source, config }).text));
      }),
    );
  });

  it("say what they lose", () => {
    assert.ok(lost.some((what) => what.includes("one host for / and /api")));
    assert.ok(lost.some((what) => what.startsWith("smoke checks before traffic moves: web, api")));
  });
});

describe("the services as bodies for Northflank", () => {
  const { services, addons, jobs } = northflankBodies(source);

  it("are a database, a job for migrations and a service each", () => {
    assert.deepEqual(
      services.map(({ name }) => name),
      ["production-web", "production-api"],
    );
    assert.deepEqual(addons[0]?.billing, { deploymentPlan: "nf-compute-50", storage: 102_400, replicas: 2 });
    assert.equal(addons[0]?.externalAccessEnabled, false);
    assert.equal(jobs[0]?.buildSettings.dockerfile.dockerFilePath, "/images/migrate/Dockerfile");
    assert.deepEqual(JSON.parse(northflank(source).text), JSON.parse(JSON.stringify({ addons, jobs, services })));
  });

  it("leave no secret and no password in the file, and say which are to be linked", () => {
    const { text, lost } = northflank(source);
    assert.doesNotMatch(text, /SESSION_KEY|PASSWORD/);
    assert.ok(lost.some((what) => what.startsWith("api: the database's address and password")));
    assert.ok(lost.some((what) => what.startsWith("web: its secrets")));
  });
});

describe("a plan of another platform", () => {
  it("holds what a service asks for, and no smaller one before it does; the largest where none does", () => {
    const plan = fc.record({
      name: fc.string(),
      cpu: fc.integer({ min: 1, max: 8 }),
      memoryMb: fc.integer({ min: 256 }),
    });
    const wanted = fc.record({ cpu: fc.constantFrom(256, 1024, 4096), memory: fc.integer({ min: 512, max: 30_720 }) });
    const holds = (one: Plan, { cpu, memory }: { cpu: number; memory: number }) =>
      one.cpu >= cpu / 1024 && one.memoryMb >= memory;
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1 }), wanted, (plans, want) => {
        const asked = want as Parameters<typeof planFor>[1];
        const chosen = planFor(plans, asked);
        if (!plans.some((one) => holds(one, want))) assert.equal(chosen, plans.at(-1));
        else {
          assert.ok(holds(chosen, want));
          assert.ok(!plans.slice(0, plans.indexOf(chosen)).some((one) => holds(one, want)));
        }
      }),
    );
  });
});
