import assert from "node:assert/strict";
import { type Limit, loadLimits } from "@switchyard/sandbox";
import fc from "fast-check";
import { environmentConfig, pipelineConfig } from "../../programs/config.ts";
import { environment } from "../../programs/environment.ts";
import { pipeline } from "../../programs/pipeline.ts";
import { release, values } from "./fixtures.ts";
import { type Resources, run } from "./mocks.ts";
import { environmentOf } from "./runs.ts";

const { limits, membersOfJson, reasonAt, tagKey, tagValue } = await loadLimits();

/** What Pulumi adds to a resource's name where the program gives none. */
const suffix = "-0a1b2c3";

/** Every limit that a program's resources break, as `<type> <name>: <reason>`. */
function broken(resources: Resources): string[] {
  return [...resources.inputs].flatMap(([key, inputs]) => {
    const [type = "", name = ""] = key.split(" ");
    const tags = Object.entries({ ...defaultTags(resources), ...(inputs["tags"] as object | undefined) });
    return [
      ...limits.flatMap((limit) => reasonsFor(limit, type, name, inputs)),
      ...tags.flatMap(([tag, value]) => tagKey(tag) ?? tagValue(String(value)) ?? []),
      ...(tags.length > 50 ? [`${tags.length} tags`] : []),
    ].map((reason) => `${key}: ${reason}`);
  });
}

function reasonsFor({ from = [], refuse }: Limit, type: string, name: string, inputs: Record<string, unknown>) {
  return from.flatMap((place) => {
    if (place.type !== type) return [];
    const automatic = place.auto === true && inputs[place.property] === undefined;
    const prefix = type === "aws:kms/alias:Alias" ? "alias/" : "";
    if (automatic) return refuse(`${prefix}${name}${suffix}`) ?? [];
    return reasonAt(place.property, refuse, membersOfJson(inputs)) ?? [];
  });
}

function defaultTags(resources: Resources): Record<string, string> {
  const [provider] = resources.all("pulumi:providers:aws");
  const { tags = {} } = JSON.parse(String(provider?.inputs["defaultTags"] ?? "{}")) as {
    tags?: Record<string, string>;
  };
  return tags;
}

const runEnvironment = async (stack: string, given: Record<string, unknown>) => {
  const document = {
    ...release,
    services: Object.fromEntries(
      Object.keys(given["services"] as object).map((name) => [name, release.services["web"]]),
    ),
  };
  const config = environmentConfig(stack, given);
  const world = {
    release: JSON.stringify(document),
    stacks: { "organization/switchyard/pipeline": pipelineWith(given) },
  };
  return (await run(stack, world, () => environment(config))).resources;
};

function pipelineWith(given: Record<string, unknown>) {
  const services = Object.entries(given["services"] as Record<string, { repository?: string }>);
  const names = ["migrate", ...services.map(([name, { repository }]) => repository ?? name)];
  const registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com/switchyard";
  return {
    repositoryUrls: Object.fromEntries(names.map((name) => [name, `${registry}/${name}`])),
    ledgerTableName: "ledger",
    ledgerTableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/ledger",
  };
}

describe("AWS's limits, held against the programs", () => {
  for (const tier of ["development", "production"] as const)
    it(`are kept by every resource of a ${tier} environment`, async () => {
      assert.deepEqual(broken((await environmentOf(tier)).resources), []);
    });

  it("are kept by every resource of a pipeline with all that its schema lets through", async () => {
    const config = pipelineConfig("a".repeat(20), {
      repositories: ["a".repeat(31), "a-b", "0", "migrate"],
      pullAccounts: Array.from({ length: 100 }, (_, index) => String(100_000_000_000 + index)),
      tags: { ["k".repeat(128)]: "v".repeat(256) },
    });
    const { resources } = await run("pipeline", {}, () => pipeline(config));
    assert.deepEqual(broken(resources), []);
  });

  const label = "[a-z0-9]{1,4}";
  const stack = fc.oneof(
    fc.constantFrom("aa", "a".repeat(20), "internally", "a-b-c-d-e-f-g-h-i-jk", "xn-aa", "aws", "sthreefold"),
    fc.stringMatching(new RegExp(`^[a-z]${label}(-${label}){0,2}$`)).filter((name) => name.length <= 20),
  );
  const service = fc.oneof(
    fc.constantFrom("a", "z".repeat(12), "a-b-c-d-e-f1", "platform1", "aws", "sgx"),
    fc.stringMatching(new RegExp(`^[a-z]${label}(-${label})?$`)).filter((name) => name.length <= 12),
  );
  const text = (longest: number) =>
    fc.oneof(fc.constantFrom("", "'", "é", "x".repeat(longest)), fc.string({ unit: "grapheme", maxLength: 30 }));
  const anywhere = fc.record({
    priority: fc.constant(1),
    path: fc.constantFrom("/", `/${"p".repeat(99)}`, "/~a._-b"),
    checked: fc.constantFrom("", `/${"h".repeat(1023)}`, "/a'b&c=$;"),
    environment: fc.dictionary(fc.stringMatching(/^G[A-Z0-9_]{0,99}$/), text(1000), { maxKeys: 20 }),
    database: fc.boolean(),
    port: fc.constantFrom(1024, 65_535),
  });
  // A health check lies below the service's own path.
  const settings = anywhere.map(({ checked, ...rest }) => {
    const path = `${rest.path === "/" ? "" : rest.path}${checked}`.slice(0, 1024) || "/";
    return { ...rest, healthCheck: { path } };
  });
  const configuration = fc.record({
    tier: fc.constantFrom("development", "production"),
    services: fc.dictionary(service, settings, { minKeys: 1, maxKeys: 1 }),
    database: fc.record({ name: fc.oneof(fc.constant("d".repeat(63)), fc.stringMatching(/^[a-z][a-z0-9_]{2,40}$/)) }),
    monitoring: fc.record({ email: fc.constantFrom("a@example.com") }),
    tags: fc.dictionary(fc.stringMatching(/^[\w.:/=+@-]{1,128}$/), fc.stringMatching(/^[\w .:/=+@-]{0,256}$/), {
      maxKeys: 40,
    }),
  });

  it("are kept by every resource of whatever environment the schema lets through", async function () {
    this.timeout(60_000);
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(stack, configuration, async (name, given) => {
        if (!accepted(name, given)) return;
        checked += 1;
        assert.deepEqual(broken(await runEnvironment(name, given)), []);
      }),
      { numRuns: 8 },
    );
    assert.ok(checked >= 3, `only ${checked} of the configurations were ones the schema takes`);
  });

  it("are kept by a service that has all the variables and names it may have", async () => {
    const environment = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`G${"X".repeat(97)}${10 + index}`, "v".repeat(900)]),
    );
    const { web } = values().services;
    const given = { ...values(), services: { ["w".repeat(12)]: { ...web, environment } } };
    assert.deepEqual(broken(await runEnvironment("s".repeat(20), given)), []);
  });
});

function accepted(stack: string, given: Record<string, unknown>): boolean {
  try {
    environmentConfig(stack, given);
    return true;
  } catch {
    return false;
  }
}

describe("names that AWS would refuse", () => {
  const { web } = values().services;
  const cases: [string, string, Record<string, unknown>][] = [
    ["a load balancer's reserved beginning", "internal", {}],
    ["the same, followed by more", "internal-tools", {}],
    ["two dashes, in a database's identifier", "a--b", {}],
    ["a dash at the end", "a-", {}],
    ["a bucket's reserved beginnings", "sthree-x", {}],
    ["a bucket's other reserved beginning", "amzn-s3-demo-x", {}],
    ["a security group's reserved beginning", "sg-tools", {}],
    ["a security group's, by a service", "sandbox", { services: { sg: web } }],
    ["a bucket's punycode beginning", "xn--a", {}],
    ["a service whose repository would end in a dash", "sandbox", { services: { "a-": web } }],
    ["a service with two dashes", "sandbox", { services: { "a--b": web } }],
    ["a repository that ends in a dash", "sandbox", { services: { web: { ...web, repository: "web-" } } }],
    [
      "a service named as another's preview rule",
      "sandbox",
      { services: { web, "web-preview": { ...web, path: "/p", priority: 1 } } },
    ],
    [
      "a path longer than a condition's value",
      "sandbox",
      { services: { web: { ...web, path: `/${"p".repeat(127)}` } } },
    ],
    [
      "more variables than a task definition holds",
      "sandbox",
      { services: { web: { ...web, environment: { G: "x".repeat(40_000) } } } },
    ],
    ["a database called as the engine's own", "sandbox", { database: { name: "db" } }],
    ["a tag of AWS's", "sandbox", { tags: { "Aws:x": "1" } }],
    ["a tag of the platform's", "sandbox", { tags: { stack: "other" } }],
    [
      "more tags than a resource has",
      "sandbox",
      { tags: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`k${i}`, "v"])) },
    ],
  ];
  for (const [what, stack, change] of cases)
    it(`are refused by the schema first: ${what}`, () => {
      assert.throws(() => environmentConfig(stack, { ...values(), ...change }), { code: "invalid-config" });
    });

  it("are refused for a pipeline too", () => {
    for (const change of [
      { repositories: ["web-"] },
      { repositories: ["a--b"] },
      { pullAccounts: Array(101).fill("123456789012") },
    ])
      assert.throws(() => pipelineConfig("pipeline", change), { code: "invalid-config" });
  });
});
