import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { listPolicies } from "../../automation/audit/policies.ts";
import { programTypes } from "../../policies/program-types.ts";
import { databaseReachability } from "../../policies/stack/database-reachability.ts";
import { type Tier, tiers } from "../../policies/tiers.ts";
import type { Deployed, ReleaseDocument, ServiceRelease, Setup } from "../../programs/release.ts";
import { programs, recordProgram, recordServices } from "../fixtures/recording.ts";
import { release, values } from "../programs/fixtures.ts";
import { digestOf } from "../programs/mocks.ts";
import { audit, stackOutcomeOf } from "./support/audit.ts";

interface Advice {
  readonly rule: string;
  /** Why the programs do not follow it. */
  readonly reason: string;
  /** `<program> <tier>` to the names of the resources. */
  readonly where: Readonly<Record<string, readonly string[]>>;
}

const snapshot = parse(readFileSync(new URL("./advice.yaml", import.meta.url), "utf8")) as Advice[];

async function verdicts(program: string, tier: Tier) {
  return audit(await recordProgram(program, tier), tier).filter(({ kind }) => kind === "violation");
}

describe("the programs under the whole pack", () => {
  for (const program of Object.keys(programs)) {
    for (const tier of tiers) {
      it(`${program}, ${tier}: no mandatory violation, and no advice but what the snapshot explains`, async () => {
        const found = await verdicts(program, tier);
        assert.deepEqual(
          found
            .filter(({ level }) => level === "mandatory")
            .map(({ rule, urn, what }) => `${rule.name} ${urn}: ${what}`),
          [],
        );
        const actual = [...new Set(found.map(({ rule, urn }) => `${rule.name} ${urn?.split("::").at(-1)}`))].sort();
        const expected = snapshot.flatMap(({ rule, where }) =>
          (where[`${program} ${tier}`] ?? []).map((name) => `${rule} ${name}`),
        );
        assert.deepEqual(actual, expected.sort());
      });
    }
  }

  it("takes the database's clients from the environment: a second service with database: true passes, staged or not", async () => {
    const orders = {
      path: "/orders",
      priority: 50,
      repository: "api",
      healthCheck: { path: "/orders/healthz" },
      database: true,
    };
    const stack = await recordServices({ orders });
    const said = (resources: typeof stack) =>
      stackOutcomeOf(databaseReachability, resources).map(({ urn, what }) => `${urn?.split("::").at(-1)}: ${what}`);
    // No image of it is staged, so only the program tells.
    assert.deepEqual(said(stack), []);
    const silent = stack.map((one) => (one.name === "orders" && !one.custom ? { ...one, outputs: {} } : one));
    assert.deepEqual(said(silent), [
      "orders-database: referencedSecurityGroupId lets in more than the database's clients",
    ]);
  });

  it("leave a service what a release of it still starts with, after its configuration has dropped the database", async () => {
    const setup: Setup = {
      ...{ containerName: "api", port: 8080, subnetIds: [], securityGroupId: "sg-1", gracePeriodSeconds: 0 },
      ...{ route: { path: "/api", priority: 100 }, secrets: ["database"] },
      group: {
        healthCheck: { path: "/", intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 },
        deregistrationDelaySeconds: 30,
      },
    };
    const kept: Deployed = {
      ...{ digest: digestOf("api"), version: "v1", taskDefinitionArn: "arn:task", release: "a" },
      ...{ deployedAt: "2026-01-01T00:00:00Z", migrations: [], setup },
    };
    const { database: _, ...api } = values().services["api"] ?? {};
    const said = async (ledger: ReleaseDocument) => {
      const found = audit(await recordServices({ api }, ledger), "development");
      return found
        .filter(({ level, kind }) => level === "mandatory" && kind === "violation")
        .map(({ rule }) => rule.name);
    };
    const recorded: ServiceRelease = { ...release.services["api"], live: "blue", blue: kept };
    assert.deepEqual(await said({ ...release, services: { ...release.services, api: recorded } }), []);
    assert.deepEqual(await said(release), []);
  });

  it("finds the same at the same resources, whatever the order they were made in", async () => {
    const recorded = await recordProgram("pipeline", "development");
    const names = (resources: typeof recorded) =>
      audit(resources, "development")
        .map(({ rule, urn }) => `${rule.name} ${urn}`)
        .sort();
    assert.deepEqual(names([...recorded].reverse()), names(recorded));
  });

  it("has a reason for each advice", () => {
    for (const { rule, reason } of snapshot) assert.ok(reason.length > 20, rule);
  });

  it("are of the types the listing of rules measures its coverage by", async () => {
    const used = new Set<string>();
    for (const program of Object.keys(programs)) {
      for (const tier of tiers) {
        for (const { type, custom } of await recordProgram(program, tier))
          if (custom && !type.startsWith("pulumi:")) used.add(type);
      }
    }
    assert.deepEqual([...used].sort(), programTypes, "correct policies/program-types.ts");
  });

  it("uses few types that no rule looks at, and lists them", () => {
    assert.deepEqual(listPolicies(programTypes).untouchedTypes, [
      "aws:acm/certificateValidation:CertificateValidation",
      "aws:appautoscaling/policy:Policy",
      "aws:appautoscaling/target:Target",
      "aws:batch/jobQueue:JobQueue",
      "aws:cloudwatch/eventRule:EventRule",
      "aws:cloudwatch/logDelivery:LogDelivery",
      "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
      "aws:ec2/eip:Eip",
      "aws:ec2/natGateway:NatGateway",
      "aws:identitystore/groupMembership:GroupMembership",
      "aws:kms/alias:Alias",
      "aws:lambda/eventSourceMapping:EventSourceMapping",
      "aws:lb/listenerCertificate:ListenerCertificate",
      "aws:route53/record:Record",
      "aws:scheduler/scheduleGroup:ScheduleGroup",
      "aws:secretsmanager/secretVersion:SecretVersion",
      "docker:index/image:Image",
    ]);
  });
});
