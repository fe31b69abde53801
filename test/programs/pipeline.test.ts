import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { silenceMs } from "../../automation/previews/decide.ts";
import { sweepMetric } from "../../programs/components/pipeline/sweep-metric.ts";
import { pipelineConfig } from "../../programs/config.ts";
import { pipeline } from "../../programs/pipeline.ts";
import { run } from "./mocks.ts";
import { statements } from "./runs.ts";

const repository = "aws:ecr/repository:Repository";

describe("pipeline program", () => {
  const runPipeline = (change: Record<string, unknown> = {}) =>
    run("pipeline", {}, () => pipeline(pipelineConfig("pipeline", change)));

  it("answers where images and the ledger are", async () => {
    const { outputs } = await runPipeline();
    const url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/switchyard";
    assert.deepEqual(outputs, {
      repositoryUrls: { base: `${url}/base`, web: `${url}/web`, api: `${url}/api`, migrate: `${url}/migrate` },
      ledgerTableName: "switchyard-ledger",
      ledgerTableArn: "arn:aws:dynamodb:us-east-1:123456789012:pipeline-ledger",
      stateKeyArn: "arn:aws:kms:us-east-1:123456789012:pipeline-state",
      imageKeyArn: "arn:aws:kms:us-east-1:123456789012:pipeline-images",
      workloadBoundaryArn: "arn:aws:iam:us-east-1:123456789012:switchyard-workload",
    });
  });

  it("has repositories whose tags never move, scanned and encrypted with its own key", async () => {
    const { resources } = await runPipeline();
    assert.equal(resources.all(repository).length, 4);
    for (const { inputs } of resources.all(repository)) {
      assert.equal(inputs["imageTagMutability"], "IMMUTABLE");
      assert.deepEqual(inputs["imageScanningConfiguration"], { scanOnPush: true });
      assert.deepEqual(inputs["encryptionConfigurations"], [
        { encryptionType: "KMS", kmsKey: "arn:aws:kms:us-east-1:123456789012:pipeline-images" },
      ]);
    }
  });

  it("has an alarm of silence where somebody is to hear of it, and else none", async () => {
    const alarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
    assert.deepEqual((await runPipeline()).resources.all(alarm), []);
    const topic = "arn:aws:sns:us-east-1:210987654321:oncall";
    const { inputs } = (await runPipeline({ sweepAlarmTopic: topic })).resources.one(alarm, "pipeline-preview-sweep");
    assert.deepEqual(inputs["alarmActions"], [topic]);
    const github = { repository: "acme/platform", stacks: ["production"] };
    const ours = (await runPipeline({ sweepAlarmTopic: topic, github })).resources.one(alarm, "pipeline-preview-sweep");
    for (const [{ alarmDescription }, repository] of [
      [inputs, "example/switchyard"],
      [ours.inputs, "acme/platform"],
    ] as const) {
      const [, where, page] =
        /What to do: https:\/\/github\.com\/(\S+)\/blob\/main\/(\S+)$/.exec(`${alarmDescription}`) ?? [];
      assert.equal(where, repository);
      assert.ok(existsSync(new URL(`../../${page}`, import.meta.url)), page);
    }
    assert.equal(inputs["treatMissingData"], "breaching");
    const { period, evaluationPeriods } = inputs as { period: number; evaluationPeriods: number };
    assert.equal(period * evaluationPeriods * 1000, silenceMs);
    assert.deepEqual([inputs["namespace"], inputs["metricName"]], [sweepMetric.namespace, sweepMetric.name]);
    await assert.rejects(async () => runPipeline({ sweepAlarmTopic: "oncall" }), /sweepAlarmTopic/);
  });

  it("keeps as many images as it is told", async () => {
    const { resources } = await runPipeline({ keepImages: "25" });
    const { rules } = JSON.parse(
      String(resources.one("aws:ecr/lifecyclePolicy:LifecyclePolicy", "web").inputs["policy"]),
    );
    assert.deepEqual(
      rules.map(({ selection }: { selection: { countNumber: number } }) => selection.countNumber),
      [1, 25],
    );
  });

  it("lets Lambda pull the migration image, and other accounts what they are let", async () => {
    const alone = await runPipeline();
    const policies = alone.resources.all("aws:ecr/repositoryPolicy:RepositoryPolicy");
    assert.deepEqual(
      policies.map(({ name }) => name),
      ["migrate"],
    );
    const shared = await runPipeline({ pullAccounts: ["210987654321"] });
    const [web] = statements(shared.resources.one("aws:ecr/repositoryPolicy:RepositoryPolicy", "web").inputs["policy"]);
    assert.deepEqual(web?.Principal, { AWS: ["arn:aws:iam::210987654321:root"] });
    assert.ok(![web?.Action].flat().some((action) => /Put|Upload|Delete/.test(action ?? "")));
  });

  it("has a ledger by stack and item, recoverable to any second", async () => {
    const { inputs } = (await runPipeline()).resources.one("aws:dynamodb/table:Table");
    assert.deepEqual([inputs["hashKey"], inputs["rangeKey"]], ["stack", "item"]);
    assert.deepEqual(inputs["attributes"], [
      { name: "stack", type: "S" },
      { name: "item", type: "S" },
    ]);
    assert.deepEqual(inputs["pointInTimeRecovery"], { enabled: true });
    assert.deepEqual(inputs["serverSideEncryption"], {
      enabled: true,
      kmsKeyArn: "arn:aws:kms:us-east-1:123456789012:pipeline-state",
    });
  });

  it("is protected unless it is told to be of the development tier", async () => {
    const stateful = [repository, "aws:dynamodb/table:Table", "aws:kms/key:Key"];
    for (const [change, protect] of [
      [{}, true],
      [{ tier: "development" }, false],
    ] as const) {
      const { resources } = await runPipeline(change);
      for (const type of stateful) for (const each of resources.all(type)) assert.equal(each.protect, protect);
      assert.equal(resources.one("aws:dynamodb/table:Table").inputs["deletionProtectionEnabled"], protect);
      assert.equal(resources.one(repository, "web").inputs["forceDelete"], !protect);
    }
  });
});
