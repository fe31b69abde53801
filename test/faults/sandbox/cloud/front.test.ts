import assert from "node:assert/strict";
import { CloudWatchClient, DescribeAlarmsCommand, ListMetricStreamsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { DescribePullThroughCacheRulesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DescribeClustersCommand, ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { CreateRoleCommand, GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { LambdaClient, ListFunctionUrlConfigsCommand } from "@aws-sdk/client-lambda";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { eventually, unique, useCloud } from "../../../support/cloud.ts";

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

describe("the cloud's front endpoint", () => {
  const cloud = useCloud();
  afterEach(() => cloud.clearFaults());

  describe("passing calls to moto", () => {
    it("carries bodies of every size both ways, untouched", async () => {
      const s3 = new S3Client(cloud.sdk());
      const Bucket = unique("bucket");
      await s3.send(new CreateBucketCommand({ Bucket }));
      const Body = Buffer.alloc(3_000_000, "switchyard ");
      await s3.send(new PutObjectCommand({ Bucket, Key: "a b/ä", Body }));
      const read = await s3.send(new GetObjectCommand({ Bucket, Key: "a b/ä" }));
      assert.ok(Buffer.from((await read.Body?.transformToByteArray()) ?? []).equals(Body));
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "a b/ä" }));
      assert.equal(head.ContentLength, Body.length);
    });

    it("counts calls by service and operation", async () => {
      const before = await cloud.calls();
      await new CloudWatchClient(cloud.sdk()).send(new DescribeAlarmsCommand({}));
      const after = await cloud.calls();
      assert.equal(after["monitoring:DescribeAlarms"], (before["monitoring:DescribeAlarms"] ?? 0) + 1);
    });

    it("keeps the accounts entered with AssumeRole apart, also for calls it answers itself", async () => {
      const RoleArn = "arn:aws:iam::222233334444:role/other";
      const { Credentials } = await new STSClient(cloud.sdk()).send(
        new AssumeRoleCommand({ RoleArn, RoleSessionName: "t" }),
      );
      const credentials = {
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      };
      const other = { ...cloud.sdk(), credentials };
      const identity = await new STSClient(other).send(new GetCallerIdentityCommand({}));
      assert.equal(identity.Account, "222233334444");
      const { DBInstances } = await new RDSClient(other).send(new DescribeDBInstancesCommand({}));
      assert.deepEqual(DBInstances, []);
    });
  });

  describe("an operation the sandbox lacks", () => {
    const lacks = (client: { send(command: never): Promise<unknown> }, command: object, name: string) =>
      assert.rejects(client.send(command as never), (error: Error & { $metadata: { attempts: number } }) => {
        assert.equal(error.name, "NotImplementedInSandbox");
        assert.equal(error.message, `the sandbox lacks ${name}`);
        assert.equal(error.$metadata.attempts, 1);
        return true;
      });
    const retrying = () => ({ ...cloud.sdk(), maxAttempts: 3 });

    it("is named in an error no SDK retries, whatever the protocol", async () => {
      await lacks(
        new ECRClient(retrying()),
        new DescribePullThroughCacheRulesCommand({}),
        "ecr:DescribePullThroughCacheRules",
      );
      const simulate = new SimulatePrincipalPolicyCommand({
        PolicySourceArn: "arn:aws:iam::1:role/r",
        ActionNames: ["s3:*"],
      });
      await lacks(new IAMClient(retrying()), simulate, "iam:SimulatePrincipalPolicy");
      const urls = new ListFunctionUrlConfigsCommand({ FunctionName: "f" });
      await lacks(new LambdaClient(retrying()), urls, "lambda:ListFunctionUrlConfigs");
      await lacks(new CloudWatchClient(retrying()), new ListMetricStreamsCommand({}), "monitoring:ListMetricStreams");
    });

    it("is told apart from a refusal by moto", async () => {
      const get = new IAMClient(cloud.sdk()).send(new GetRoleCommand({ RoleName: unique("none") }));
      await assert.rejects(get, { name: "NoSuchEntityException" });
    });
  });

  describe("conditional writes", () => {
    it("have one winner however many race", async () => {
      const dynamodb = new DynamoDBClient(cloud.sdk());
      const TableName = unique("table");
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          BillingMode: "PAY_PER_REQUEST",
          KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
          AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
        }),
      );
      const Key = { k: { S: "lease" } };
      const take = (version: number) =>
        dynamodb
          .send(
            new UpdateItemCommand({
              TableName,
              Key,
              UpdateExpression: "SET v = :next",
              ConditionExpression: version === 0 ? "attribute_not_exists(v)" : "v = :seen",
              ExpressionAttributeValues: {
                ":next": { N: `${version + 1}` },
                ...(version === 0 ? {} : { ":seen": { N: `${version}` } }),
              },
            }),
          )
          .then(() => 1)
          .catch((error: Error) => {
            if (error.name !== "ConditionalCheckFailedException") throw error;
            return 0;
          });
      for (let version = 0; version < 12; version += 1) {
        const winners = await Promise.all(Array.from({ length: 8 }, () => take(version)));
        assert.equal(
          winners.reduce<number>((sum, won) => sum + won, 0),
          1,
          `version ${version}`,
        );
      }
      const failing = { ConditionExpression: "v = :seen", ExpressionAttributeValues: { ":seen": { N: "1" } } };
      const items = [
        { ConditionCheck: { TableName, Key, ...failing } },
        { Put: { TableName, Item: { k: { S: "other" } } } },
      ];
      await assert.rejects(dynamodb.send(new TransactWriteItemsCommand({ TransactItems: items })), {
        name: "TransactionCanceledException",
      });
      const other = await dynamodb.send(new GetItemCommand({ TableName, Key: { k: { S: "other" } } }));
      assert.equal(other.Item, undefined);
    });
  });

  describe("faults", () => {
    const ecs = () => new ECSClient(cloud.sdk());

    it("throttle as AWS does, and the SDK's retries get through", async () => {
      await cloud.fault({ service: "ecs", operation: "ListClusters", nth: [1, 2], effect: "throttle" });
      const list = new ECSClient({ ...cloud.sdk(), maxAttempts: 3 }).send(new ListClustersCommand({}));
      assert.equal((await list).$metadata.attempts, 3);
      await cloud.fault({ service: "ecs", operation: "ListClusters", effect: "throttle" });
      await assert.rejects(ecs().send(new ListClustersCommand({})), {
        name: "ThrottlingException",
        message: "Rate exceeded",
      });
    });

    it("fail with the error that was asked for, in the caller's protocol", async () => {
      await cloud.fault({
        service: "rds",
        operation: "*",
        effect: "error",
        code: "InternalFailure",
        status: 503,
        message: "down",
      });
      await assert.rejects(new RDSClient(cloud.sdk()).send(new DescribeDBInstancesCommand({})), {
        name: "InternalFailure",
        message: "down",
      });
    });

    it("delay a call by real milliseconds", async () => {
      await cloud.fault({ service: "ecs", operation: "DescribeClusters", effect: { delay: 120 } });
      const startedAt = performance.now();
      await ecs().send(new DescribeClustersCommand({}));
      assert.ok(performance.now() - startedAt >= 115);
    });

    it("drop the answer after the effect", async () => {
      const iam = new IAMClient(cloud.sdk());
      const RoleName = unique("role");
      await cloud.fault({ service: "iam", operation: "CreateRole", nth: 1, effect: "drop-response-after-effect" });
      const create = new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust });
      await assert.rejects(iam.send(create), /socket hang up|ECONNRESET|other side closed/);
      assert.equal((await iam.send(new GetRoleCommand({ RoleName }))).Role?.RoleName, RoleName);
    });

    it("hang until the caller gives up", async () => {
      await cloud.fault({ service: "ecs", operation: "ListClusters", effect: "hang" });
      const abortSignal = AbortSignal.timeout(100);
      await assert.rejects(ecs().send(new ListClustersCommand({}), { abortSignal }), { name: /Abort|Timeout/ });
    });

    it("hold the answer back after the effect, and say which call they hit", async () => {
      const iam = new IAMClient(cloud.sdk());
      const RoleName = unique("role");
      const body = `RoleName=${RoleName}`;
      await cloud.fault({ service: "iam", operation: "CreateRole", body, nth: 1, effect: "hang-after-effect" });
      const create = new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust });
      const caller = new AbortController();
      const held = iam.send(create, { abortSignal: caller.signal });
      const [hit] = await eventually(async () => {
        const hits = (await cloud.faults())[0]?.hits ?? [];
        return hits.length > 0 ? hits : undefined;
      });
      assert.match(hit?.body ?? "", new RegExp(`^Action=CreateRole$.*^${body}$`, "ms"));
      caller.abort();
      await assert.rejects(held, { name: "AbortError" });
      assert.equal((await iam.send(new GetRoleCommand({ RoleName }))).Role?.RoleName, RoleName);
    });

    it("are refused with the field at fault", async () => {
      const bad = { service: "ecs", operation: "*", effect: "explode" } as never;
      await assert.rejects(cloud.fault(bad), /400 .*effect/s);
    });
  });

  it("answers an unknown path of its own with 404, and an unreadable request with an error that says so", async () => {
    assert.equal((await fetch(`${cloud.endpoint}/_switchyard/nothing`)).status, 404);
    const headers = {
      authorization:
        "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=0",
      "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.ListImages",
      "content-type": "application/x-amz-json-1.1",
    };
    const answer = await fetch(cloud.endpoint, { method: "POST", headers, body: "{" });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /SerializationException/);
  });

  it("keeps what it is told in its status", async () => {
    const status = await eventually(() => cloud.status());
    assert.equal(status["pace"], cloud.pace);
    assert.ok(Array.isArray(status["databases"]));
  });
});
