import assert from "node:assert/strict";
import fc from "fast-check";
import { programTypes } from "../../../policies/program-types.ts";
import { runnerConfig } from "../../../programs/config.ts";
import { costDifference, type Estimate, estimate } from "../../../programs/cost/estimate.ts";
import { free, type Priced, quantities, serviceType } from "../../../programs/cost/quantities.ts";
import { runner } from "../../../programs/runner.ts";
import { runnerValues } from "../fixtures.ts";
import { digestOf, run } from "../mocks.ts";
import { environmentOf } from "../runs.ts";
import { assumptions, list } from "./fixtures.ts";

const one = (type: string, inputs: Record<string, unknown> = {}, name = "one"): Priced => ({ type, name, inputs });
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-6, `${actual} ${expected}`);
const sumOf = (resources: readonly Priced[]) => estimate(resources, list, assumptions).usd;

describe("what a month costs", () => {
  /** Each worked out by hand, from the prices and assumptions of the fixtures. */
  const cases: readonly [string, Priced, number][] = [
    // Half a vCPU and 1 GB, three tasks: 0.5 × 3 × 700 × 0.04 + 1 × 3 × 700 × 0.004
    ["a service on ARM", one(serviceType, { tasks: 3, cpu: 512, memory: 1024, architecture: "ARM64" }), 42 + 8.4],
    // 0.25 × 2 × 700 × 0.05 + 0.5 × 2 × 700 × 0.005
    ["a service on X86", one(serviceType, { tasks: 2, cpu: 256, memory: 512, architecture: "X86_64" }), 17.5 + 3.5],
    // The same, and 50,000 × 0.000004
    [
      "a service that is traced",
      one(serviceType, { tasks: 2, cpu: 256, memory: 512, architecture: "X86_64", traced: true }),
      21.2,
    ],
    // Task definitions have their sizes as texts.
    ["sizes as texts", one(serviceType, { tasks: 2, cpu: "256", memory: "512", architecture: "X86_64" }), 21],
    // 700 × 0.02 + 0.5 × 700 × 0.01 + 3 × 700 × 0.005 + 20 × 0.1
    ["a balancer in three zones", one("aws:lb/loadBalancer:LoadBalancer", { subnets: [1, 2, 3] }), 14 + 3.5 + 10.5 + 2],
    // Subnets not known before the first update: two addresses.
    ["a balancer that is to be made", one("aws:lb/loadBalancer:LoadBalancer", { subnets: "?" }), 14 + 3.5 + 7 + 2],
    // 700 × 0.05 + 10 × 0.05
    ["a NAT gateway", one("aws:ec2/natGateway:NatGateway"), 35.5],
    ["its address", one("aws:ec2/eip:Eip"), 3.5],
    // 700 × 0.02 + 20 × 0.1 + the master password's secret
    [
      "a database",
      one("aws:rds/instance:Instance", {
        ...{ instanceClass: "db.t4g.micro", allocatedStorage: 20, multiAz: false, manageMasterUserPassword: true },
      }),
      14 + 2 + 0.4,
    ],
    ["a secret", one("aws:secretsmanager/secret:Secret"), 0.4],
    ["a key", one("aws:kms/key:Key"), 1],
    ["a log group", one("aws:cloudwatch/logGroup:LogGroup"), 2 * 0.53],
    ["a bucket", one("aws:s3/bucket:Bucket"), 0.1],
    // Half a GB for 600 s
    ["a function", one("aws:lambda/function:Function", { memorySize: 512, architectures: ["arm64"] }), 0.003],
    // Half a GB for 100 s
    [
      "the runner's notifier",
      one("aws:lambda/function:Function", { memorySize: 512, architectures: ["arm64"] }, "runner-notifier"),
      0.0005,
    ],
    // 5 + 2 × 1 + 3,000,000 × 0.000001
    ["a web ACL", one("aws:wafv2/webAcl:WebAcl", { rules: [{}, {}] }), 5 + 2 + 3],
    ["a topic", one("aws:sns/topic:Topic"), 0.000_2],
    // 200 × 0.00002
    ["who is told of it by mail", one("aws:sns/topicSubscription:TopicSubscription", { protocol: "email" }), 0.004],
    ["a queue that is told of it", one("aws:sns/topicSubscription:TopicSubscription", { protocol: "sqs" }), 0],
    // 4,000 × 0.0002
    ["a domain of mail", one("aws:sesv2/emailIdentity:EmailIdentity"), 0.8],
    // 150 × 0.02
    ["a machine of builds", one("aws:codebuild/project:Project", { environment: { type: "LINUX_CONTAINER" } }), 3],
    // 150 × 0.01
    ["one on ARM", one("aws:codebuild/project:Project", { environment: { type: "ARM_CONTAINER" } }), 1.5],
    // 3,000 × 0.00003
    ["a state machine", one("aws:sfn/stateMachine:StateMachine"), 0.09],
    // 30 × 0.1 + 2,000,000 × 0.000002
    ["a CDN", one("aws:cloudfront/distribution:Distribution"), 3 + 4],
    ["a role", one("aws:iam/role:Role"), 0],
  ];
  for (const [what, resource, usd] of cases)
    it(`is right for ${what}: $${usd}`, () => {
      near(sumOf([resource]), usd);
    });

  it("tells the runner's notifier from migrations", () => {
    const of = (name: string) => one("aws:lambda/function:Function", { architectures: ["arm64"] }, name);
    const { components } = estimate([of("migrations"), of("runner-notifier")], list, assumptions);
    assert.deepEqual(components.map(({ component }) => component).sort(), ["migrations", "notifier"]);
  });

  it("names what has no price, and takes it for nothing known, not for nothing", () => {
    const large = one("aws:rds/instance:Instance", {
      instanceClass: "db.m7g.large",
      allocatedStorage: 0,
      multiAz: true,
    });
    const found = estimate([large, one("aws:cloudwatch/dashboard:Dashboard")], list, assumptions);
    assert.deepEqual(found.unpriced, ["dashboard-month", "rds/db.m7g.large/multi"]);
    for (const { lines } of found.components) for (const line of lines) assert.ok(!("usd" in line), line.price);
    assert.equal(found.usd, 0);
  });

  it("lists types nothing is known of", () => {
    const found = estimate([one("aws:eks/cluster:Cluster"), one("aws:iam/role:Role")], list, assumptions);
    assert.deepEqual(found.unknown, ["aws:eks/cluster:Cluster"]);
  });

  it("knows each type of an environment and of the runner as priced or free, but for those it lists", async () => {
    const { resources } = await environmentOf("production");
    const types = resources.types().filter((type) => type.startsWith("aws:"));
    const neither = types.filter((type) => !(type in quantities) && !free.has(type));
    // By metrics, by log bytes and by queries: nobody says how many.
    assert.deepEqual(neither, ["aws:ec2/flowLog:FlowLog", "aws:ecs/cluster:Cluster", "aws:route53/record:Record"]);
    const { resources: ofRunner } = await run("runner", {}, () =>
      runner(runnerConfig("runner", { ...runnerValues, notifierImage: digestOf("notifier"), builds: ["linux/arm64"] })),
    );
    const unknown = ofRunner
      .types()
      .filter((type) => type.startsWith("aws:") && !(type in quantities) && !free.has(type));
    // By what runs, by messages and by log bytes.
    assert.deepEqual(unknown, [
      "aws:batch/jobDefinition:JobDefinition",
      "aws:cloudwatch/eventRule:EventRule",
      "aws:ec2/flowLog:FlowLog",
      "aws:sqs/queue:Queue",
    ]);
    // Also of what a configuration asks for, such as a firewall; `cost` refuses the stacks that alone have the others.
    const notEstimated =
      /^(docker:|aws:(account|budgets|cloudtrail|dynamodb|ecr|ecrpublic|identitystore|organizations|ssoadmin)\/|aws:iam\/(openId|policy:))/;
    const left = programTypes.filter((type) => !(type in quantities) && !free.has(type) && !notEstimated.test(type));
    // A snapshot's copy is paid for by what is in it.
    assert.deepEqual(left, [...new Set([...neither, ...unknown, "aws:rds/snapshotCopy:SnapshotCopy"])].sort());
    for (const type of Object.keys(quantities)) {
      assert.ok(!free.has(type), type);
      assert.ok(type === serviceType || programTypes.includes(type), type);
    }
  });

  it("grows by what is added, in whatever order", () => {
    const any = fc.constantFrom(...cases.map(([, resource]) => resource));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), fc.array(any, { maxLength: 12 }), (some, more) => {
        near(sumOf([...more, ...some]), sumOf(some) + sumOf(more));
      }),
    );
  });
});

describe("the difference between two estimates", () => {
  const of = (...resources: readonly Priced[]): Estimate => estimate(resources, list, assumptions);
  const web = (tasks: number) => one(serviceType, { tasks, cpu: 1024, memory: 1024, architecture: "ARM64" }, "web");
  const nat = one("aws:ec2/natGateway:NatGateway");

  it("is by component, the largest first, and leaves out what stays", () => {
    const difference = costDifference(of(web(1), nat, one("aws:kms/key:Key")), of(web(3), one("aws:kms/key:Key")));
    assert.deepEqual(
      difference.components.map(({ component }) => component),
      ["service web", "network"],
    );
    // One task: 700 × 0.044 = 30.8
    near(difference.components[0]?.before ?? 0, 30.8);
    near(difference.components[0]?.after ?? 0, 92.4);
    near(difference.after - difference.before, 61.6 - 35.5);
  });

  it("is nothing between two that are the same, and the other way round between two that are swapped", () => {
    const resources = fc.array(fc.constantFrom(web(2), nat, one("aws:s3/bucket:Bucket"), one("aws:x/y:Z")));
    fc.assert(
      fc.property(resources, resources, (a, b) => {
        assert.deepEqual(costDifference(of(...a), of(...a)).components, []);
        const there = costDifference(of(...a), of(...b));
        const back = costDifference(of(...b), of(...a));
        near(there.after - there.before, back.before - back.after);
        assert.deepEqual(there.notIn, back.notIn);
        near(
          there.components.reduce((sum, { before, after }) => sum + after - before, 0),
          there.after - there.before,
        );
      }),
    );
  });

  it("names what it cannot put into figures", () => {
    const dashboard = one("aws:cloudwatch/dashboard:Dashboard");
    assert.deepEqual(costDifference(of(nat), of(nat, dashboard, one("aws:eks/cluster:Cluster"))).notIn, [
      "aws:eks/cluster:Cluster",
      "monitoring: dashboard-month",
    ]);
    assert.deepEqual(costDifference(of(dashboard), of(dashboard)).notIn, []);
  });
});
