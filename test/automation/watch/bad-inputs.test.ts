import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Aws } from "../../../automation/aws/clients.ts";
import type { Commands } from "../../../automation/command-loaders.ts";
import { consoleCommand } from "../../../automation/commands/console.ts";
import { logs } from "../../../automation/commands/logs.ts";
import { askedBy } from "../../../automation/commands/upgrade.ts";
import { refuseAbove } from "../../../automation/cost/maximum.ts";
import { priceFile, pricesFor } from "../../../automation/cost/prices.ts";
import { parser } from "../../../automation/parser.ts";
import { environmentConfig } from "../../../programs/config.ts";
import type { ErrorCode } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { values } from "../../programs/fixtures.ts";

/** Commands that must not be reached. */
const none = new Proxy({} as Commands, { get: (_, name) => () => assert.fail(`${String(name)} was called`) });

async function refused(work: () => unknown, code: ErrorCode, says: RegExp): Promise<void> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => assert.fail("it was accepted"),
      (thrown: unknown) => thrown,
    );
  assert.ok(error instanceof SwitchyardError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, says);
  assert.doesNotMatch(error.message, /\n/);
}

const lines: readonly (readonly [line: string, says: RegExp])[] = [
  ["logs", /<stack>: it is missing/],
  ["logs Production", /<stack>: "Production" is not a stack name/],
  ["logs production extra", /extra/],
  ["logs production --service Api", /--service: "Api" is not a service's name/],
  ["logs production --service", /service/],
  ["logs production --since soon", /--since: "soon" is no moment/],
  ["logs production --since=-1h", /--since: "-1h" is no moment/],
  ["logs production --since 2026-13-01", /--since/],
  ["logs production --since 1h --since 2h", /--since: it is given more than once/],
  ["logs production --follow=yes", /--follow: it takes no value/],
  ["top", /<stack>: it is missing/],
  ["top production/../x", /<stack>/],
  ["top production --once=1", /--once/],
  ["top production --interval 1", /interval/],
  ["cost", /<stack>: it is missing/],
  ["cost production --anew --no-anew", /given more than once/],
  ["cost production --region eu-west-1", /region/],
  ["export", /render or northflank/],
  ["export heroku production", /heroku/],
  ["export render", /<stack>: it is missing/],
  ["export render production --repository switchyard", /--repository: "switchyard" is not a repository of GitHub/],
  ["export northflank production --repository https://github.com/a/b", /--repository/],
  ["export render production --repository a/..", /--repository: "a\/\.\." is not a repository of GitHub/],
  ["export render Production --repository a/b", /<stack>: "Production" is not a stack name/],
  ["console production", /production/],
  ["console --port 65536", /--port: it is not a number in its range/],
  ["console --port 0x50", /--port: "0x50" is not a whole number/],
  ["console --only ../production", /--only: "..\/production" is not a stack name/],
  ["console --host 0.0.0.0", /host/],
  ["console --allow-actions=1", /--allow-actions: it takes no value/],
  ["upgrade", /<stack>: it is missing/],
  ["upgrade Production --to v2 --beside next", /<stack>: "Production" is not a stack name/],
  ["upgrade production --to ../v2 --beside next", /--to: "\.\.\/v2" is not an image tag/],
  ["upgrade production --to --beside next", /--to: it is empty/],
  ["upgrade production --to v2 --beside next --keep-for soon", /--keep-for: "soon" is not a duration/],
  ["upgrade production --back=1", /--back: it takes no value/],
  ["sandbox mail production", /production/],
  ["sandbox mail --json=1", /--json: it takes no value/],
];

/** What excludes each other, or is missing, of an upgrade. */
const upgrades: readonly (readonly [asked: Partial<Parameters<typeof askedBy>[0]>, says: RegExp])[] = [
  [{}, /neither what to upgrade to nor to go back/],
  [{ to: "v2" }, /--beside: it is missing/],
  [{ beside: "next" }, /--to: it is missing/],
  [{ to: "v2", beside: "next", back: true }, /these flags exclude each other/],
  [{ back: true, settle: true }, /these flags exclude each other/],
  [{ back: true, keepFor: "7d" }, /--keep-for: with --back nothing is kept/],
  [{ to: "v2", beside: "Next" }, /--beside: "Next" is not a stack name/],
];

const zoneId = "Z0123456789ABC";
const onDomain = (more: object) => ({ name: "app.example.com", zoneId, ...more });
const onMail = (more: object) => ({ domain: "mail.example.com", zoneId, ...more });
const ofWeb = (more: object) => ({ ...values().services, web: { ...values().services["web"], ...more } });
const collector = `public.ecr.aws/a/b@sha256:${"0".repeat(64)}`;

/** Of the same kind, and with no key said twice. */
const options: typeof configurations = [
  ["mail", onMail({ domain: "*.example.com" }), /mail\.domain: "\*\.example\.com"/],
  ["mail", onMail({ from: "me@example.com" }), /mail\.from: "me@example\.com"/],
  ["mail", onMail({ reports: "a@example.com,b@example.com" }), /mail\.reports: .*an e-mail address/],
  ["mail", onMail({ events: "ops" }), /mail\.events: .*an e-mail address/],
  ["mail", "mail.example.com", /mail: .*a mapping/],
  ["services", ofWeb({ mail: true }), /services\.web\.mail: is true, .*no domain/],
  ["services", ofWeb({ files: "yes" }), /services\.web\.files: .*true or false/],
  ["services", ofWeb({ alarms: { latencyMs: 0 } }), /services\.web\.alarms\.latencyMs: 0/],
  ["services", ofWeb({ alarms: { unhealthyTargets: 1.5 } }), /services\.web\.alarms\.unhealthyTargets: 1\.5/],
  ["services", ofWeb({ alarms: { p99: 1 } }), /services\.web\.alarms\.p99: is not a key/],
  ["domain", onDomain({ name: "https://app.example.com" }), /domain\.name: "https/],
  ["domain", onDomain({ name: "*.example.com" }), /domain\.name: "\*/],
  ["domain", onDomain({ names: ["app.example.com"] }), /domain\.names\.0: app\.example\.com is there already/],
  ["domain", onDomain({ redirects: ["app.example.org"] }), /domain\.redirects\.0: .*one hosted zone cannot hold both/],
  ["domain", onDomain({ shared: ["*.app.example.com"] }), /domain\.shared\.0: .*is proven by the record/],
  ["domain", onDomain({ hsts: { maxAgeSeconds: 300, preload: true } }), /domain\.hsts\.preload: asks for what/],
  ["domain", onDomain({ hsts: true }), /domain\.hsts: .*a mapping/],
  ["waf", { mode: "on" }, /waf\.mode: "on" .*count, block/],
  ["waf", true, /waf: .*a mapping/],
  ["files", { origins: ["https://example.com:99999"] }, /files\.origins\.0: .*a port of at most 65535/],
  ["files", { origins: ["https://*.example.com"] }, /files\.origins\.0: .*without a path or a wildcard/],
  ["files", { expireDays: 1.5 }, /files\.expireDays: 1\.5/],
  ["files", { cdn: { name: "files.example.com" } }, /files\.cdn\.name: .*in no hosted zone/],
  ["files", { bucket: "x" }, /files\.bucket: is not a key/],
  ["tracing", { collector: "public.ecr.aws/a/b:latest" }, /tracing\.collector: .*by its digest/],
  ["tracing", { collector, percent: 101 }, /tracing\.percent: 101/],
];

const configurations: readonly (readonly [key: string, value: unknown, says: RegExp])[] = [
  ["monitoring", { email: "ops" }, /monitoring\.email: .*an e-mail address/],
  ["monitoring", { slack: "#alerts" }, /monitoring\.slack: .*Slack/],
  ["monitoring", { slack: "a@slack.com.evil.example" }, /monitoring\.slack/],
  ["monitoring", { errorsPerMinute: 0 }, /monitoring\.errorsPerMinute: 0/],
  ["monitoring", { latencyMs: "1s" }, /monitoring\.latencyMs: "1s"/],
  ["monitoring", { databaseCpuPercent: 101 }, /monitoring\.databaseCpuPercent: 101/],
  ["monitoring", { databaseFreeGb: 0.5 }, /monitoring\.databaseFreeGb: 0\.5/],
  ["monitoring", { runbooks: "http://example.com/runbooks" }, /monitoring\.runbooks/],
  ["monitoring", { runbooks: "https://example.com/?a=b" }, /monitoring\.runbooks/],
  ["monitoring", { containerInsights: true }, /monitoring\.containerInsights/],
  ["monitoring", { pager: "x" }, /monitoring\.pager: is not a key/],
  ["monitoring", [], /monitoring/],
  ["cost", { hours: 745 }, /cost\.hours: 745/],
  ["cost", { natGb: -1 }, /cost\.natGb: -1/],
  ["cost", { maxMonthlyUsd: 0 }, /cost\.maxMonthlyUsd: 0/],
  ["cost", { maxMonthlyUsd: "much" }, /cost\.maxMonthlyUsd: "much"/],
  ["cost", { egressTb: 1 }, /cost\.egressTb: is not a key/],
  ["cost", 100, /cost/],
];

const priceFiles: readonly (readonly [what: string, content: string])[] = [
  ["nothing", ""],
  ["half of it", '{"region":"eu-west-1","prices":{'],
  ["no date", JSON.stringify({ region: "eu-west-1", read: "yesterday", prices: {} })],
  ["a negative price", JSON.stringify(listed({ usd: -1 }))],
  ["a price that is text", JSON.stringify(listed({ usd: "1" }))],
  ["an unknown unit", JSON.stringify(listed({ per: "mile" }))],
  ["another field", JSON.stringify({ ...listed({}), more: 1 })],
];

function listed(change: object) {
  const price = {
    usd: 1,
    per: "hour",
    published: "2026-11-01",
    page: "https://aws.amazon.com/ec2/pricing/",
    ...change,
  };
  return { region: "eu-west-1", read: "2026-11-28", prices: { "nat-hour": price } };
}

describe("what watches, prices and exports", () => {
  for (const [line, says] of lines)
    it(`refuses "${line}"`, () => refused(() => parser(line.split(" "), none).parseAsync(), "invalid-flag", says));

  for (const [asked, says] of upgrades)
    it(`refuses an upgrade asked for by ${JSON.stringify(asked)}`, () =>
      refused(() => askedBy({ stack: "production", back: false, settle: false, ...asked }), "invalid-flag", says));

  for (const [key, value, says] of [...configurations, ...options])
    it(`refuses ${key}: ${JSON.stringify(value)}`, () => {
      const whole = new RegExp(`^switchyard:${says.source}`);
      return refused(() => environmentConfig("production", { ...values(), [key]: value }), "invalid-config", whole);
    });

  for (const [what, content] of priceFiles)
    it(`refuses a file of prices that holds ${what}, and asks nothing instead`, async () => {
      const directory = await mkdtemp(join(tmpdir(), "switchyard-prices-"));
      const file = priceFile(directory, "eu-west-1");
      const aws = { region: "eu-west-1", client: () => assert.fail("AWS was asked") } as unknown as Aws;
      try {
        await writeFile(file, content);
        const read = () => pricesFor(aws, directory, [], { anew: false, today: "2026-11-28" });
        await refused(read, "unusable-file", /prices\.eu-west-1\.json: it holds no prices/);
      } finally {
        await rm(directory, { recursive: true });
      }
    });

  it("refuses what no single document can hold", () =>
    refused(() => logs({ stack: "production", follow: true, json: true }), "invalid-flag", /--follow/));

  it("refuses to show a stack that is no environment", () =>
    refused(
      () => consoleCommand({ json: false, allowActions: false, only: ["pipeline"] }),
      "invalid-flag",
      /pipeline stack/,
    ));

  it("refuses a month above its maximum, and takes one at it", async () => {
    await refused(() => refuseAbove("production", 100.01, 100), "over-budget", /maxMonthlyUsd/);
    refuseAbove("production", 100, 100);
    refuseAbove("production", 1e9, undefined);
  });
});
