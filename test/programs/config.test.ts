import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import {
  type ConfigValues,
  configValues,
  environmentConfig,
  imagesConfig,
  organizationConfig,
  pipelineConfig,
  programOf,
} from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { values } from "./fixtures.ts";

type Read = (stack: string, values: ConfigValues) => unknown;

/** A change to good values, and the key and words its error must hold. */
type Case = readonly [path: string, value: unknown, error: RegExp];

/** Takes the api's path over. */
const beside = { path: "/api", priority: 50, replaces: "api", healthCheck: { path: "/api" } };
const both = { ...values().services, new: beside };

const mailDomain = { domain: "mail.example.com", zoneId: "Z0123456" };
const collectorImage = `public.ecr.aws/aws-observability/aws-otel-collector@sha256:${"c".repeat(64)}`;
const onDomain = (keys: object) => ({ name: "app.example.com", zoneId: "Z0123456", ...keys });
const hosts = (count: number) => Array.from({ length: count }, (_, index) => `a${index}.example.com`);

const environmentCases: readonly Case[] = [
  ["tier", undefined, /tier: is missing\. Set it to one of production, development$/],
  ["tier", "staging", /tier: "staging" is not allowed\. Set it to one of production, development$/],
  [
    "program",
    "web",
    /program: "web" is not allowed\. Set it to one of environment, organization, pipeline, registry, images/,
  ],
  ["account", "12", /account: "12" is not allowed\. Set it to a 12-digit AWS account id/],
  ["tags", { "a b": "c" }, /tags\.a b: .* a tag key/],
  ["tags", { a: "<" }, /tags\.a: .* a tag value/],
  ["pipelineStack", "pipeline", /pipelineStack: .* organization\/project\/stack/],
  ["unknown", "1", /unknown: is not a key of this stack's configuration/],
  ["services", undefined, /services: is missing\. Set it to a mapping/],
  ["services", {}, /services: names no service/],
  [
    "services.Web_1",
    { path: "/w", priority: 1, healthCheck: { path: "/" } },
    /services\.Web_1: .*service name of up to 12/,
  ],
  ["services.web.colour", "red", /services\.web\.colour: is not a key/],
  ["services.web.path", "web", /services\.web\.path: "web" is not allowed\. Set it to a path such as/],
  ["services.web.path", "/web/", /services\.web\.path: .*no slash at the end/],
  ["services.web.path", "/api", /services\.web\.path: \/api is also api's/],
  ["services.web.priority", 0, /services\.web\.priority: 0 is not allowed.* from 1 to 999/],
  ["services.web.priority", 100, /services\.web\.priority: 100 is also api's\. Give each service its own/],
  ["services.api.priority", 950, /services\.api\.priority: 950 comes after web's.*Set it below 900/],
  ["services.api.replaces", "api", /services\.api\.replaces: is the service itself\. Name the one whose path/],
  ["services.api.replaces", "old", /services\.api\.replaces: old is no service here\. Name the one whose path/],
  [
    "services.api.replaces",
    "web",
    /services\.api\.replaces: web answers \/, not \/api\. Set services\.api\.path to \//,
  ],
  ["services.new", { ...beside, priority: 101 }, /services\.new\.priority: 101 comes after api's, which it replaces/],
  [
    "services.new",
    { ...beside, replaces: undefined },
    /services\.new\.path: \/api is also api's.*names it as replaces/,
  ],
  ["services", { ...both, new2: { ...beside, priority: 51 } }, /services\.new2\.path: \/api is also new's/],
  [
    "services",
    { ...both, new2: { ...beside, priority: 9, replaces: "new" } },
    /services\.new2\.path: \/api is also api's/,
  ],
  ["services.web.repository", "Web", /services\.web\.repository: .*name of a repository/],
  ["services.web.cpu", 300, /services\.web\.cpu: 300 is not allowed\. Set it to one of 256, 512, 1024, 2048, 4096/],
  ["services.web.cpu", "256", /services\.web\.cpu: "256" is not allowed/],
  ["services.web.memory", 100, /services\.web\.memory: 100 is not allowed\. Set it to a whole number of MB from 512/],
  [
    "services.web.memory",
    4096,
    /services\.web\.memory: 4096 MB is not offered by Fargate with cpu 256.*512, 1024, 2048/,
  ],
  ["services.web.architecture", "arm", /services\.web\.architecture: .*X86_64, ARM64/],
  ["services.web.port", 80, /services\.web\.port: 80 is not allowed.*from 1024 to 65535/],
  ["services.web.desiredCount", 0, /services\.web\.desiredCount: 0 is not allowed.*from 1 to 1000/],
  ["services.web.minCapacity", 3, /services\.web\.minCapacity: 3 is above desiredCount\. Set it to at most 2/],
  ["services.web.maxCapacity", 1, /services\.web\.maxCapacity: 1 is below desiredCount\. Set it to at least 2/],
  ["services.web.environment", { GREETING: 3 }, /services\.web\.environment\.GREETING: 3 is not.*quote/],
  ["services.web.environment", { "9lives": "x" }, /services\.web\.environment\.9lives: .*with no digit first/],
  ["services.web.environment", { "a b": "x" }, /services\.web\.environment\.a b: .*a variable name of letters/],
  [
    "services.web.environment",
    { ConnectionStrings__Default: "Server=db;User Id=app;Password=hunter2hunter2" },
    /services\.web\.environment\.ConnectionStrings__Default: .*Put it under web\.secrets/,
  ],
  [
    "services.web.environment",
    { API_TOKEN: "x" },
    /services\.web\.environment\.API_TOKEN: is named like a secret\. Put it under web\.secrets/,
  ],
  ["services.web.environment", { RELEASE: "x" }, /services\.web\.environment\.RELEASE: is set by the platform/],
  ["services.api.environment", { STRIPE_KEY: "x" }, /services\.api\.environment\.STRIPE_KEY: is also under secrets/],
  [
    "services.api.secrets",
    { DATABASE_PASSWORD: "x" },
    /services\.api\.secrets\.DATABASE_PASSWORD: is set by the platform/,
  ],
  ["services.api.secrets", { KEY: "a key!" }, /services\.api\.secrets\.KEY: has a value that is not allowed/],
  [
    "services.web.healthCheck",
    undefined,
    /services\.web\.healthCheck: is missing\. Set it to a mapping with the path .*\{path: \/healthz\}/,
  ],
  ["services.web", null, /services\.web: is missing\. Set it to a mapping of keys to values/],
  ["database", "big", /switchyard:database: "big" is not allowed\. Set it to a mapping of keys to values/],
  ["services.api.healthCheck.path", "/healthz", /api\.healthCheck\.path: is not below \/api.*such as \/api\/healthz/],
  ["services.api.healthCheck.path", "/apiary", /api\.healthCheck\.path: is not below \/api/],
  ["services.web.healthCheck.gracePeriodSeconds", 3601, /gracePeriodSeconds: 3601 is not.*from 0 to 3600/],
  ...["", "100", "500", "200-", "200 204", "200-299,304", "2xx", "200,"].map(
    (codes) =>
      ["services.web.healthCheck.matcher", codes, /healthCheck\.matcher: .*status codes from 200 to 499/] as const,
  ),
  ["services.web.healthCheck.path", "healthz", /services\.web\.healthCheck\.path: .*such as \/healthz/],
  ["services.web.healthCheck.intervalSeconds", 4, /healthCheck\.intervalSeconds: 4 is not.*from 5 to 300/],
  ["services.web.healthCheck.timeoutSeconds", 1, /healthCheck\.timeoutSeconds: 1 is not.*from 2 to 120/],
  [
    "services.web.healthCheck.timeoutSeconds",
    10,
    /healthCheck\.timeoutSeconds: is not below intervalSeconds\. Set it to less than 10/,
  ],
  ["services.web.healthCheck.healthyThreshold", 1, /healthCheck\.healthyThreshold: 1 is not.*from 2 to 10/],
  ["services.web.healthCheck.unhealthyThreshold", 11, /healthCheck\.unhealthyThreshold: 11 is not/],
  ["services.web.deregistrationDelaySeconds", 3601, /deregistrationDelaySeconds: 3601 is not.*from 0 to 3600/],
  ["services.web.stopTimeoutSeconds", 121, /stopTimeoutSeconds: 121 is not.*from 2 to 120/],
  ["services.web.stickinessSeconds", 0, /stickinessSeconds: 0 is not.*from 1 to 604800/],
  ["services.web.database", "yes", /services\.web\.database: "yes" is not allowed\. Set it to true or false/],
  ["services.web.order", -1, /services\.web\.order: -1 is not/],
  ["services.api.checks", "/", /services\.api\.checks: .*list of smoke checks/],
  ["services.web.path", "/..", /services\.web\.path: .*no \. or \.\./],
  ["services.web.healthCheck.path", "//host/x", /services\.web\.healthCheck\.path: "\/\/host\/x" is not allowed/],
  ["services.web.checks", [{ path: "//host/x" }], /services\.web\.checks\.0\.path: "\/\/host\/x" is not allowed/],
  ["services.api.checks", [{ path: "/api/../admin" }], /services\.api\.checks\.0\.path: .*no \. or \.\./],
  ["services.api.checks", [{ path: "/other" }], /services\.api\.checks\.0\.path: is not below \/api/],
  ["services.api.checks", [{ path: "/api", status: 99 }], /services\.api\.checks\.0\.status: 99 is not/],
  ["services.api.checks", [{ path: "/api", maxMs: 0 }], /services\.api\.checks\.0\.maxMs: 0 is not/],
  ["services.api.checks", [{ path: "/api", bodyIncludes: 1 }], /services\.api\.checks\.0\.bodyIncludes: 1 is not/],
  ["network.cidr", "8.8.0.0/16", /network\.cidr: .*private \/16/],
  ["network.zones", 7, /network\.zones: 7 is not.*from 2 to 6/],
  ["network", { of: "Staging" }, /network\.of: "Staging" is not/],
  ["network", { of: "staging", zones: 3 }, /network\.zones: is that of the network of staging/],
  ["network", { of: "staging", cidr: "10.1.0.0/16" }, /network\.cidr: is that of the network of staging/],
  ["database.name", "App", /database\.name: .*lower case/],
  ["database.engineMajor", "17.4", /database\.engineMajor: .*one of 17, 18/],
  ["database.instanceClass", "large", /database\.instanceClass: .*such as db\.t4g\.micro/],
  ["database.storageGb", 5, /database\.storageGb: 5 is not.*from 20/],
  ["database.fromSnapshot", "rds:production-2026", /database\.fromSnapshot: .*the identifier of a database snapshot/],
  ["database.maxStorageGb", 20, /database\.maxStorageGb: 20 is below storageGb\. Set it to at least 50/],
  ["database.backupDays", 0, /database\.backupDays: 0 is not.*from 1 to 35/],
  ["migrations.repository", "", /migrations\.repository: .*name of a repository/],
  ["migrations.memoryMb", 1, /migrations\.memoryMb: 1 is not/],
  ["migrations.timeoutSeconds", 901, /migrations\.timeoutSeconds: 901 is not.*from 1 to 900/],
  ["migrations.architecture", "arm64", /migrations\.architecture: .*X86_64, ARM64/],
  ["domain", { zoneId: "Z0123456" }, /domain\.name: is missing\. Set it to a host name/],
  ["domain", { name: "app.example.com", zoneId: "zone" }, /domain\.zoneId: .*hosted zone id/],
  ["domain", onDomain({ names: "www.example.com" }), /domain\.names: .*list of host names/],
  ["domain", onDomain({ names: ["*.*.example.com"] }), /domain\.names\.0: .*\*\.example\.com/],
  ["domain", onDomain({ names: ["-a.example.com"] }), /domain\.names\.0: .*host name such as/],
  ["domain", onDomain({ names: ["app.example.com"] }), /domain\.names\.0: app\.example\.com is there already/],
  ["domain", onDomain({ names: ["www.example.org"] }), /domain\.names\.0: .*not below example\.com/],
  ["domain", onDomain({ names: [`${"a".repeat(60)}.example.com`] }), /domain\.names\.0: .*at most 64 characters/],
  ["domain", onDomain({ names: hosts(21) }), /domain\.names: .*at most 20 host names/],
  ["domain", onDomain({ redirects: ["*.example.com"] }), /domain\.redirects\.0: .*www\.example\.com/],
  ["domain", onDomain({ redirects: hosts(6) }), /domain\.redirects: .*at most 5 host names/],
  ["domain", onDomain({ names: hosts(1), redirects: hosts(1) }), /domain\.redirects\.0: .*is there already/],
  ["domain", onDomain({ shared: "www.example.com" }), /domain\.shared: .*list of host names/],
  ["domain", onDomain({ shared: ["www"] }), /domain\.shared\.0: .*host name such as/],
  ["domain", onDomain({ shared: ["app.example.com"] }), /domain\.shared\.0: app\.example\.com is there already/],
  ["domain", onDomain({ redirects: hosts(1), shared: hosts(1) }), /domain\.shared\.0: .*is there already/],
  ["domain", onDomain({ shared: [...hosts(1), ...hosts(1)] }), /domain\.shared\.1: .*is there already/],
  ["domain", onDomain({ shared: ["www.example.org"] }), /domain\.shared\.0: .*not below example\.com/],
  ["domain", onDomain({ shared: ["*.app.example.com"] }), /domain\.shared\.0: .*is proven by the record.*both in/],
  ["domain", onDomain({ names: ["*.example.com"], shared: ["example.com"] }), /domain\.shared\.0: .*is proven by/],
  ["domain", onDomain({ shared: hosts(21) }), /domain\.shared: .*at most 20 host names/],
  [
    "domain",
    onDomain({ names: hosts(15), shared: hosts(21).slice(15) }),
    /domain\.shared: has, with `names`, 21 host names/,
  ],
  ["mail", { zoneId: "Z0123456" }, /mail\.domain: is missing\. Set it to a host name/],
  ["mail", { domain: "mail.example.com" }, /mail\.zoneId: is missing/],
  ["mail", { ...mailDomain, from: "No Reply" }, /mail\.from: .*what comes before the @/],
  ["mail", { ...mailDomain, dmarc: "strict" }, /mail\.dmarc: .*none, quarantine, reject/],
  ["mail", { ...mailDomain, reports: "dmarc" }, /mail\.reports: .*an e-mail address/],
  ["mail", { ...mailDomain, events: "me" }, /mail\.events: .*an e-mail address/],
  ["services.api.mail", true, /services\.api\.mail: is true, .*no domain.* Give switchyard:mail a domain/],
  ["services.api.mail", "yes", /services\.api\.mail: .*true or false/],
  ["services.api.tracing", true, /services\.api\.tracing: is true, .*no collector.* Give switchyard:tracing/],
  [
    "tracing",
    { collector: "public.ecr.aws/aws-observability/aws-otel-collector:latest" },
    /tracing\.collector: .*digest/,
  ],
  ["tracing", { collector: collectorImage, percent: 0 }, /tracing\.percent: 0 is not.*from 1 to 100/],
  ["files", { origins: ["https://www.example.com/"] }, /files\.origins.*an origin such as https/],
  ["files", { origins: ["*"] }, /files\.origins.*without a path or a wildcard/],
  ["files", { origins: ["http://www.example.com"] }, /files\.origins.*an origin such as https/],
  ["files", { origins: "https://www.example.com" }, /files\.origins: .*list of origins/],
  ["files", { origins: ["https://a.example", "https://a.example"] }, /files\.origins: .*each origin once/],
  ["files", { expireDays: 0 }, /files\.expireDays: 0 is not.*from 1 to 36500/],
  ["files", { cdn: true }, /files\.cdn: .*a mapping, such as \{priceClass: 100\}/],
  ["files", { cdn: { priceClass: 300 } }, /files\.cdn\.priceClass: 300 is not.*one of 100, 200, all/],
  ["files", { cdn: { priceClass: "100" } }, /files\.cdn\.priceClass: .*one of 100, 200, all/],
  ["files", { cdn: { name: "files.example.com" } }, /files\.cdn\.name: files\.example\.com is in no hosted zone/],
  ["files", { cdn: { name: "*.example.com" } }, /files\.cdn\.name: .*a host name such as app\.example\.com/],
  ["files", { cdn: { prefix: "" } }, /files\.cdn\.prefix: is not a key/],
  ["waf", {}, /waf\.mode: is missing.* Set it to one of count, block/],
  ["waf", { mode: "deny" }, /waf\.mode: "deny" is not allowed.* one of count, block/],
  ["waf", { mode: "count", rules: [] }, /waf\.rules: is not a key/],
  ["domain", onDomain({ hsts: {} }), /domain\.hsts\.maxAgeSeconds: is missing/],
  ["domain", onDomain({ hsts: { maxAgeSeconds: 63_072_001 } }), /domain\.hsts\.maxAgeSeconds: .*from 0 to 63072000/],
  [
    "domain",
    onDomain({ hsts: { maxAgeSeconds: 300, includeSubdomains: true, preload: true } }),
    /domain\.hsts\.preload: .*at least 31536000/,
  ],
  ["monitoring.email", "me", /monitoring\.email: .*e-mail address/],
  ["monitoring.errorsPerMinute", 0, /monitoring\.errorsPerMinute: 0 is not/],
  ["monitoring.latencyMs", 0, /monitoring\.latencyMs: 0 is not/],
  ["monitoring.unhealthyTargets", 0, /monitoring\.unhealthyTargets: 0 is not.*from 1 to 1000/],
  [
    "monitoring.unhealthyTargets",
    3,
    /monitoring\.unhealthyTargets: 3 is more than the 2 that web has.*at most 2, or give services\.web\.alarms its own/,
  ],
  [
    "services.web.alarms",
    { unhealthyTargets: 3 },
    /services\.web\.alarms\.unhealthyTargets: 3 is more than the 2 that web has at least: .*Set it to at most 2$/,
  ],
  ["deploy.strategy", "rolling", /deploy\.strategy: .*all-at-once, canary, linear/],
  ["deploy.canaryPercent", 100, /deploy\.canaryPercent: 100 is not.*from 1 to 99/],
  ["deploy.stepPercent", 0, /deploy\.stepPercent: 0 is not/],
  ["deploy.everySeconds", -1, /deploy\.everySeconds: -1 is not/],
  ["deploy.bakeSeconds", 1.5, /deploy\.bakeSeconds: 1\.5 is not.*whole number/],
  ["deploy.keepWarmSeconds", 604_801, /deploy\.keepWarmSeconds: 604801 is not/],
  ["deploy.alarms", "cpu", /deploy\.alarms: .*list of alarm names/],
  ["deploy.consecutiveSuccesses", 0, /deploy\.consecutiveSuccesses: 0 is not.*from 1 to 100/],
  ["deploy.approval", 1, /deploy\.approval: 1 is not.*true or false/],
  ["deploy.approvalTimeoutSeconds", 0, /deploy\.approvalTimeoutSeconds: 0 is not/],
];

const pipelineCases: readonly Case[] = [
  ["tier", "big", /tier: "big" is not allowed/],
  ["keepImages", "9", /keepImages: .*from 10 to 10000/],
  ["repositories", [], /repositories: .*list of repository names/],
  ["repositories", ["Web"], /repositories\.0: "Web" is not allowed/],
  ["functionRepositories", "migrate", /functionRepositories: .*list of repository names/],
  ["pullAccounts", ["1"], /pullAccounts\.0: .*12-digit/],
  ["services", {}, /services: is not a key/],
];

const imagesCases: readonly Case[] = [
  ["tag", undefined, /tag: is missing\. Set it to an image tag such as v1/],
  ["tag", "a b", /tag: "a b" is not allowed/],
  ["source", "images", /source: .*absolute path/],
  ["platform", "linux", /platform: .*linux\/amd64, linux\/arm64/],
  ["ownBase", "yes", /ownBase: .*true or false/],
];

describe("configuration", () => {
  const good = () => ({
    ...values(),
    database: { storageGb: 50 },
    network: {},
    migrations: {},
    monitoring: {},
    deploy: {},
  });
  table("environment", environmentConfig, good, environmentCases);
  table("pipeline", pipelineConfig, () => ({}), pipelineCases);
  table("images", imagesConfig, () => ({ tag: "v1" }), imagesCases);

  it("names the first key at fault and counts the others", () => {
    const changed = set(set(values(), "services.web.cpu", 1), "services.api.memory", 1);
    assert.throws(
      () => environmentConfig("sandbox", changed),
      /services\.web\.cpu: .*\. 1 more to fix: switchyard:services\.api\.memory$/,
    );
  });

  it("takes a CDN's name of the environment's zone, and none that another certificate's record proves", () => {
    const domain = onDomain({ names: ["*.shop.example.com"] });
    const named = (name: string) => () =>
      environmentConfig("sandbox", { ...values(), domain, files: { cdn: { name } } });
    assert.equal(named("files.example.com")().files.cdn?.name, "files.example.com");
    assert.throws(
      named("files.example.org"),
      /files\.cdn\.name: files\.example\.org is not in the zone of app\.example\.com/,
    );
    assert.throws(
      named("app.example.com"),
      /files\.cdn\.name: app\.example\.com is proven by the record that proves app\./,
    );
    assert.throws(named("shop.example.com"), /proves \*\.shop\.example\.com of `switchyard:domain`/);
  });

  it("never repeats a variable's value in an error", () => {
    const changed = set(values(), "services.web.environment", { API_TOKEN: "hunter2-hunter2", OTHER: ["hunter2"] });
    assert.throws(
      () => environmentConfig("sandbox", changed),
      (error: Error) => !error.message.includes("hunter2"),
    );
  });

  it("refuses a stack whose name would not fit into a load balancer's", () => {
    assert.throws(() => environmentConfig("an-environment-with-a-long-name", values()), /switchyard:stack: /);
    assert.equal(environmentConfig("pr-12345", values()).stack, "pr-12345");
  });

  it("takes variables in any case, and health checks at the service's own path", () => {
    const environment = {
      http_proxy: "http://proxy:3128",
      ConnectionStrings__Timeout: "5",
      "spring.main.banner-mode": "off",
      _x: "1",
    };
    const changed = set(
      set(values(), "services.web.environment", environment),
      "services.api.healthCheck.path",
      "/api",
    );
    assert.deepEqual(environmentConfig("sandbox", changed).services["web"]?.environment, environment);
  });

  it("lets a service take another's path over, and what another one checks too", () => {
    const { web } = both as unknown as { web: Record<string, unknown> };
    const services = { ...both, web: { ...web, checks: [{ path: "/api/notes?all" }] } };
    assert.equal(environmentConfig("sandbox", { ...values(), services }).services["new"]?.replaces, "api");
  });

  it("completes what is left out", () => {
    const { services, network, database, deploy } = environmentConfig("sandbox", values());
    assert.deepEqual(network, { cidr: "10.0.0.0/16" });
    assert.equal(database.engineMajor, "17");
    assert.equal(deploy.strategy, "all-at-once");
    assert.deepEqual(services["web"]?.healthCheck, {
      path: "/healthz",
      intervalSeconds: 10,
      timeoutSeconds: 4,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
    });
  });

  it("reads Pulumi's flat text, and leaves plain values text", () => {
    const all = { "switchyard:tag": "1.0", "switchyard:tags": '{"a":"b"}', "switchyard:odd": "[x", "aws:region": "r" };
    assert.deepEqual(configValues(all), { tag: "1.0", tags: { a: "b" }, odd: "[x" });
    assert.equal(imagesConfig("images", { tag: "1.0", ownBase: "true" }).ownBase, true);
    assert.equal(pipelineConfig("pipeline", { keepImages: "20" }).keepImages, 20);
  });

  it("chooses the program by key, then by the stack's name", () => {
    assert.equal(programOf("pipeline", {}), "pipeline");
    assert.equal(programOf("images", {}), "images");
    assert.equal(programOf("pr-7", {}), "environment");
    assert.equal(programOf("tools", { program: "pipeline" }), "pipeline");
    assert.throws(() => programOf("tools", { program: "web" }), /switchyard:program: "web" is not allowed/);
  });
});

describe("the repository's configuration files", () => {
  const read: Record<string, Read> = {
    production: environmentConfig,
    sandbox: environmentConfig,
    organization: organizationConfig,
    pipeline: pipelineConfig,
    images: imagesConfig,
  };
  for (const [stack, parseConfig] of Object.entries(read))
    it(`Pulumi.${stack}.yaml is valid`, () => assert.ok(parseConfig(stack, file(stack))));

  it("Pulumi.production.yaml shows every key of an environment", () => {
    const shown = keys(file("production"));
    const known = keys(environmentConfig("production", { ...file("production"), stack: "production" }));
    // Explained in the file, but not a thing to copy.
    const left = [...known].filter((key) => !shown.has(key) && key !== "stack" && !/services\.api\./.test(key));
    assert.deepEqual(left, []);
    assert.match(text("production"), /# stickinessSeconds: /);
  });

  it("Pulumi.production.yaml is of the production tier and shifts by canary", () => {
    const config = environmentConfig("production", file("production"));
    assert.equal(config.tier, "production");
    assert.equal(config.deploy.strategy, "canary");
  });
});

function table(name: string, read: Read, good: () => ConfigValues, cases: readonly Case[]): void {
  it(`${name}: the values every case changes are good`, () => assert.ok(read("sandbox", good())));
  for (const [path, value, error] of cases)
    it(`${name}: ${path} = ${JSON.stringify(value)} is refused`, () =>
      assert.throws(
        () => read("sandbox", set(good(), path, value)),
        (thrown) => {
          assert.ok(thrown instanceof SwitchyardError, String(thrown));
          assert.equal(thrown.code, "invalid-config");
          assert.ok(thrown.where.startsWith("switchyard:"));
          assert.match(thrown.message, error);
          assert.doesNotMatch(thrown.where, /^switchyard:(\w+)\.\1\b/, "a key is said twice");
          return true;
        },
      ));
}

function set(values: ConfigValues, path: string, value: unknown): ConfigValues {
  const copy = structuredClone(values);
  const steps = path.split(".");
  let at: Record<string, unknown> = copy;
  for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
  at[steps.at(-1) ?? ""] = value;
  return copy;
}

function text(stack: string): string {
  return readFileSync(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
}

function file(stack: string): ConfigValues {
  const { config } = parse(text(stack)) as { config: Record<string, unknown> };
  const flat = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "object" ? JSON.stringify(value) : String(value),
  ]);
  return configValues(Object.fromEntries(flat));
}

/** Dotted paths of every key that holds a plain value or a list. */
function keys(value: unknown, path = ""): Set<string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Set([path]);
  return new Set(
    Object.entries(value).flatMap(([key, inner]) => [...keys(inner, path === "" ? key : `${path}.${key}`)]),
  );
}
