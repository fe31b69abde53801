import assert from "node:assert/strict";
import { actionsOf } from "@switchyard/iam/actions.ts";
import { actionsOfCall, passedRoles } from "../../../../sandbox/cloud/access/actions.ts";
import { partsOfTable } from "../../../../sandbox/cloud/access/dynamodb.ts";
import { resourcesOf } from "../../../../sandbox/cloud/access/resources.ts";
import { type Members, membersOfJson } from "../../../../sandbox/cloud/limits/limit.ts";

const where = { account: "123456789012", region: "us-east-1" };

function resources(name: string, input: object): readonly string[] {
  const action = actionsOf(name.split(":")[0] ?? "").find((one) => one.name === name);
  assert.ok(action, name);
  return resourcesOf(action, membersOfJson(input), where);
}

const listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/production-1/a/b";

describe("the resources a call is on", () => {
  const rows: readonly (readonly [action: string, input: object, expected: readonly string[]])[] = [
    ["ecs:UpdateService", { cluster: "c", service: "web" }, ["arn:aws:ecs:us-east-1:123456789012:service/c/web"]],
    [
      "ecs:DescribeServices",
      { cluster: "arn:aws:ecs:us-east-1:123456789012:cluster/c", services: ["web", "api"] },
      ["arn:aws:ecs:us-east-1:123456789012:service/c/web", "arn:aws:ecs:us-east-1:123456789012:service/c/api"],
    ],
    ["ecs:DeregisterTaskDefinition", { taskDefinition: "web:1" }, ["*"]],
    [
      "elasticloadbalancing:CreateRule",
      {
        ListenerArn: listener,
        Actions: [{ TargetGroupArn: "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b" }],
      },
      [listener],
    ],
    [
      "elasticloadbalancing:CreateLoadBalancer",
      { Name: "production-1", Type: "application" },
      ["arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/production-1/*"],
    ],
    [
      "kms:CreateAlias",
      { AliasName: "alias/switchyard/production", TargetKeyId: "abc" },
      ["arn:aws:kms:us-east-1:123456789012:alias/switchyard/production", "arn:aws:kms:us-east-1:123456789012:key/abc"],
    ],
    [
      "codebuild:BatchGetProjects",
      { names: ["switchyard-images-arm64"] },
      ["arn:aws:codebuild:us-east-1:123456789012:project/switchyard-images-arm64"],
    ],
    [
      "codebuild:BatchGetBuilds",
      { ids: ["switchyard-images-arm64:0f6b"] },
      ["arn:aws:codebuild:us-east-1:123456789012:project/switchyard-images-arm64"],
    ],
    ["s3:PutObject", { Bucket: "state", Key: ".pulumi/x.json" }, ["arn:aws:s3:::state/.pulumi/x.json"]],
    [
      "secretsmanager:CreateSecret",
      { Name: "switchyard/production/web" },
      ["arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/production/web"],
    ],
    [
      "ec2:CreateSubnet",
      { VpcId: "vpc-1" },
      ["arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1", "arn:aws:ec2:us-east-1:123456789012:subnet/*"],
    ],
    ["ec2:DescribeVpcs", {}, ["*"]],
    [
      "wafv2:CreateWebACL",
      { Name: "production-1", Scope: "REGIONAL", Rules: [{ Statement: { ManagedRuleGroupStatement: { Name: "n" } } }] },
      [
        "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/production-1/*",
        "arn:aws:wafv2:us-east-1:123456789012:regional/managedruleset/*/*",
      ],
    ],
    [
      "wafv2:DeleteWebACL",
      { Name: "production-1", Scope: "REGIONAL", Id: "a" },
      ["arn:aws:wafv2:us-east-1:123456789012:regional/webacl/production-1/a"],
    ],
    ["cloudfront:CreateDistribution", {}, ["*"]],
    ["cloudfront:TagResource", {}, ["arn:aws:cloudfront::123456789012:distribution/*"]],
    [
      "cloudfront:UntagResource",
      { Resource: "arn:aws:cloudfront::123456789012:distribution/E1" },
      ["arn:aws:cloudfront::123456789012:distribution/E1"],
    ],
    ["cloudfront:DeleteDistribution", { Id: "E1" }, ["arn:aws:cloudfront::123456789012:distribution/E1"]],
    [
      "cloudfront:UpdateOriginAccessControl",
      { Id: "E2" },
      ["arn:aws:cloudfront::123456789012:origin-access-control/E2"],
    ],
    [
      "logs:PutDeliverySource",
      {
        name: "production-files",
        resourceArn: "arn:aws:cloudfront::123456789012:distribution/E1",
        logType: "ACCESS_LOGS",
      },
      ["arn:aws:logs:us-east-1:123456789012:delivery-source:production-files"],
    ],
    [
      "cloudfront:AllowVendedLogDeliveryForResource",
      {
        name: "production-files",
        resourceArn: "arn:aws:cloudfront::123456789012:distribution/E1",
        logType: "ACCESS_LOGS",
      },
      ["arn:aws:cloudfront::123456789012:distribution/E1"],
    ],
    [
      "logs:CreateDelivery",
      { deliverySourceName: "a", deliveryDestinationArn: "arn:aws:logs:us-east-1:123456789012:delivery-destination:a" },
      ["delivery-destination:a", "delivery-source:a", "delivery:*"].map(
        (one) => `arn:aws:logs:us-east-1:123456789012:${one}`,
      ),
    ],
    [
      "logs:TagResource",
      { deliverySourceName: "a", deliveryDestinationArn: "arn:aws:logs:us-east-1:123456789012:delivery-destination:a" },
      ["arn:aws:logs:us-east-1:123456789012:delivery:*"],
    ],
    ["logs:GetDelivery", { id: "a1" }, ["arn:aws:logs:us-east-1:123456789012:delivery:a1"]],
    [
      "rds:CreateDBInstance",
      { DBInstanceIdentifier: "production-1", DBSubnetGroupName: "production-2" },
      ["arn:aws:rds:us-east-1:123456789012:db:production-1", "arn:aws:rds:us-east-1:123456789012:subgrp:production-2"],
    ],
  ];
  for (const [action, input, expected] of rows)
    it(action, () => assert.deepEqual([...resources(action, input)].sort(), [...expected].sort()));
});

describe("the actions a call needs", () => {
  const actions = (service: string, operation: string, members: Members = []) =>
    actionsOfCall(service, operation, members);
  it("are named as IAM names them, where that is not as the API does", () => {
    assert.deepEqual(actions("monitoring", "PutMetricAlarm"), ["cloudwatch:PutMetricAlarm"]);
    assert.deepEqual(actions("s3", "ListObjectsV2"), ["s3:ListBucket"]);
    assert.deepEqual(actions("lambda", "Invoke"), ["lambda:InvokeFunction"]);
    assert.deepEqual(actions("sts", "GetCallerIdentity"), []);
    assert.deepEqual(actions("s3", "PutBucketCors"), ["s3:PutBucketCORS"]);
    assert.deepEqual(actions("cloudfront", "CreateDistributionWithTags"), [
      "cloudfront:CreateDistribution",
      "cloudfront:TagResource",
    ]);
  });
  it("include tagging what is made", () => {
    const tagged: Members = [["tags.0.key", "stack"]];
    assert.deepEqual(actions("ecs", "CreateService", tagged), ["ecs:CreateService", "ecs:TagResource"]);
    assert.deepEqual(actions("iam", "CreateRole", [["Tags.1.Key", "stack"]]), ["iam:CreateRole", "iam:TagRole"]);
    assert.deepEqual(actions("ecs", "UpdateService", tagged), ["ecs:UpdateService"]);
  });
  it("include passing a role to the service that takes it", () => {
    assert.deepEqual(
      passedRoles("ecs", "RegisterTaskDefinition", [
        ["taskRoleArn", "arn:r"],
        ["family", "web"],
      ]),
      [{ roleArn: "arn:r", service: "ecs-tasks.amazonaws.com" }],
    );
    assert.deepEqual(passedRoles("ecs", "UpdateService", [["taskRoleArn", "arn:r"]]), []);
  });
});

describe("the parts of a call on a table", () => {
  const parts = (operation: string, body: object) => partsOfTable(operation, body, async () => "stack");
  const item = (stack: string) => ({ stack: { S: stack }, item: { S: "lease" } });

  it("of a transaction are each of its own action and partition", async () => {
    const TransactItems = [
      { ConditionCheck: { TableName: "t", Key: item("production") } },
      { Put: { TableName: "t", Item: item("production#approval") } },
    ];
    assert.deepEqual(await parts("TransactWriteItems", { TransactItems }), [
      { action: "dynamodb:ConditionCheckItem", table: "t", keys: ["production"] },
      { action: "dynamodb:PutItem", table: "t", keys: ["production#approval"] },
    ]);
  });
  it("of a query are of the partition it asks for", async () => {
    const asked = (KeyConditionExpression: string) =>
      parts("Query", {
        TableName: "t",
        KeyConditionExpression,
        ExpressionAttributeValues: { ":stack": { S: "production" }, ":from": { S: "journal#" } },
      });
    for (const expression of ["stack = :stack AND begins_with(#item, :from)", "#stack=:stack and #i > :from"])
      assert.deepEqual(await asked(expression), [{ action: "dynamodb:Query", table: "t", keys: ["production"] }]);
  });
  it("of many items are of all their partitions", async () => {
    const RequestItems = { t: { Keys: [item("production"), item("production#approval"), item("production")] } };
    assert.deepEqual(await parts("BatchGetItem", { RequestItems }), [
      { action: "dynamodb:BatchGetItem", table: "t", keys: ["production", "production#approval"] },
    ]);
  });
  it("are none of a call that is not on items", async () => {
    assert.deepEqual(await parts("DescribeTable", { TableName: "t" }), []);
  });
});
