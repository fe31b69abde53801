import assert from "node:assert/strict";
import { Route53 } from "@aws-sdk/client-route-53";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { ImagesOutputs } from "../../../programs/images.ts";
import { values } from "../../programs/fixtures.ts";
import { AppliedPrograms, planned, up } from "../../support/applied-programs.ts";
import { useCloud } from "../../support/cloud.ts";

type Config = ReturnType<typeof values>;

interface Option {
  readonly what: string;
  /** What it lays over the configuration of the one before it. */
  readonly over: (zoneId: string) => Record<string, unknown>;
  /** Of the services. */
  readonly services?: Readonly<Record<string, Record<string, unknown>>>;
}

const collector = `public.ecr.aws/aws-observability/aws-otel-collector@sha256:${"0".repeat(64)}`;
const monitoring = { email: "oncall@example.com", slack: "oncall-aaaa1111@example.slack.com" };
const domain = {
  name: "app.example.com",
  names: ["shop.example.com", "*.example.com"],
  redirects: ["www.example.com"],
};
const files = { origins: ["https://app.example.com"], expireDays: 30 };

/** One environment takes them in turn. */
const options: readonly Option[] = [
  { what: "alarms that tell somebody", over: () => ({ monitoring }) },
  {
    what: "alarms tuned, and one service's otherwise",
    over: () => ({
      monitoring: {
        ...monitoring,
        ...{ errorsPerMinute: 9, latencyMs: 700, databaseCpuPercent: 80, databaseFreeGb: 5 },
        ...{ runbooks: "https://example.com/runbooks", containerInsights: "enhanced" },
      },
    }),
    services: { web: { alarms: { errorsPerMinute: 3, latencyMs: 400, unhealthyTargets: 2 } } },
  },
  { what: "Container Insights disabled", over: () => ({ monitoring: { containerInsights: "disabled" } }) },
  { what: "a maximum for its month", over: () => ({ cost: { maxMonthlyUsd: 1_000, natGb: 7 } }) },
  {
    what: "traces",
    over: () => ({ tracing: { collector, percent: 10 } }),
    services: { api: { tracing: true, cpu: 512, memory: 1024 } },
  },
  { what: "files that expire, with CORS", over: () => ({ files }), services: { api: { files: true } } },
  { what: "a CDN", over: () => ({ files: { ...files, cdn: { priceClass: 200 } } }) },
  { what: "a domain", over: (zoneId) => ({ domain: { name: domain.name, zoneId } }) },
  {
    what: "names, a wildcard and a redirect",
    over: (zoneId) => ({ domain: { ...domain, zoneId } }),
  },
  {
    what: "HSTS, and a name that another may have",
    over: (zoneId) => ({
      domain: {
        ...{ ...domain, zoneId, shared: ["promo.example.com"] },
        hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: true, preload: true },
      },
    }),
  },
  { what: "a CDN at a name of the zone", over: () => ({ files: { ...files, cdn: { name: "files.example.com" } } }) },
  { what: "a firewall that counts", over: () => ({ waf: { mode: "count" } }) },
  { what: "a firewall that refuses", over: () => ({ waf: { mode: "block" } }) },
  {
    what: "mail",
    over: (zoneId) => ({
      mail: {
        ...{ domain: "mail.example.com", zoneId, from: "shop", dmarc: "quarantine" },
        ...{ reports: "dmarc@example.com", events: "mail@example.com" },
      },
    }),
    services: { web: { mail: true } },
  },
];

describe("an environment that takes one option after the other", function () {
  this.timeout(600_000);
  const cloud = useCloud();
  let programs: AppliedPrograms;
  let pipeline: Stack;
  let zoneId = "";
  let config: Config;

  before(async () => {
    programs = await AppliedPrograms.begin(cloud);
    const route53 = new Route53(cloud.sdk());
    const { HostedZone } = await route53.createHostedZone({ Name: "example.com", CallerReference: "options" });
    zoneId = HostedZone?.Id?.split("/").at(-1) ?? "";
    pipeline = await programs.open("pipeline", { tier: "development" });
    await pipeline.up();
    const { digests } = await up<ImagesOutputs>(await programs.open("images", { tag: "v1" }));
    const next = (name: string) => ({ next: { digest: digests[name] ?? "", version: "v1" } });
    config = values();
    await (await opened()).up();
    await programs.stage(pipeline, { services: { web: next("web"), api: next("api") }, migrate: next("migrate") });
    await clean(await opened());
  });
  after("leave the cloud to others as it was", async () => {
    await (await opened()).destroy();
    await pipeline.destroy();
    const route53 = new Route53(cloud.sdk());
    // The proof of a name that was shared stays: another environment may have the name.
    const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: zoneId });
    const proofs = ResourceRecordSets.filter(({ Type }) => Type === "CNAME");
    assert.equal(proofs.length, 1);
    const Changes = proofs.map((ResourceRecordSet) => ({ Action: "DELETE" as const, ResourceRecordSet }));
    await route53.changeResourceRecordSets({ HostedZoneId: zoneId, ChangeBatch: { Changes } });
    await route53.deleteHostedZone({ Id: zoneId });
    await programs.end();
  });

  const opened = () => programs.open("sandbox", config);

  /** Applied, it plans nothing, also once every resource was read from AWS. */
  async function clean(stack: Stack): Promise<void> {
    await stack.up();
    assert.deepEqual(await planned(stack), []);
    await stack.refresh();
    assert.deepEqual(await planned(stack), []);
  }

  for (const { what, over, services = {} } of options)
    it(`plans nothing with ${what}`, async () => {
      const changed = Object.entries(config.services).map(([name, one]) => [name, { ...one, ...services[name] }]);
      config = { ...config, ...over(zoneId), services: Object.fromEntries(changed) };
      await clean(await opened());
    });

  it("plans nothing once all are taken away again", async () => {
    config = values();
    await clean(await opened());
  });
});
