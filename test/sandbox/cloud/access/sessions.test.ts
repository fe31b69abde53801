import assert from "node:assert/strict";
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Took } from "../../../../sandbox/cloud/access/access.ts";
import { unique, useCloud } from "../../../support/cloud.ts";
import { assumeWith } from "../../../support/tokens.ts";

const account = "123456789012";
const issuer = "token.actions.githubusercontent.com";
const sub = "repo:acme/switchyard:environment:production";

describe("sessions of roles in the sandbox", () => {
  const cloud = useCloud();
  const name = unique("deployer");
  const table = unique("ledger");
  const bucket = unique("state");
  const roleArn = `arn:aws:iam::${account}:role/${name}`;
  const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
  const allow = (Action: string | string[], Resource: string, more: object = {}) => ({
    Effect: "Allow",
    Action,
    Resource,
    ...more,
  });

  before(async () => {
    const iam = new IAMClient(cloud.sdk());
    await iam
      .send(new CreateOpenIDConnectProviderCommand({ Url: `https://${issuer}`, ClientIDList: ["sts.amazonaws.com"] }))
      .catch(() => undefined);
    const trust = document({
      Effect: "Allow",
      Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${issuer}` },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: { StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: sub } },
    });
    const boundary = await iam.send(
      new CreatePolicyCommand({
        PolicyName: unique("boundary"),
        PolicyDocument: document(allow(["dynamodb:*", "s3:*", "ec2:Describe*"], "*")),
      }),
    );
    await iam.send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: trust,
        MaxSessionDuration: 7200,
        PermissionsBoundary: boundary.Policy?.Arn,
      }),
    );
    const tableArn = `arn:aws:dynamodb:us-east-1:${account}:table/${table}`;
    const own = { Condition: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["production"] } } };
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: name,
        PolicyName: "work",
        PolicyDocument: document(
          allow(["dynamodb:GetItem", "dynamodb:PutItem"], tableArn, own),
          allow("s3:GetObject", `arn:aws:s3:::${bucket}/own/*`),
          allow(["ec2:DescribeVpcs", "iam:CreateRole"], "*"),
        ),
      }),
    );
    await new DynamoDBClient(cloud.sdk()).send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [{ AttributeName: "stack", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "stack", AttributeType: "S" }],
      }),
    );
    const s3 = new S3Client({ ...cloud.sdk(), forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    for (const Key of ["own/a", "others/a"]) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x" }));
  });

  const session = async () => ({ ...cloud.sdk(), credentials: await assumeWith(cloud.endpoint, roleArn, { sub }) });
  const took = async (): Promise<readonly Took[]> => {
    const all = (await (await fetch(`${cloud.endpoint}/_switchyard/access`)).json()) as Took[];
    return all.filter(({ role }) => role === name);
  };

  for (const [what, claims, error] of [
    ["another repository", { sub: "repo:acme/other:environment:production" }, "AccessDenied"],
    ["another environment", { sub: "repo:acme/switchyard:environment:staging" }, "AccessDenied"],
    ["another audience", { sub, aud: "https://github.com/acme" }, "InvalidIdentityTokenException"],
    ["no audience", { sub, aud: undefined }, "InvalidIdentityTokenException"],
    ["another issuer", { sub, iss: "https://gitlab.com" }, "InvalidIdentityTokenException"],
    ["the past", { sub, exp: 1 }, "ExpiredTokenException"],
  ] as const)
    it(`are not opened by a token of ${what}`, async () => {
      await assert.rejects(assumeWith(cloud.endpoint, roleArn, claims), { name: error });
    });

  it("last no longer than the role lets them", async () => {
    await assert.rejects(assumeWith(cloud.endpoint, roleArn, { sub }, 7201), {
      message: /exceeds the MaxSessionDuration/,
    });
    assert.match((await assumeWith(cloud.endpoint, roleArn, { sub }, 7200)).accessKeyId, /^ASIA/);
  });

  it("may do what the documents allow, and say who they are", async () => {
    const sdk = await session();
    await new EC2Client(sdk).send(new DescribeVpcsCommand({}));
    const key = { stack: { S: "production" } };
    await new DynamoDBClient(sdk).send(new GetItemCommand({ TableName: table, Key: key }));
    const identity = await new STSClient(sdk).send(new GetCallerIdentityCommand({}));
    assert.match(identity.Arn ?? "", new RegExp(`assumed-role/${name}/`));
    const s3 = new S3Client({ ...sdk, forcePathStyle: true });
    await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "own/a" }));
    const done = (await took()).filter(({ allowed }) => allowed).map(({ action }) => action);
    assert.deepEqual(done.sort(), ["dynamodb:GetItem", "ec2:DescribeVpcs", "s3:GetObject"]);
  });

  it("are refused the rest as each service words it, before anything happens", async () => {
    const sdk = await session();
    const dynamodb = new DynamoDBClient(sdk);
    const other = { stack: { S: "staging" } };
    const says = (action: string) =>
      new RegExp(
        `User: arn:aws:sts::${account}:assumed-role/${name}/workflow is not authorized to perform: ${action} on resource: `,
      );
    await assert.rejects(dynamodb.send(new GetItemCommand({ TableName: table, Key: other })), {
      name: "AccessDeniedException",
      message: says("dynamodb:GetItem"),
    });
    const TransactItems = [
      { Put: { TableName: table, Item: { stack: { S: "production" } } } },
      { Put: { TableName: table, Item: other } },
    ];
    await assert.rejects(dynamodb.send(new TransactWriteItemsCommand({ TransactItems })), {
      name: "AccessDeniedException",
    });
    const asAdmin = new DynamoDBClient(cloud.sdk());
    const { Item } = await asAdmin.send(new GetItemCommand({ TableName: table, Key: { stack: { S: "production" } } }));
    assert.equal(Item, undefined);
    const s3 = new S3Client({ ...sdk, forcePathStyle: true });
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: bucket, Key: "others/a" })), { name: "AccessDenied" });
    await assert.rejects(
      new IAMClient(sdk).send(new CreateRoleCommand({ RoleName: unique("x"), AssumeRolePolicyDocument: document() })),
      { name: "AccessDenied", message: /because no permissions boundary allows the iam:CreateRole action/ },
    );
    assert.ok((await took()).some(({ action, allowed }) => action === "iam:CreateRole" && !allowed));
  });

  it("follow a change of the documents", async () => {
    const sdk = await session();
    const s3 = new S3Client({ ...sdk, forcePathStyle: true });
    const read = () => s3.send(new GetObjectCommand({ Bucket: bucket, Key: "others/a" }));
    await assert.rejects(read(), { name: "AccessDenied" });
    const more = {
      RoleName: name,
      PolicyName: "more",
      PolicyDocument: document(allow("s3:GetObject", `arn:aws:s3:::${bucket}/*`)),
    };
    await new IAMClient(cloud.sdk()).send(new PutRolePolicyCommand(more));
    await read();
  });
});
