import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import { refuseForbidden } from "../../../../automation/deploy/observe/opened.ts";
import { partsChanged, secretsScheduled } from "../../../../automation/deploy/observe/parts.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import type { ReleaseDocument } from "../../../../programs/release.ts";
import { deployed, observed, release, shapeWith } from "../fixtures.ts";

const role = "arn:aws:iam::123456789012:role/switchyard/production/";
const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:switchyard/production/web-AbCdEf";
const { services, ...rest } = shapeWith(["web"], { migrationFunctionName: "migrate", migrationImage: "m" }) as {
  services: Record<string, object>;
};
const staged = { taskDefinitionArn: "web:9", release: "r", image: "i", version: "v2" };
const shape = environmentShape("production", { ...rest, services: { web: { ...services["web"], staged } } });
const document: ReleaseDocument = {
  ...release,
  services: { web: { live: "blue", blue: deployed("v1"), green: deployed("v0") } },
};

const seen = observed({}, { release: document });

type Answers = Readonly<Record<string, (input: Record<string, unknown>) => object>>;

const tags = [{ Key: "managed-by", Value: "switchyard" }];
const calm: Answers = {
  DescribeAlarms: ({ AlarmNames }) => ({
    MetricAlarms: (AlarmNames as string[]).map((AlarmName) => ({ AlarmName, StateValue: "OK" })),
  }),
  GetFunctionConfiguration: () => ({ Role: `${role}migrate` }),
  GetRole: () => ({}),
  DescribeLogGroups: ({ logGroupNamePrefix }) => ({ logGroups: [{ logGroupName: logGroupNamePrefix }] }),
  DescribeTaskDefinition: () => ({
    taskDefinition: {
      ...{ status: "ACTIVE", executionRoleArn: `${role}web-execution`, taskRoleArn: `${role}web-task` },
      containerDefinitions: [{ secrets: [{ valueFrom: `${secret}:url::` }] }],
    },
  }),
  DescribeSecret: () => ({}),
  DescribeSecurityGroups: () => ({ SecurityGroups: [{ GroupId: "sg-web" }] }),
  DescribeSecurityGroupRules: () => ({ SecurityGroupRules: [{ GroupId: "sg-web", Tags: tags }] }),
};

function account(change: Answers): Aws {
  const answers = { ...calm, ...change };
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: never }) =>
    answers[name.replace(/Command$/, "")]?.(input);
  // Paginators ask whose client it is.
  return {
    client: async (service: string) => {
      const { EC2Client } = await import("@aws-sdk/client-ec2");
      return service === "ec2" ? Object.assign(Object.create(EC2Client.prototype), { send }) : { send };
    },
  } as unknown as Aws;
}

const missing = () => {
  throw Object.assign(new Error("no"), { name: "ResourceNotFoundException" });
};
/** IAM has none of these. */
const gone =
  (names: RegExp) =>
  ({ RoleName }: Record<string, unknown>) => {
    if (names.test(String(RoleName))) throw Object.assign(new Error("no"), { name: "NoSuchEntityException" });
    return {};
  };
const rule = { GroupId: "sg-web", SecurityGroupRuleId: "sgr-1", IpProtocol: "tcp", CidrIpv4: "0.0.0.0/0" };

describe("what an environment needs beside what serves", () => {
  it("is nothing to tell of where all of it is as the program made it", async () => {
    assert.deepEqual(await partsChanged(account({}), "production", shape, seen), []);
  });

  const cases: readonly (readonly [string, Answers, RegExp, RegExp])[] = [
    ["an alarm", { DescribeAlarms: () => ({}) }, /^deleted by hand: alarm /, /up production --refresh/],
    [
      "the migration function",
      { GetFunctionConfiguration: missing },
      /^deleted by hand: migration function migrate$/,
      /up production --refresh/,
    ],
    ["a log group", { DescribeLogGroups: () => ({}) }, /^deleted by hand: log group /, /up production --refresh/],
    [
      "the roles of what is staged",
      { GetRole: gone(/^web-/) },
      /^deleted by hand: role web-execution, role web-task$/,
      /up production --refresh/,
    ],
    ["the migration function's role", { GetRole: gone(/^migrate$/) }, /^deleted by hand: role migrate$/, /--refresh/],
    [
      "the roles of what serves, once others are staged",
      {
        DescribeTaskDefinition: ({ taskDefinition }) => ({
          taskDefinition: { status: "ACTIVE", executionRoleArn: `${role}${taskDefinition}` },
        }),
        GetRole: gone(/^web:1$/),
      },
      /^deleted by hand: role web:1 of what serves, which goes on/,
      /up production --refresh`, and deploy what serves again$/,
    ],
    [
      "a secret that is to be deleted",
      { DescribeSecret: () => ({ DeletedDate: new Date(0) }) },
      new RegExp(`^secrets were scheduled for deletion: ${secret}$`),
      new RegExp(`restore-secret --secret-id ${secret}\``),
    ],
    [
      "task definitions that are inactive",
      { DescribeTaskDefinition: () => ({ taskDefinition: { status: "INACTIVE" } }) },
      /deregistered by hand: web blue, which serves \(web:1\); web green \(web:0\)$/,
      /deploy the next version/,
    ],
    [
      "a rule that lets strangers in",
      { DescribeSecurityGroupRules: () => ({ SecurityGroupRules: [{ ...rule, FromPort: 22, ToPort: 22 }] }) },
      /^security group rules were added by hand: sg-web lets tcp 22 in from 0\.0\.0\.0\/0$/,
      /revoke-security-group-ingress --group-id sg-web --security-group-rule-ids sgr-1`/,
    ],
    [
      "a rule that lets everything out",
      { DescribeSecurityGroupRules: () => ({ SecurityGroupRules: [{ ...rule, IpProtocol: "-1", IsEgress: true }] }) },
      /sg-web lets everything out to 0\.0\.0\.0\/0$/,
      /revoke-security-group-egress/,
    ],
  ];
  for (const [what, change, why, fix] of cases)
    it(`is told of: ${what}`, async () => {
      const found = await partsChanged(account(change), "production", shape, seen);
      assert.equal(found.length, 1, JSON.stringify(found));
      assert.match(found[0]?.why ?? "", why);
      assert.match(found[0]?.fix ?? "", fix);
    });

  it("is nothing that a service took with it when an update without the driver took it away", async () => {
    const { web } = seen.services;
    assert.ok(web);
    const { taskDefinitionArn: _, ...empty } = { ...web.blue, gone: "ECS service" as const };
    const gone = { ...web, gone: ["production", "preview"] as const, blue: empty, green: empty };
    const left = { ...seen, release: { ...document, services: {} }, services: { web: gone } };
    const lost = { DescribeAlarms: () => ({}), DescribeLogGroups: () => ({}) };
    const alarmNames = ["production-web-blue-errors"];
    const found = (what: typeof seen) => partsChanged(account(lost), "production", { ...shape, alarmNames }, what);
    assert.deepEqual(await found(left), []);
    assert.equal((await found(seen)).length, 1);
  });

  it("is nothing to tell of roles that may not be looked at", async () => {
    const GetRole = () => {
      throw Object.assign(new Error("no"), { name: "AccessDenied" });
    };
    assert.deepEqual(await partsChanged(account({ GetRole }), "production", shape, seen), []);
  });

  it("may lack a secret for good: the next update makes it anew", async () => {
    assert.deepEqual(await secretsScheduled(account({ DescribeSecret: missing }), shape), []);
  });

  it("is told of instead of the policy, where a hand's rule is what the policy forbids", async () => {
    const violation = {
      ...{ policy: "database-reachability", pack: "switchyard", level: "mandatory" },
      urn: "urn:pulumi:production::switchyard::aws:ec2/securityGroup:SecurityGroup::production-database",
    };
    const refused = (message: string, rules: readonly object[]) => {
      const aws = account({ DescribeSecurityGroupRules: () => ({ SecurityGroupRules: rules }) });
      return refuseForbidden(aws, { stack: "production", violations: [{ ...violation, message }] });
    };
    const foreign = { ...rule, FromPort: 5432, ToPort: 5432 };
    const repeated = "ingress[0].cidrBlocks lets in more than the database's clients";
    await assert.rejects(refused(repeated, [foreign]), {
      code: "drift",
      message:
        /^stack production: security group rules were added by hand: sg-web lets tcp 5432 in from 0\.0\.0\.0\/0; .*nothing was changed\. No command of Switchyard's takes them away: `aws ec2 revoke-security-group-ingress --group-id sg-web --security-group-rule-ids sgr-1`, then run this again$/,
    });
    // The program's own, and what is forbidden elsewhere, is the policy's to tell.
    await assert.rejects(refused(repeated, [{ ...foreign, Tags: tags }]), { code: "policy-violation" });
    await assert.rejects(refused("ingress is written inline", [foreign]), { code: "policy-violation" });
    await refuseForbidden(account({}), { stack: "production", violations: [] });
  });
});
