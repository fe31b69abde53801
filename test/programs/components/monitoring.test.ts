import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dashboardBody } from "../../../programs/components/monitoring/dashboard-body.ts";
import { alarmKinds } from "../../../programs/components/monitoring/thresholds.ts";
import { environmentOf, runEnvironment, statements } from "../runs.ts";

const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
const composite = "aws:cloudwatch/compositeAlarm:CompositeAlarm";
const runbooks = new URL("../../../docs/runbooks/", import.meta.url);

describe("alarms", () => {
  it("watch errors, latency and health of each colour, and the load balancer's own errors", async () => {
    const { resources, outputs } = await environmentOf("development");
    const expected = ["web", "api"].flatMap((service) =>
      ["blue", "green"].flatMap((colour) =>
        ["errors", "latency", "unhealthy"].map((what) => `development-${service}-${colour}-${what}`),
      ),
    );
    assert.deepEqual([...outputs.alarmNames], ["development-balancer-errors", ...expected]);
    const others = ["database-cpu", "database-storage", "migration-errors"].map((what) => `development-${what}`);
    const names = resources.all(alarm).map(({ inputs }) => inputs["name"]);
    assert.deepEqual(new Set(names), new Set([...outputs.alarmNames, ...others]));
  });

  it("name the group and balancer they watch, and stay quiet about an idle colour", async () => {
    const { inputs } = (await environmentOf("development")).resources.one(alarm, "web-green-errors");
    assert.deepEqual(inputs["dimensions"], {
      LoadBalancer: "app/development/1",
      TargetGroup: "targetgroup/web-green/1",
    });
    assert.equal(inputs["treatMissingData"], "notBreaching");
    assert.equal(inputs["metricName"], "HTTPCode_Target_5XX_Count");
    assert.equal(inputs["threshold"], 5);
  });

  it("have the thresholds they are told", async () => {
    const { resources } = await runEnvironment({ monitoring: { errorsPerMinute: 9, latencyMs: 250 } });
    const unhealthy = resources.one(alarm, "api-blue-unhealthy").inputs;
    assert.equal(unhealthy["threshold"], 1);
    assert.match(String(unhealthy["alarmDescription"]), /^A target fails its health checks, two minutes running\. /);
    assert.equal(resources.one(alarm, "api-blue-errors").inputs["threshold"], 9);
    const latency = resources.one(alarm, "api-blue-latency").inputs;
    assert.deepEqual([latency["threshold"], latency["extendedStatistic"]], [0.25, "p99"]);
  });

  it("have the thresholds of the service where it names some", async () => {
    const { resources } = await runEnvironment({
      monitoring: {
        errorsPerMinute: 9,
        latencyMs: 250,
        unhealthyTargets: 2,
        databaseCpuPercent: 70,
        databaseFreeGb: 5,
      },
      services: {
        web: {
          path: "/",
          priority: 900,
          healthCheck: { path: "/" },
          desiredCount: 4,
          alarms: { latencyMs: 3000, unhealthyTargets: 4 },
        },
        api: { path: "/api", priority: 100, healthCheck: { path: "/api" } },
      },
    });
    const threshold = (name: string) => resources.one(alarm, name).inputs["threshold"];
    assert.deepEqual([threshold("web-blue-latency"), threshold("api-blue-latency")], [3, 0.25]);
    assert.deepEqual([threshold("web-green-errors"), threshold("api-green-errors")], [9, 9]);
    assert.deepEqual([threshold("web-blue-unhealthy"), threshold("api-green-unhealthy")], [4, 2]);
    assert.match(
      String(resources.one(alarm, "web-blue-unhealthy").inputs["alarmDescription"]),
      /^4 targets or more fail /,
    );
    assert.deepEqual([threshold("database-cpu"), threshold("database-storage")], [70, 5 * 1024 ** 3]);
  });

  it("tell of a service once: its own alarm fires while any of them does, and only it says so", async () => {
    const { resources } = await environmentOf("production");
    const { inputs } = resources.one(composite, "web-service");
    const named = [...String(inputs["alarmRule"]).matchAll(/ALARM\("([^"]+)"\)/g)].map(([, name]) => name);
    const own = resources.all(alarm).filter(({ name }) => name.startsWith("web-"));
    assert.deepEqual(
      named,
      own.map(({ inputs }) => inputs["name"]),
    );
    assert.equal((inputs["alarmActions"] as string[]).length, 1);
    for (const { inputs } of own) assert.deepEqual([inputs["alarmActions"], inputs["okActions"]], [[], []]);
  });

  it("each lead to a page that says what it means, where to look and what to do; and no page is of none", async () => {
    const { resources } = await environmentOf("production");
    const linked = new Set<string>();
    for (const { inputs } of [...resources.all(alarm), ...resources.all(composite)]) {
      const page = /https:\/\/\S+\/docs\/runbooks\/(\S+)$/.exec(String(inputs["alarmDescription"]))?.[1] ?? "";
      const text = readFileSync(new URL(page, runbooks), "utf8");
      for (const part of ["## What it means", "## Look here", "## Do this"]) assert.ok(text.includes(part), page);
      linked.add(page);
    }
    // The pipeline has the other one (test/programs/pipeline.test.ts).
    const pages = readdirSync(runbooks).filter((page) => page !== "preview-sweep.md");
    assert.deepEqual([...linked].sort(), pages.sort());
    assert.deepEqual([...linked].sort(), alarmKinds.map((kind) => `${kind}.md`).sort());
  });

  it("tell nobody without an e-mail address", async () => {
    const { resources } = await environmentOf("development");
    assert.deepEqual(resources.all("aws:sns/topic:Topic"), []);
    assert.deepEqual(resources.one(composite, "web-service").inputs["alarmActions"], []);
  });

  it("tell the e-mail address over an encrypted topic CloudWatch may use", async () => {
    const { resources } = await environmentOf("production");
    const { inputs } = resources.one("aws:sns/topicSubscription:TopicSubscription");
    assert.deepEqual([inputs["protocol"], inputs["endpoint"]], ["email", "oncall@example.com"]);
    assert.ok(resources.one("aws:sns/topic:Topic", "production").inputs["kmsMasterKeyId"]);
    assert.equal((resources.one(alarm, "balancer-errors").inputs["alarmActions"] as string[]).length, 1);
    const key = statements(resources.one("aws:kms/key:Key").inputs["policy"]);
    assert.ok(key.some(({ Principal }) => JSON.stringify(Principal).includes("cloudwatch.amazonaws.com")));
  });

  it("tell a Slack channel by the address it has, with or without a person's", async () => {
    const slack = "oncall-aaaa@example.slack.com";
    const { resources } = await runEnvironment({ monitoring: { slack } });
    const { inputs } = resources.one("aws:sns/topicSubscription:TopicSubscription");
    assert.deepEqual([inputs["protocol"], inputs["endpoint"]], ["email", slack]);
    const both = await runEnvironment({ monitoring: { slack, email: "oncall@example.com" } });
    assert.equal(both.resources.all("aws:sns/topicSubscription:TopicSubscription").length, 2);
    assert.equal(both.resources.all("aws:sns/topic:Topic").length, 1);
  });
});

describe("the dashboard", () => {
  const side = (colour: "blue" | "green", serviceName?: string) => ({
    colour,
    targetGroup: `targetgroup/${colour}/1`,
    serviceName,
  });
  const parts = {
    region: "eu-west-1",
    balancer: "app/one/1",
    clusterName: "cluster",
    databaseIdentifier: "database",
    migrationFunctionName: "one-migrate",
    releases: [],
    alarmArns: ["arn:a"],
    services: { web: { latencyMs: 800, colours: [side("blue", "web-blue"), side("green", "web-green")] } },
  };
  interface Widget {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly properties: { readonly title: string; readonly metrics?: unknown[][]; readonly [key: string]: unknown };
  }
  const widgets = (of: Parameters<typeof dashboardBody>[0]) =>
    (JSON.parse(dashboardBody(of)) as { widgets: Widget[] }).widgets;
  const titled = (all: readonly Widget[], title: RegExp) => all.find(({ properties }) => title.test(properties.title));

  it("shows each colour's requests, errors, latency and load, the database's and the migrations'", () => {
    const all = widgets(parts);
    const of = (title: RegExp) => titled(all, title)?.properties.metrics?.map((metric) => [metric[1], metric.at(-1)]);
    assert.deepEqual(
      of(/^web: requests/)?.map(([name, options]) => [name, (options as { label: string }).label]),
      [
        ["RequestCount", "blue"],
        ["RequestCount", "green"],
      ],
    );
    assert.equal(of(/^web: seconds/)?.length, 4);
    assert.equal(of(/^web: percent/)?.length, 4);
    assert.deepEqual(titled(all, /^web: seconds/)?.properties["annotations"], {
      horizontal: [{ label: "alarm at p99", value: 0.8 }],
    });
    for (const title of [/^web: 5xx/, /^Database: percent/, /^Database: bytes/, /^Migrations/]) assert.ok(of(title));
    assert.deepEqual(titled(all, /^Alarms$/)?.properties["alarms"], ["arn:a"]);
    for (const { properties } of all.slice(1)) assert.equal(properties["region"], "eu-west-1");
  });

  it("marks where releases began, on the graphs of services alone", () => {
    const releases = [
      { version: "v7", at: "2026-01-05T09:00:00.000Z" },
      { version: "v8, v9", at: "2026-01-06T09:00:00.000Z" },
    ];
    const all = widgets({ ...parts, releases });
    const vertical = [
      { label: "v7", value: "2026-01-05T09:00:00.000Z" },
      { label: "v8, v9", value: "2026-01-06T09:00:00.000Z" },
    ];
    const horizontal = [{ label: "alarm at p99", value: 0.8 }];
    const annotations = (title: RegExp) => titled(all, title)?.properties["annotations"];
    for (const title of [/^web: requests/, /^web: 5xx/, /^web: percent/])
      assert.deepEqual(annotations(title), { vertical });
    assert.deepEqual(annotations(/^web: seconds/), { horizontal, vertical });
    for (const title of [/^Database: percent/, /^Migrations/]) assert.equal(annotations(title), undefined);
  });

  it("has no two widgets in one place, and none beyond its edge, however many services there are", () => {
    const service = parts.services.web;
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgets({ ...parts, services: { a: service, b: service, c: service } })) {
      assert.ok(x + width <= 24);
      for (let column = x; column < x + width; column++)
        for (let line = y; line < y + height; line++) {
          assert.ok(!taken.has(`${column} ${line}`), `${column} ${line}`);
          taken.add(`${column} ${line}`);
        }
    }
  });

  it("leaves tasks out before the first image is staged", () => {
    const all = widgets({ ...parts, services: { web: { latencyMs: 1, colours: [side("blue"), side("green")] } } });
    assert.equal(titled(all, /^web: percent/), undefined);
    assert.ok(titled(all, /^web: requests/));
  });

  it("is made of what the program makes, with queries over its logs", async () => {
    const { resources } = await environmentOf("development");
    const { inputs } = resources.one("aws:cloudwatch/dashboard:Dashboard");
    assert.equal(inputs["dashboardName"], "development");
    const body = String(inputs["dashboardBody"]);
    for (const part of [/"targetgroup\/web-green\/1"/, /"DBInstanceIdentifier","development"/])
      assert.match(body, part);
    const queries = resources.all("aws:cloudwatch/queryDefinition:QueryDefinition");
    assert.deepEqual(
      queries.map(({ inputs }) => inputs["name"]).sort(),
      ["errors", "errors-by-version", "migrations"].map((name) => `development/${name}`),
    );
    for (const { inputs } of queries) assert.ok((inputs["logGroupNames"] as string[]).length > 0);
  });

  it("stands beside Container Insights as configured", async () => {
    const settings = async (monitoring: object) =>
      (await runEnvironment({ monitoring })).resources.one("aws:ecs/cluster:Cluster").inputs["settings"];
    assert.deepEqual(await settings({ containerInsights: "enhanced" }), [
      { name: "containerInsights", value: "enhanced" },
    ]);
    assert.deepEqual(await settings({}), [{ name: "containerInsights", value: "enabled" }]);
  });
});
