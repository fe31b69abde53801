import assert from "node:assert/strict";
import { awsFunctions } from "../../../sandbox/provider/aws/provider.ts";
import type { Bag } from "../../../sandbox/provider/values.ts";
import { useCloud } from "../../support/cloud.ts";
import { images } from "./cases/case.ts";
import { organization } from "./cases/organization.ts";
import { useEnvironment } from "./environment.ts";
import { type Fixtures, fixtures } from "./fixtures.ts";
import { useOrganization } from "./organization.ts";
import { type Served, serve } from "./provider.ts";
import { useSmallImage } from "./small-image.ts";

interface Call {
  readonly args?: (f: Fixtures) => Bag | Promise<Bag>;
  readonly answers: (result: Bag) => void;
}
const has = (expected: Bag) => (result: Bag) => {
  for (const [key, value] of Object.entries(expected)) assert.deepEqual(result[key], value, key);
};
const matches = (key: string, pattern: RegExp) => (result: Bag) => assert.match(String(result[key]), pattern);

const store = () => ({ identityStoreId: organization.identityStoreId });
const group = (f: Fixtures) => f.make("aws:identitystore/group:Group", { ...store(), displayName: "looked-up" });
const person = (f: Fixtures) =>
  f.make("aws:identitystore/user:User", {
    ...store(),
    ...{ userName: "ann@example.com", displayName: "Ann Archer" },
    name: { givenName: "Ann", familyName: "Archer" },
    emails: { value: "ann@example.com", primary: true, type: "work" },
  });
/** One of the named field's entries has these values. */
const holds = (field: string, expected: Bag) => (result: Bag) => {
  const found = (result[field] as readonly Bag[]).filter((one) =>
    Object.entries(expected).every(([key, value]) => one[key] === value),
  );
  assert.equal(found.length, 1, JSON.stringify(result[field]));
};

const calls: Record<string, Call> = {
  "aws:index/getCallerIdentity:getCallerIdentity": { answers: has({ accountId: "123456789012" }) },
  "aws:index/getRegion:getRegion": { answers: has({ region: "us-east-1" }) },
  "aws:index/getPartition:getPartition": { answers: has({ partition: "aws", dnsSuffix: "amazonaws.com" }) },
  "aws:index/getAvailabilityZones:getAvailabilityZones": {
    args: () => ({ state: "available", filters: [{ name: "zone-type", values: ["availability-zone"] }] }),
    answers: ({ names }) =>
      assert.deepEqual((names as string[]).slice(0, 3), ["us-east-1a", "us-east-1b", "us-east-1c"]),
  },
  "aws:index/getAvailabilityZone:getAvailabilityZone": {
    args: () => ({ name: "us-east-1b" }),
    answers: has({ name: "us-east-1b", region: "us-east-1", nameSuffix: "b" }),
  },
  "aws:elb/getServiceAccount:getServiceAccount": { answers: has({ arn: "arn:aws:iam::127311923021:root" }) },
  "aws:iam/getPolicyDocument:getPolicyDocument": {
    args: () => ({
      statements: [
        {
          sid: "Read",
          actions: ["s3:GetObject"],
          resources: ["arn:aws:s3:::b/*"],
          principals: [{ type: "Service", identifiers: ["ecs-tasks.amazonaws.com"] }],
          conditions: [{ test: "StringEquals", variable: "aws:SourceAccount", values: ["123456789012"] }],
        },
      ],
    }),
    answers: ({ json }) =>
      assert.deepEqual(JSON.parse(String(json)), {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "Read",
            Effect: "Allow",
            Action: "s3:GetObject",
            Resource: "arn:aws:s3:::b/*",
            Principal: { Service: "ecs-tasks.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
          },
        ],
      }),
  },
  "aws:ec2/getVpc:getVpc": { args: async (f) => ({ id: await f.vpc() }), answers: has({ cidrBlock: "10.9.0.0/16" }) },
  "aws:ec2/getSubnets:getSubnets": {
    args: async (f) => {
      await f.make("aws:ec2/subnet:Subnet", {
        vpcId: await f.vpc(),
        cidrBlock: "10.9.7.0/24",
        tags: { Name: "found" },
      });
      return { tags: { Name: "found" } };
    },
    answers: ({ ids }) => assert.match(String(ids), /^subnet-[0-9a-f]+$/),
  },
  "aws:ec2/getSubnet:getSubnet": {
    args: async (f) => {
      const made = {
        vpcId: await f.vpc(),
        cidrBlock: "10.9.8.0/24",
        availabilityZone: "us-east-1b",
        tags: { Name: "one" },
      };
      return { id: (await f.make("aws:ec2/subnet:Subnet", made)).id };
    },
    answers: has({ cidrBlock: "10.9.8.0/24", availabilityZone: "us-east-1b", tags: { Name: "one" } }),
  },
  "aws:ec2/getPrefixList:getPrefixList": {
    args: () => ({ name: "com.amazonaws.us-east-1.s3" }),
    answers: matches("id", /^pl-/),
  },
  "aws:ec2/getManagedPrefixList:getManagedPrefixList": {
    args: () => ({ name: "com.amazonaws.us-east-1.s3" }),
    answers: matches("id", /^pl-/),
  },
  "aws:secretsmanager/getRandomPassword:getRandomPassword": {
    args: () => ({ passwordLength: 40, excludePunctuation: true }),
    answers: matches("randomPassword", /^[A-Za-z0-9]{40}$/),
  },
  "aws:secretsmanager/getSecretVersion:getSecretVersion": {
    args: async (f) => {
      const secretId = (await f.make("aws:secretsmanager/secret:Secret", { recoveryWindowInDays: 0 })).id;
      await f.make("aws:secretsmanager/secretVersion:SecretVersion", { secretId, secretString: "hush" });
      return { secretId };
    },
    answers: has({ secretString: "hush", versionStages: ["AWSCURRENT"] }),
  },
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": { answers: has({ userName: "AWS" }) },
  "aws:ecr/getImage:getImage": {
    args: async (f) => {
      const repository = await f.make("aws:ecr/repository:Repository", { forceDelete: true });
      await images.push?.(String(repository.state["repositoryUrl"]));
      return { repositoryName: repository.id, imageTag: "v1" };
    },
    answers: matches("imageDigest", /^sha256:[0-9a-f]{64}$/),
  },
  "aws:dynamodb/getTableItem:getTableItem": {
    args: async (f) => {
      const tableName = (
        await f.make("aws:dynamodb/table:Table", {
          billingMode: "PAY_PER_REQUEST",
          hashKey: "id",
          attributes: [{ name: "id", type: "S" }],
        })
      ).id;
      await f.make("aws:dynamodb/tableItem:TableItem", {
        tableName,
        hashKey: "id",
        item: JSON.stringify({ id: { S: "one" } }),
      });
      return { tableName, key: JSON.stringify({ id: { S: "one" } }) };
    },
    answers: has({ item: JSON.stringify({ id: { S: "one" } }) }),
  },
  "aws:route53/getZone:getZone": {
    args: async (f) => {
      await f.make("aws:route53/zone:Zone", { name: "look.example.com" });
      return { name: "look.example.com" };
    },
    answers: has({ name: "look.example.com", privateZone: false }),
  },
  "aws:ecrpublic/getAuthorizationToken:getAuthorizationToken": { answers: has({ userName: "AWS" }) },
  "aws:organizations/getOrganization:getOrganization": {
    answers: (result) => {
      has({ masterAccountId: "123456789012", featureSet: "ALL" })(result);
      holds("accounts", { id: "123456789012" })(result);
    },
  },
  "aws:organizations/getResourceTags:getResourceTags": {
    args: async (f) => {
      const unit = { parentId: organization.root, tags: { team: "platform" } };
      return { resourceId: (await f.make("aws:organizations/organizationalUnit:OrganizationalUnit", unit)).id };
    },
    answers: has({ tags: { team: "platform" } }),
  },
  "aws:ssoadmin/getInstances:getInstances": {
    answers: ({ arns }) => assert.deepEqual(arns, [organization.instance.instanceArn]),
  },
  "aws:identitystore/getGroups:getGroups": {
    args: async (f) => {
      await group(f);
      return store();
    },
    answers: holds("groups", { displayName: "looked-up" }),
  },
  "aws:identitystore/getUsers:getUsers": {
    args: async (f) => {
      await person(f);
      return store();
    },
    answers: holds("users", { userName: "ann@example.com" }),
  },
  "aws:identitystore/getGroupMemberships:getGroupMemberships": {
    args: async (f) => {
      const groupId = (await group(f)).state["groupId"];
      const memberId = (await person(f)).state["userId"];
      await f.make("aws:identitystore/groupMembership:GroupMembership", { ...store(), groupId, memberId });
      return { ...store(), groupId };
    },
    answers: ({ groupMemberships }) => assert.equal((groupMemberships as unknown[]).length, 1),
  },
};

describe("each function of the aws stand-in", () => {
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  useSmallImage();
  useOrganization(cloud);
  let aws: Served;

  before(async () => {
    aws = await serve("aws");
  });
  after(() => aws?.close());

  it("has a case here", () => {
    assert.deepEqual(
      Object.keys(awsFunctions).filter((token) => !(token in calls)),
      [],
    );
  });

  for (const [token, { args, answers }] of Object.entries(calls)) {
    it(`${token} answers`, async () => {
      const f = fixtures(aws);
      try {
        answers(await aws.invoke(token, (await args?.(f)) ?? {}));
      } finally {
        await f.dispose();
      }
    });
  }

  it("getTableItem of a missing item says that the result is empty, as the real one does", async () => {
    const f = fixtures(aws);
    const inputs = { billingMode: "PAY_PER_REQUEST", hashKey: "id", attributes: [{ name: "id", type: "S" }] };
    const tableName = (await f.make("aws:dynamodb/table:Table", inputs)).id;
    const args = { tableName, key: JSON.stringify({ id: { S: "none" } }) };
    await assert.rejects(aws.invoke("aws:dynamodb/getTableItem:getTableItem", args), /empty result/);
    await f.dispose();
    await assert.rejects(aws.invoke("aws:dynamodb/getTableItem:getTableItem", args), /ResourceNotFoundException/);
  });
});
