import assert from "node:assert/strict";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECR } from "@aws-sdk/client-ecr";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { RDS } from "@aws-sdk/client-rds";
import { S3 } from "@aws-sdk/client-s3";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { cloudStatus, loadStory, type Stage } from "@switchyard/sandbox";
import { type PipelineSandbox, startPipeline } from "../support/release/pipeline.ts";
import { assertReplayedIn } from "../support/release/replayed.ts";

const story = await loadStory();
const { observe } = story;

describe("releases back and forth", function () {
  this.timeout(600_000);
  let sandbox: PipelineSandbox | undefined;
  let dir: string;
  let stage: Stage;
  let output = "";

  before(async () => {
    sandbox = await startPipeline({
      name: "releases",
      rate: 100,
      write: (text) => {
        output += text;
      },
    });
    ({ dir, stage } = sandbox);
    await stage.push("v1");
    await stage.push("v2");
    await stage.release(["deploy", "sandbox", "--tag", "v1"], { version: "v1", outcome: "succeeded" });
  });

  after(async () => {
    await sandbox?.end();
  });

  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(output);
    output = "";
  });

  it("loses no request in ten of them under load", async () => {
    const { url } = await observe();
    stage.startLoad(url);
    const flags = ["--strategy", "all-at-once"];
    for (let i = 0; i < 5; i++) {
      await stage.release(["deploy", "sandbox", "--tag", "v2", ...flags], { version: "v2", outcome: "succeeded" });
      await stage.release(["rollback", "sandbox"], { version: "v1", outcome: "succeeded" });
    }
    const load = await stage.stopLoad(5_000, 60_000);
    assert.equal(load.failed, 0, JSON.stringify(load.failures));
    assert.ok(load.requests >= 5_000);
  });

  it("goes back to a version over a service that was not there yet: that stays as it is", async () => {
    const docs = { path: "/healthz", priority: 50, repository: "web", "healthCheck.path": "/healthz", desiredCount: 1 };
    const given = Object.entries(docs).flatMap(([key, value]) => ["--config", `services.docs.${key}=${value}`]);
    await stage.run(["up", "sandbox", ...given, "--config", 'services.web.checks=[{"path":"/"}]']);
    stage.startLoad((await observe()).url);
    const flags = ["--strategy", "all-at-once"];
    await stage.release(["deploy", "sandbox", "--tag", "v2", ...flags], { version: "v2", outcome: "succeeded" });
    output = "";
    await stage.release(["rollback", "sandbox", "--to", "v1"], { version: "v1", outcome: "succeeded" });
    assert.match(output, /v1 serves 100% of (api and web|web and api) in sandbox/);
    assert.match(output, /docs stays v2: v1 was released without it/);
    const status = await stage.run(["status", "sandbox"]);
    for (const serves of [/^web +\w+ +v1 +live/m, /^api +\w+ +v1 +live/m, /^docs +\w+ +v2 +live/m])
      assert.match(status.output, serves);
    const load = await stage.stopLoad(0, 0);
    assert.equal(load.failed, 0, JSON.stringify(load.failures));
  });

  it("decides each of them again from its journal", () => assertReplayedIn(dir, "sandbox"));

  it("plans nothing right after an up", async () => {
    await stage.run(["up", "sandbox"]);
    const { output: second } = await stage.run(["up", "sandbox"]);
    assert.match(second, /sandbox: \d+ unchanged in/);
  });

  it("leaves nothing in the account after destroy", async () => {
    for (const name of ["sandbox", "images", "pipeline"]) await stage.run(["destroy", name, "--yes"]);
    const status = await cloudStatus(dir);
    assert.ok(status.running);
    // A deleted ECS service can be described for a while, as INACTIVE.
    assert.deepEqual(
      (status["services"] as { status: string }[]).filter((s) => s.status !== "INACTIVE"),
      [],
    );
    assert.deepEqual(status["databases"], []);
    assert.deepEqual(status["loadBalancers"], []);
    assert.deepEqual(await leftInAccount(), []);
  });
});

/** Names of what is still there, of every kind the stacks make that can be deleted at once. */
async function leftInAccount(): Promise<readonly string[]> {
  const ec2 = new EC2({});
  const elb = new ElasticLoadBalancingV2({});
  const kinds: Readonly<Record<string, () => Promise<readonly (string | undefined)[]>>> = {
    vpc: async () => (await ec2.describeVpcs({})).Vpcs?.filter((v) => !v.IsDefault).map((v) => v.VpcId) ?? [],
    nat: async () =>
      (await ec2.describeNatGateways({})).NatGateways?.filter((n) => n.State !== "deleted").map(
        (n) => n.NatGatewayId,
      ) ?? [],
    address: async () => (await ec2.describeAddresses({})).Addresses?.map((a) => a.PublicIp) ?? [],
    balancer: async () => (await elb.describeLoadBalancers({})).LoadBalancers?.map((b) => b.LoadBalancerName) ?? [],
    group: async () => (await elb.describeTargetGroups({})).TargetGroups?.map((g) => g.TargetGroupName) ?? [],
    table: async () => (await new DynamoDB({}).listTables({})).TableNames ?? [],
    repository: async () =>
      (await new ECR({}).describeRepositories({})).repositories?.map((r) => r.repositoryName) ?? [],
    database: async () =>
      (await new RDS({}).describeDBInstances({})).DBInstances?.map((d) => d.DBInstanceIdentifier) ?? [],
    function: async () => (await new Lambda({}).listFunctions({})).Functions?.map((f) => f.FunctionName) ?? [],
    secret: async () => (await new SecretsManager({}).listSecrets({})).SecretList?.map((x) => x.Name) ?? [],
    bucket: async () => (await new S3({}).listBuckets({})).Buckets?.map((b) => b.Name) ?? [],
    role: async () => (await new IAM({}).listRoles({})).Roles?.map((r) => r.RoleName) ?? [],
    alarm: async () => (await new CloudWatch({}).describeAlarms({})).MetricAlarms?.map((a) => a.AlarmName) ?? [],
    scaling: async () =>
      (await new ApplicationAutoScaling({}).describeScalableTargets({ ServiceNamespace: "ecs" })).ScalableTargets?.map(
        (t) => t.ResourceId,
      ) ?? [],
  };
  const found = await Promise.all(
    Object.entries(kinds).map(async ([kind, list]) => (await list()).map((name) => `${kind} ${name}`)),
  );
  return found.flat();
}
