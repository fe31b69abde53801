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

describe("what a platform leaves out", () => {
  /** As a stack's file has it, and what is said where it is there; of the example itself nothing of it is said. */
  const cases: readonly (readonly [what: string, change: (config: EnvironmentConfig) => object, says: RegExp])[] = [
    ["mail", ofWeb({ mail: true }), /^mail, .*: web$/],
    ["files", ofWeb({ files: true }), /^the bucket of files, .*: web$/],
    ["traces", ofWeb({ tracing: true }), /^the collector of traces: web$/],
    ["a path taken over", ofWeb({ replaces: "shop" }), /^taking a path over from another service: web$/],
    ["sticky clients", ofWeb({ stickinessSeconds: 60 }), /^sticky clients: web$/],
    ["a firewall", () => ({ waf: { mode: "count" } }), /^the web application firewall$/],
    ["a CDN", ({ files }) => ({ files: { ...files, cdn: { priceClass: 100 } } }), /^the CDN in front of public files$/],
    ["records of mail", () => ({ mail: { domain: "m.example.com" } }), /^the records of m\.example\.com/],
    ["a snapshot", ({ database }) => ({ database: { ...database, fromSnapshot: "s" } }), /^the rows of the snapshot/],
  ];
  const platforms = { render: renderBlueprint, northflank };

  function ofWeb(change: Partial<ServiceConfig>) {
    return ({ services }: EnvironmentConfig) => ({ services: { ...services, web: { ...services["web"], ...change } } });
  }

  for (const [what, change, says] of cases)
    for (const [platform, write] of Object.entries(platforms))
      it(`is told of ${what}, to ${platform}`, () => {
        const config = { ...source.config, ...change(source.config) } as EnvironmentConfig;
        const told = (of: Source) => write(of).lost.filter((one) => says.test(one)).length;
        assert.deepEqual([told(source), told({ ...source, config })], [0, 1]);
      });

  it("is told of a size nobody sells", () => {
    const config = { ...source.config, ...ofWeb({ cpu: 4096, memory: 30_720 })(source.config) } as EnvironmentConfig;
    const lost = Object.values(platforms).flatMap((write) => write({ ...source, config }).lost);
    assert.deepEqual(
      lost.filter((one) => /no plan/.test(one)),
      ["web: no plan holds 4096 CPU units and 30720 MB: it gets the largest, nf-compute-400"],
    );
  });

  it("is told of redirects and of HSTS, and is no name that is answered", () => {
    const domain = { ...source.config.domain, names: ["*.eu.example.com"], shared: ["www.example.com"] };
    const config = { ...source.config, domain } as EnvironmentConfig;
    for (const write of Object.values(platforms)) {
      const { text, lost } = write({ ...source, config });
      assert.ok(lost.includes("redirects: www.app.example.com"));
      assert.ok(lost.some((one) => one.startsWith("the header Strict-Transport-Security")));
      for (const name of ["app.example.com", "*.eu.example.com", "www.example.com"])
        assert.ok(text.includes(name), name);
    }
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
