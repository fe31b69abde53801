import assert from "node:assert/strict";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda } from "@aws-sdk/client-lambda";
import { RDS } from "@aws-sdk/client-rds";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import type { ServiceShape } from "../../automation/deploy/observe/shape.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import type { Colour } from "../../programs/release.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const [ec2, ecs, elb, iam, lambda, rds, scaling, secrets] = [
  new EC2({}),
  new ECS({}),
  new ElasticLoadBalancingV2({}),
  new IAM({}),
  new Lambda({}),
  new RDS({}),
  new ApplicationAutoScaling({}),
  new SecretsManager({}),
];

/** Through the command line: what a hand takes away or empties is told, put back, and deployed over. */
describe("what a hand deletes", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();

  async function run(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
    return sandbox()
      .drive(...args)
      .ended();
  }
  async function expects(code: number, texts: readonly string[], ...args: readonly string[]): Promise<void> {
    const ended = await run(...args);
    assert.equal(ended.code, code, `${args.join(" ")}\n${ended.output}`);
    for (const text of texts) assert.ok(ended.output.includes(text), `${args.join(" ")}: ${text}\n${ended.output}`);
  }
  const atOnce = ["--strategy", "all-at-once"] as const;
  const deploys = (tag: string) => expects(0, [], "deploy", stack, "--tag", tag, ...atOnce);

  /** Each is told by `status` and named by `drift`, and no deploy begins over it. */
  async function assertTold(says: readonly string[]): Promise<void> {
    await expects(0, says, "status", stack);
    await expects(10, says, "drift", stack);
    await expects(6, says.slice(0, 1), "deploy", stack, "--tag", "v2", ...atOnce);
  }
  async function assertMended(): Promise<void> {
    await sandbox().readOutputs();
    await expects(0, [`${stack}: no drift`], "drift", stack);
    await assertServes(sandbox(), "v1");
    await deploys("v2");
    await deploys("v1");
  }

  let sides: { readonly live: Colour; readonly idle: Colour } = { live: "blue", idle: "green" };
  const service = (name: string): ServiceShape => {
    const found = sandbox().shape.services[name];
    assert.ok(found);
    return found;
  };

  /** A rule beside the program's, and how it is named. */
  async function openDatabase(): Promise<{ GroupId: string; SecurityGroupRuleIds: string[] }> {
    const [database] = (await rds.describeDBInstances({})).DBInstances ?? [];
    const GroupId = database?.VpcSecurityGroups?.[0]?.VpcSecurityGroupId ?? assert.fail("the database has no group");
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 5432, ToPort: 5432, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }];
    const { SecurityGroupRules = [] } = await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions });
    return { GroupId, SecurityGroupRuleIds: SecurityGroupRules.flatMap((rule) => rule.SecurityGroupRuleId ?? []) };
  }

  /** The migration function's. */
  async function deleteRole(): Promise<string> {
    const { migrationFunctionName: FunctionName } = sandbox().shape;
    const { Role = "" } = await lambda.getFunctionConfiguration({ FunctionName });
    const RoleName = Role.slice(Role.lastIndexOf("/") + 1);
    const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
    for (const PolicyName of PolicyNames) await iam.deleteRolePolicy({ RoleName, PolicyName });
    const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName });
    for (const { PolicyArn } of AttachedPolicies) await iam.detachRolePolicy({ RoleName, PolicyArn });
    await iam.deleteRole({ RoleName });
    return RoleName;
  }

  before("v1 serves, beside v2", async () => {
    if (liveVersion(await readRelease(sandbox().table)) !== "v2") await deploys("v2");
    await deploys("v1");
  });
  beforeEach("where", async () => {
    await sandbox().readOutputs();
    const { services } = await readRelease(sandbox().table);
    const live = services["web"]?.live;
    assert.ok(live && services["api"]?.live === live, "both services are on one colour");
    sides = { live, idle: live === "blue" ? "green" : "blue" };
  });

  describe("beside what serves", () => {
    beforeEach(() => sandbox().startLoad());
    afterEach("no request failed", () => sandbox().stopLoad());

    it("is told, made anew by `up --refresh`, and deployed over", async () => {
      const { clusterName: cluster, previewHeader } = sandbox().shape;
      const { live, idle } = sides;
      await elb.deleteRule({ RuleArn: service("api").previewRuleArn });
      await ecs.deleteService({ cluster, service: service("web")[idle].serviceName, force: true });
      await secrets.deleteSecret({ SecretId: previewHeader.secretArn, ForceDeleteWithoutRecovery: true });
      await scaling.deregisterScalableTarget({
        ServiceNamespace: "ecs",
        ScalableDimension: "ecs:service:DesiredCount",
        ResourceId: `service/${cluster}/${service("web")[live].serviceName}`,
      });
      const opened = await openDatabase();
      const says = `security group rules were added by hand: ${opened.GroupId} lets tcp 5432 in from 10.0.0.0/8`;
      const role = await deleteRole();
      await assertTold([
        "deleted by hand: ",
        `role ${role}`,
        ...["api's preview rule", `the ECS service of web ${idle}`],
        `the preview secret ${previewHeader.secretArn} is gone`,
      ]);
      await expects(0, [`the scaling of web ${live}`, says], "status", stack);
      await expects(9, [`the ECS service of web ${idle}`, "up <stack> --refresh"], "rollback", stack);
      await expects(9, ["api's preview rule", "up <stack> --refresh"], "repair", stack);
      await expects(10, [says, "aws ec2 revoke-security-group-ingress"], "up", stack, "--refresh");
      await ec2.revokeSecurityGroupIngress(opened);
      await expects(0, [], "up", stack, "--refresh");
      await sandbox().readOutputs();
      const { ScalableTargets = [] } = await scaling.describeScalableTargets({
        ServiceNamespace: "ecs",
        ResourceIds: [`service/${cluster}/${service("web")[live].serviceName}`],
      });
      const { scale } = (await readRelease(sandbox().table)).services["web"] ?? {};
      assert.equal(ScalableTargets[0]?.MinCapacity, scale?.min, "it could be scaled in to none");
      await expects(10, ["the preview rules of web ask for another value"], "drift", stack);
      await expects(0, ["have preview rules ask for the preview header again"], "repair", stack);
      await assertMended();
    });

    it("is told of the preview secret's value, and moved back by `up --refresh`", async () => {
      const { secretArn: SecretId } = sandbox().shape.previewHeader;
      const { SecretString } = await secrets.getSecretValue({ SecretId });
      await secrets.putSecretValue({ SecretId, SecretString: "another" });
      await assertTold(["the preview secret was changed by hand: the preview rules of api, web ask for another value"]);
      await expects(0, [], "up", stack, "--refresh");
      assert.equal((await secrets.getSecretValue({ SecretId })).SecretString, SecretString);
      await assertMended();
    });
  });

  // These hands fail requests by themselves: what counts is that the driver sees it and mends it.
  describe("under what serves", () => {
    it("is told of rules without weights and of deleted ones, and put back by `repair` and `up --refresh`", async () => {
      const { ruleArn: RuleArn, blue, green } = service("web");
      const TargetGroups = [blue, green].map(({ targetGroupArn }) => ({ TargetGroupArn: targetGroupArn, Weight: 0 }));
      await elb.modifyRule({ RuleArn, Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] });
      const { ruleArn } = service("api");
      await elb.deleteRule({ RuleArn: ruleArn });
      await assertTold(["deleted by hand: api's production rule"]);
      await expects(0, ["web is blue 0 green 0, the ledger says", "repair"], "status", stack);
      await expects(9, ["api's production rule"], "adopt", stack);
      await expects(10, ["api's production rule"], "rollback", stack);
      await expects(9, ["put weights and routes back as the ledger says", "api's production rule"], "repair", stack);
      const [web] = (await elb.describeRules({ RuleArns: [RuleArn] })).Rules ?? [];
      const weights = web?.Actions?.[0]?.ForwardConfig?.TargetGroups?.map(({ Weight }) => Weight);
      assert.deepEqual(weights?.sort(), [0, 100]);
      await expects(0, [], "up", stack, "--refresh");
      await expects(0, [], "repair", stack);
      await assertMended();
    });

    for (const [which, says] of [
      ["idle", /return traffic/],
      ["live", /traffic to what has tasks[\s\S]*start the old colour's tasks again[\s\S]*return traffic/],
    ] as const)
      it(`sends traffic at once to what has tasks where the ${which} colour is emptied in a canary, and turns back`, async () => {
        const deploy = sandbox().drive(...["deploy", stack, "--tag", "v2", "--strategy", "canary"], "--bake", "2h");
        await deploy.shows("api at 10%");
        const { clusterName: cluster } = sandbox().shape;
        await ecs.updateService({ cluster, service: service("api")[sides[which]].serviceName, desiredCount: 0 });
        assert.equal(await deploy.exitCode(), 9, deploy.output);
        assert.match(deploy.output, says);
        await expects(0, [`${stack}: no drift`], "drift", stack);
        await assertServes(sandbox(), "v1");
      });
  });
});
