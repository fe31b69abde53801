import assert from "node:assert/strict";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Lambda } from "@aws-sdk/client-lambda";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { ServiceOutputs } from "../../../programs/components/service/outputs.ts";
import type { EnvironmentOutputs } from "../../../programs/environment.ts";
import type { ImagesOutputs } from "../../../programs/images.ts";
import { values } from "../../programs/fixtures.ts";
import { AppliedPrograms, planned, up } from "../../support/applied-programs.ts";
import { useCloud } from "../../support/cloud.ts";

/** The programs applied for real: engine, stand-in provider and AWS calls, without the driver. */
describe("the programs, applied in the sandbox", function () {
  this.timeout(180_000);
  const cloud = useCloud();
  let programs: AppliedPrograms;
  let environment: Stack;
  let pipeline: Stack;
  let outputs: EnvironmentOutputs;
  let pushed: ImagesOutputs["digests"];

  before(async () => {
    programs = await AppliedPrograms.begin(cloud);
    pipeline = await programs.open("pipeline", { tier: "development" });
    environment = await programs.open("sandbox", values());
    await pipeline.up();
    outputs = await up(environment);
  });

  after(() => programs.end());

  it("give an environment a way in that answers, before there is any image", async () => {
    const answer = await fetch(outputs.url);
    assert.equal(answer.status, 404, "no service takes a path before its first release");
    assert.deepEqual(Object.keys(service("web").blue), ["targetGroupArn"]);
  });

  it("plan nothing right after an up", async () => {
    assert.deepEqual(await planned(environment), []);
  });

  it("build and push the images of a tag, known by digest, and plan nothing after it", async () => {
    const images = await programs.open("images", { tag: "v1" });
    const { digests } = await up<ImagesOutputs>(images);
    for (const name of ["web", "api", "migrate"])
      assert.match(digests[name] ?? "", new RegExp(`/switchyard/${name}@sha256:[0-9a-f]{64}$`));
    assert.deepEqual(await planned(images), []);
    pushed = digests;
  });

  it("stage what the ledger names, and give both colours an empty service", async () => {
    const next = (name: string) => ({ next: { digest: pushed[name] ?? "", version: "v1" } });
    await programs.stage(pipeline, { services: { web: next("web"), api: next("api") }, migrate: next("migrate") });
    outputs = await up(environment);
    assert.equal(outputs.migrationImage, pushed["migrate"]);
    const { Configuration, Code } = await new Lambda(cloud.sdk()).getFunction({
      FunctionName: outputs.migrationFunctionName,
    });
    assert.equal(Configuration?.PackageType, "Image");
    assert.equal(Code?.ImageUri, pushed["migrate"]);
    assert.equal(service("web").staged?.version, "v1");
    const { services } = await new ECS(cloud.sdk()).describeServices({
      cluster: outputs.clusterName,
      services: [service("web").blue.serviceName ?? "", service("web").green.serviceName ?? ""],
    });
    assert.deepEqual(
      services?.map(({ desiredCount, taskDefinition }) => [desiredCount, taskDefinition]),
      [
        [0, service("web").staged?.taskDefinitionArn],
        [0, service("web").staged?.taskDefinitionArn],
      ],
    );
    assert.deepEqual(await planned(environment), []);
  });

  it("plan nothing whatever the driver did to weights, counts, bounds and task definitions", async () => {
    await driveToGreen();
    assert.deepEqual(await planned(environment), []);
    await environment.refresh();
    assert.deepEqual(await planned(environment), []);
    const { Rules } = await new ElasticLoadBalancingV2(cloud.sdk()).describeRules({
      RuleArns: [service("web").ruleArn],
    });
    assert.deepEqual(weights(Rules?.[0]?.Actions), [0, 100]);
  });

  it("stage a changed variable as a new revision, and leave what runs alone", async () => {
    const changed = values();
    changed.services["web"] = { ...changed.services["web"], environment: { GREETING: "good day" } };
    const again = await programs.open("sandbox", changed);
    assert.deepEqual(await planned(again), ["replace web"]);
    const before = service("web");
    outputs = await up(again);
    assert.notEqual(service("web").staged?.taskDefinitionArn, before.staged?.taskDefinitionArn);
    assert.notEqual(service("web").staged?.release, before.staged?.release);
    const ecs = new ECS(cloud.sdk());
    const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: before.staged?.taskDefinitionArn });
    assert.equal(taskDefinition?.status, "ACTIVE", "it may run, or be what a rollback goes back to");
  });

  it("leave nothing behind when they are destroyed", async () => {
    await environment.destroy();
    await pipeline.destroy();
    const [{ LoadBalancers }, { TableNames }, { Vpcs }] = await Promise.all([
      new ElasticLoadBalancingV2(cloud.sdk()).describeLoadBalancers({}),
      new DynamoDB(cloud.sdk()).listTables({}),
      new EC2(cloud.sdk()).describeVpcs({ Filters: [{ Name: "tag:managed-by", Values: ["switchyard"] }] }),
    ]);
    assert.deepEqual([LoadBalancers, TableNames, Vpcs], [[], [], []]);
  });

  function service(name: string): ServiceOutputs {
    const found = outputs.services[name];
    assert.ok(found);
    return found;
  }

  /** What a deploy leaves behind: green serves and runs, blue does not. */
  async function driveToGreen(): Promise<void> {
    const { ruleArn, previewRuleArn, blue, green } = service("web");
    const elb = new ElasticLoadBalancingV2(cloud.sdk());
    const forward = (blueWeight: number) => [
      {
        Type: "forward" as const,
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: blue.targetGroupArn, Weight: blueWeight },
            { TargetGroupArn: green.targetGroupArn, Weight: 100 - blueWeight },
          ],
        },
      },
    ];
    await elb.modifyRule({ RuleArn: ruleArn, Actions: forward(0) });
    await elb.modifyRule({ RuleArn: previewRuleArn, Actions: forward(100) });
    await new ApplicationAutoScaling(cloud.sdk()).registerScalableTarget({
      ServiceNamespace: "ecs",
      ScalableDimension: "ecs:service:DesiredCount",
      ResourceId: green.scalableTargetId,
      MinCapacity: 2,
      MaxCapacity: 7,
      SuspendedState: { DynamicScalingInSuspended: true },
    });
    const ecs = new ECS(cloud.sdk());
    const other = await ecs.registerTaskDefinition({
      family: "other",
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      requiresCompatibilities: ["FARGATE"],
      containerDefinitions: [{ name: "web", image: "none", essential: true, portMappings: [{ containerPort: 8080 }] }],
    });
    await ecs.updateService({
      cluster: outputs.clusterName,
      service: green.serviceName ?? "",
      desiredCount: 1,
      taskDefinition: other.taskDefinition?.taskDefinitionArn,
    });
  }
});

function weights(
  actions:
    | readonly { ForwardConfig?: { TargetGroups?: { Weight?: number | undefined }[] | undefined } | undefined }[]
    | undefined,
) {
  return actions?.[0]?.ForwardConfig?.TargetGroups?.map(({ Weight }) => Weight);
}
