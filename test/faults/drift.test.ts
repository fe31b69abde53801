import assert from "node:assert/strict";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECR } from "@aws-sdk/client-ecr";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { RDS } from "@aws-sdk/client-rds";
import { loadStory } from "@switchyard/sandbox";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const { observe } = await loadStory();

/** Each a hand in the console: what it does, what `drift` must say of it, and whether it has been put back. */
interface Hand {
  readonly does: () => Promise<unknown>;
  readonly says: readonly string[];
  readonly putBack: () => Promise<unknown>;
}

/** Through the command line, on a pipeline and an environment that serve users all the time. */
describe("changes made by hand", function () {
  this.timeout(180_000);
  this.retries(0);
  const sandbox = useReleases();
  const [ec2, ecr, iam, rds, logs] = [new EC2({}), new ECR({}), new IAM({}), new RDS({}), new CloudWatchLogs({})];
  const [dynamodb, elb] = [new DynamoDB({}), new ElasticLoadBalancingV2({})];

  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());

  async function run(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    return sandbox()
      .drive(...args)
      .ended();
  }
  async function succeeds(...args: readonly string[]): Promise<string> {
    const { code, output } = await run(...args);
    assert.equal(code, 0, `${args.join(" ")}\n${output}`);
    return output;
  }
  async function assertNoDrift(): Promise<void> {
    for (const name of ["pipeline", "images", stack])
      assert.equal(await succeeds("drift", name), `${name}: no drift\n`);
  }

  /** Makes the changes, and holds `drift` to telling these and no others, and `up --refresh` to putting them back. */
  async function assertFoundAndPutBack(name: string, hands: readonly Hand[]): Promise<void> {
    for (const { does } of hands) await does();
    const { code, output } = await run("drift", name);
    assert.equal(code, 10, output);
    const [told = "", ending = ""] = output.split(new RegExp(`^${name}: \\d+ resources differ$`, "m"));
    const expected = hands.flatMap(({ says }) => says);
    assert.deepEqual(told.trimEnd().split("\n").sort(), [...expected].sort());
    assert.match(ending, new RegExp(`\`switchyard up ${name} --refresh\` puts them back`));
    assert.match(await succeeds("up", name), /: \d+ unchanged in/);
    await succeeds("up", name, "--refresh");
    for (const { putBack, says } of hands) assert.ok(await putBack(), says[0]);
    await assertNoDrift();
  }

  it("are none when only the driver has been at work: after a deploy, a sweep and a rollback", async () => {
    await succeeds("deploy", stack, "--tag", "v2", "--strategy", "all-at-once", "--keep-warm", "1s");
    await assertNoDrift();
    await sandbox().isCold();
    await succeeds("sweep", stack);
    await assertNoDrift();
    await succeeds("rollback", stack);
    await assertNoDrift();
    await succeeds("up", stack);
    await assertNoDrift();
  });

  it("of the pipeline are told property by property, and put back", async () => {
    const repository = async (name: string) => {
      const found = await ecr.describeRepositories({}).then(({ repositories = [] }) => repositories);
      return found.find(({ repositoryName }) => repositoryName === name);
    };
    await assertFoundAndPutBack("pipeline", [
      {
        does: () => ecr.putImageTagMutability({ repositoryName: "switchyard/web", imageTagMutability: "MUTABLE" }),
        says: [
          "  changed  aws:ecr/repository:Repository  web",
          '             imageTagMutability  "IMMUTABLE" → "MUTABLE"',
        ],
        putBack: async () => (await repository("switchyard/web"))?.imageTagMutability === "IMMUTABLE",
      },
      {
        does: () => ecr.deleteRepository({ repositoryName: "switchyard/base", force: true }),
        says: [
          "  deleted  aws:ecr/repository:Repository  base",
          "  deleted  aws:ecr/lifecyclePolicy:LifecyclePolicy  base",
        ],
        putBack: async () =>
          (await repository("switchyard/base")) && ecr.getLifecyclePolicy({ repositoryName: "switchyard/base" }),
      },
      {
        does: () =>
          dynamodb.updateContinuousBackups({
            TableName: ledgerTableName,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
          }),
        says: [
          "  changed  aws:dynamodb/table:Table  pipeline-ledger",
          "             pointInTimeRecovery.enabled  true → false",
        ],
        putBack: async () => {
          const { ContinuousBackupsDescription: found } = await dynamodb.describeContinuousBackups({
            TableName: ledgerTableName,
          });
          return found?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === "ENABLED";
        },
      },
    ]);
  });

  it("of an environment are told property by property, and put back without touching what serves", async () => {
    const before = await observe();
    const [database] = (await rds.describeDBInstances({})).DBInstances ?? [];
    const [balancer] = (await elb.describeLoadBalancers({})).LoadBalancers ?? [];
    const roles = (await iam.listRoles({})).Roles ?? [];
    const RoleName = roles.find(({ RoleName = "" }) => RoleName.includes("-flows"))?.RoleName ?? "";
    const [PolicyName = ""] = (await iam.listRolePolicies({ RoleName })).PolicyNames ?? [];
    const policy = async () =>
      JSON.parse(decodeURIComponent((await iam.getRolePolicy({ RoleName, PolicyName })).PolicyDocument ?? ""));
    const granted = await policy();
    const logGroupName = sandbox().shape.services["web"]?.logGroup ?? "";
    const [group] = (await logs.describeLogGroups({ logGroupNamePrefix: logGroupName })).logGroups ?? [];
    const { LoadBalancerArn, SecurityGroups = [], VpcId = "" } = balancer ?? {};
    const rules = async () => {
      const Filters = [{ Name: "group-id", Values: SecurityGroups }];
      const { SecurityGroupRules = [] } = await ec2.describeSecurityGroupRules({ Filters });
      return SecurityGroupRules.filter(({ IsEgress, FromPort }) => !IsEgress && FromPort === 80);
    };
    await assertFoundAndPutBack(stack, [
      {
        does: () =>
          rds.modifyDBInstance({
            DBInstanceIdentifier: database?.DBInstanceIdentifier,
            BackupRetentionPeriod: 1,
            DeletionProtection: !database?.DeletionProtection,
            ApplyImmediately: true,
          }),
        says: [
          "  changed  aws:rds/instance:Instance  sandbox",
          `             backupRetentionPeriod  ${database?.BackupRetentionPeriod} → 1`,
          `             deletionProtection  ${database?.DeletionProtection} → ${!database?.DeletionProtection}`,
        ],
        putBack: async () => {
          const [now] = (await rds.describeDBInstances({})).DBInstances ?? [];
          return now?.BackupRetentionPeriod === database?.BackupRetentionPeriod;
        },
      },
      {
        does: async () => {
          const [first, ...others] = granted.Statement;
          const Statement = [{ ...first, Resource: "*" }, ...others];
          await iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument: JSON.stringify({ ...granted, Statement }) });
        },
        says: [
          "  changed  aws:iam/rolePolicy:RolePolicy  sandbox-flows",
          '             policy.Statement[0].Resource  ["arn:aws:logs:us-east-1:123456789012:log-group:/switchyard/… → "*"',
        ],
        putBack: async () => JSON.stringify(await policy()) === JSON.stringify(granted),
      },
      {
        does: () => logs.putRetentionPolicy({ logGroupName, retentionInDays: 1 }),
        says: [
          "  changed  aws:cloudwatch/logGroup:LogGroup  web",
          `             retentionInDays  ${group?.retentionInDays} → 1`,
        ],
        putBack: async () => {
          const [now] = (await logs.describeLogGroups({ logGroupNamePrefix: logGroupName })).logGroups ?? [];
          return now?.retentionInDays === group?.retentionInDays;
        },
      },
      {
        does: async () =>
          ec2.revokeSecurityGroupIngress({
            GroupId: SecurityGroups[0],
            SecurityGroupRuleIds: (await rules()).map(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? ""),
          }),
        says: ["  deleted  aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule  sandbox-alb-80"],
        putBack: async () => (await rules()).length === 1,
      },
      {
        does: () => {
          const Attributes = [{ Key: "idle_timeout.timeout_seconds", Value: "17" }];
          return elb.modifyLoadBalancerAttributes({ LoadBalancerArn, Attributes });
        },
        says: ["  changed  aws:lb/loadBalancer:LoadBalancer  sandbox", "             idleTimeout  60 → 17"],
        putBack: async () => {
          const { Attributes = [] } = await elb.describeLoadBalancerAttributes({ LoadBalancerArn });
          return Attributes.find(({ Key }) => Key === "idle_timeout.timeout_seconds")?.Value === "60";
        },
      },
      {
        does: () => ec2.createTags({ Resources: [VpcId], Tags: [{ Key: "hand", Value: "was here" }] }),
        says: ["  changed  aws:ec2/vpc:Vpc  sandbox", '             tagsAll.hand  (none) → "was here"'],
        putBack: async () => {
          const { Vpcs = [] } = await ec2.describeVpcs({ VpcIds: [VpcId] });
          return Vpcs[0]?.Tags?.every(({ Key }) => Key !== "hand");
        },
      },
    ]);
    const { weights, services } = await observe();
    assert.deepEqual({ weights, services }, { weights: before.weights, services: before.services });
  });
});
