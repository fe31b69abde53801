import assert from "node:assert/strict";
import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { type Bag, secret, UNKNOWN } from "../../../sandbox/provider/values.ts";
import { unique, useCloud } from "../../support/cloud.ts";
import { useEnvironment } from "./environment.ts";
import { type Fixtures, fixtures, trust } from "./fixtures.ts";
import { type Served, serve } from "./provider.ts";

const isSecret = (value: unknown) => (value as Bag)[specialSigKey] === specialSecretSig;
const roleType = "aws:iam/role:Role";
const vpcType = "aws:ec2/vpc:Vpc";

describe("the aws stand-in", () => {
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  let aws: Served;
  let f: Fixtures;

  beforeEach(async () => {
    aws = await serve("aws");
    f = fixtures(aws);
  });
  afterEach(() => f.dispose().finally(() => aws.close()));

  describe("refuses", () => {
    const type = "aws:glue/job:Job";
    it("a type it does not know, whatever is asked", async () => {
      const unknown = new RegExp(
        `${type}: the sandbox's stand-in for the aws provider does not know this resource type`,
      );
      await assert.rejects(aws.check(type, "one", {}), unknown);
      await assert.rejects(aws.create(type, "one", {}), unknown);
      await assert.rejects(aws.read({ type, name: "one", id: "x", inputs: {}, state: {} }), unknown);
    });

    it("a function it does not know", async () => {
      await assert.rejects(aws.invoke("aws:ec2/getAmi:getAmi", {}), /does not know this function/);
    });

    it("an input it does not implement", async () => {
      const { failures } = await aws.check(vpcType, "one", { cidrBlock: "10.0.0.0/16", ipv6IpamPoolId: "pool" });
      assert.deepEqual(failures, [
        `ipv6IpamPoolId: the sandbox's stand-in for ${vpcType} does not implement the input "ipv6IpamPoolId"`,
      ]);
    });

    it("a missing required input", async () => {
      const { failures } = await aws.check(roleType, "one", {});
      assert.deepEqual(failures, ["assumeRolePolicy: Missing required property 'assumeRolePolicy'"]);
    });

    it("a database that would be deleted without a final snapshot's name", async () => {
      const { failures } = await aws.check("aws:rds/instance:Instance", "one", { instanceClass: "db.t4g.micro" });
      assert.deepEqual(failures, ["finalSnapshotIdentifier: is required unless skipFinalSnapshot is true"]);
    });

    it("parts of a distribution that it would keep nowhere", async () => {
      const { failures } = await aws.check("aws:cloudfront/distribution:Distribution", "one", {
        enabled: true,
        origins: [{ originId: "one", domainName: "example.com", customOriginConfig: { httpPort: 80 } }],
        defaultCacheBehavior: { targetOriginId: "one", viewerProtocolPolicy: "https-only" },
        restrictions: { geoRestriction: { restrictionType: "none" } },
        viewerCertificate: { cloudfrontDefaultCertificate: true },
      });
      assert.deepEqual(failures, ["origins: the sandbox's CloudFront has no customOriginConfig"]);
    });

    it("provider settings it does not implement", async () => {
      await assert.rejects(aws.configure({ "aws:config:endpoints": "[]" }), /aws:endpoints: .* does not implement it/);
    });

    it("to work in another account than it may, before anything is written", async () => {
      await aws.configure({ "aws:config:allowedAccountIds": '["210987654321"]' });
      const { inputs } = await aws.check(vpcType, "one", { cidrBlock: "10.0.0.0/16" });
      const before = (await cloud.calls())["ec2:CreateVpc"];
      const refused = /AWS account ID not allowed: 123456789012/;
      await assert.rejects(aws.create(vpcType, "one", inputs, true), refused);
      await assert.rejects(aws.create(vpcType, "one", inputs), refused);
      await assert.rejects(aws.invoke("aws:index/getCallerIdentity:getCallerIdentity", {}), refused);
      assert.equal((await cloud.calls())["ec2:CreateVpc"], before);
      const roles = '[{"roleArn":"arn:aws:iam::210987654321:role/OrganizationAccountAccessRole"}]';
      await aws.configure({ "aws:config:allowedAccountIds": '["210987654321"]', "aws:config:assumeRoles": roles });
      const { accountId } = await aws.invoke("aws:index/getCallerIdentity:getCallerIdentity", {});
      assert.equal(accountId, "210987654321");
    });

    it("to start with an endpoint that is not on this machine", async () => {
      process.env["AWS_ENDPOINT_URL"] = "https://ec2.us-east-1.amazonaws.com";
      try {
        await assert.rejects(serve("aws"), /AWS_ENDPOINT_URL: .* is not on this machine/);
        await assert.rejects(serve("awsx"), /is not on this machine/);
        delete process.env["AWS_ENDPOINT_URL"];
        await assert.rejects(serve("docker"), /AWS_ENDPOINT_URL: not set/);
      } finally {
        process.env["AWS_ENDPOINT_URL"] = cloud.endpoint;
      }
    });
  });

  describe("names things", () => {
    const inputs = { assumeRolePolicy: trust("lambda.amazonaws.com") };

    it("after the resource with seven random digits, and keeps the name", async () => {
      const first = await aws.check(roleType, "worker", inputs);
      assert.match(String(first.inputs["name"]), /^worker-[0-9a-f]{7}$/);
      const again = await aws.check(roleType, "worker", inputs, first.inputs);
      assert.equal(again.inputs["name"], first.inputs["name"]);
    });

    it("anew for a replacement, which must not collide with what it replaces", async () => {
      const [one, two] = [await aws.check(roleType, "worker", inputs), await aws.check(roleType, "worker", inputs)];
      assert.notEqual(one.inputs["name"], two.inputs["name"]);
    });

    it("within AWS's lengths, and never by cutting them short", async () => {
      const fits = await aws.check("aws:lb/targetGroup:TargetGroup", "x".repeat(24), {});
      assert.deepEqual([String(fits.inputs["name"]).length, fits.failures], [32, []]);
      const { failures } = await aws.check("aws:lb/targetGroup:TargetGroup", "x".repeat(25), {});
      assert.match(failures.join(), /name 'x{25}-' plus 7 random chars is longer than maximum length 32/);
    });

    it("as the program says, and then deletes before it replaces", async () => {
      const made = await f.make(roleType, { ...inputs, name: unique("fixed") });
      const { inputs: news } = await aws.check(roleType, made.name, { ...made.inputs, path: "/other/" }, made.inputs);
      const { replaces, deleteBeforeReplace } = await aws.diff(made, news);
      assert.deepEqual([replaces, deleteBeforeReplace], [["path"], true]);
    });
  });

  describe("previews", () => {
    it("what AWS decides as unknown, and the rest as it is", async () => {
      const { inputs } = await aws.check(vpcType, "main", { cidrBlock: "10.0.0.0/16" });
      const { id, state } = await aws.create(vpcType, "main", inputs, true);
      assert.equal(id, "");
      assert.equal(state["arn"], UNKNOWN);
      assert.equal(state["cidrBlock"], "10.0.0.0/16");
    });

    it("inputs that are unknown themselves", async () => {
      const given = { vpcId: UNKNOWN, cidrBlock: "10.0.1.0/24", tags: { Name: UNKNOWN } };
      const { inputs, failures } = await aws.check("aws:ec2/subnet:Subnet", "one", given);
      assert.deepEqual(failures, []);
      assert.equal(inputs["tagsAll"], UNKNOWN);
      const { state } = await aws.create("aws:ec2/subnet:Subnet", "one", inputs, true);
      assert.equal(state["vpcId"], UNKNOWN);
    });

    it("a replacement when an unknown may change what replaces", async () => {
      const made = await f.make(vpcType, { cidrBlock: "10.3.0.0/16" });
      const { replaces } = await aws.diff(made, { ...made.inputs, cidrBlock: UNKNOWN });
      assert.deepEqual(replaces, ["cidrBlock"]);
    });
  });

  describe("tags", () => {
    beforeEach(() =>
      aws.configure({ "aws:config:defaultTags": JSON.stringify({ tags: { stack: "test", team: "default" } }) }),
    );

    it("with the provider's default tags, the resource's own before them", async () => {
      const { state } = await f.make(vpcType, { cidrBlock: "10.4.0.0/16", tags: { team: "own" } });
      assert.deepEqual(state["tagsAll"], { stack: "test", team: "own" });
      assert.deepEqual(state["tags"], { team: "own" });
    });

    it("and sees a tag changed by hand, and puts it right", async () => {
      const made = await f.make(vpcType, { cidrBlock: "10.5.0.0/16" });
      const ec2 = new EC2(cloud.sdk());
      await ec2.createTags({ Resources: [made.id], Tags: [{ Key: "team", Value: "by hand" }] });
      const refreshed = await aws.read(made);
      assert.ok(refreshed);
      assert.deepEqual(refreshed.state["tagsAll"], { stack: "test", team: "by hand" });
      assert.deepEqual((await aws.diff(refreshed, made.inputs)).changed, ["tagsAll"]);
      const repaired = await aws.update(refreshed, made.inputs);
      assert.deepEqual(repaired.state["tagsAll"], { stack: "test", team: "default" });
    });
  });

  it("finds a security group's rule added by hand, and takes it away again", async () => {
    const made = await f.make("aws:ec2/securityGroup:SecurityGroup", { vpcId: await f.vpc(), ingress: [] });
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await new EC2(cloud.sdk()).authorizeSecurityGroupIngress({ GroupId: made.id, IpPermissions });
    const refreshed = await aws.read(made);
    assert.ok(refreshed);
    assert.deepEqual((await aws.diff(refreshed, made.inputs)).changed, ["ingress"]);
    assert.deepEqual((await aws.update(refreshed, made.inputs)).state["ingress"], []);
  });

  it("says that a thing deleted by hand is gone", async () => {
    const made = await f.make(vpcType, { cidrBlock: "10.6.0.0/16" });
    await new EC2(cloud.sdk()).deleteVpc({ VpcId: made.id });
    assert.equal(await aws.read(made), undefined);
  });

  it("takes a policy that means the same for unchanged", async () => {
    const made = await f.make(roleType, { assumeRolePolicy: trust("lambda.amazonaws.com") });
    const reordered = JSON.stringify({
      Statement: [{ Action: ["sts:AssumeRole"], Effect: "Allow", Principal: { Service: ["lambda.amazonaws.com"] } }],
      Version: "2012-10-17",
    });
    assert.deepEqual((await aws.diff(made, { ...made.inputs, assumeRolePolicy: reordered })).changed, []);
  });

  describe("leaves ignored properties to whoever changes them", () => {
    it("weights: no difference, and an update of something else keeps them", async () => {
      const [balancer, blue, green] = [
        await f.loadBalancer(),
        await f.targetGroup("blue"),
        await f.targetGroup("green"),
      ];
      const listener = await f.make("aws:lb/listener:Listener", {
        loadBalancerArn: balancer.id,
        port: 80,
        protocol: "HTTP",
        defaultActions: [{ type: "forward", targetGroupArn: blue.id }],
      });
      const weighted = (first: number) => [
        {
          type: "forward",
          forward: {
            targetGroups: [
              { arn: blue.id, weight: first },
              { arn: green.id, weight: 100 - first },
            ],
          },
        },
      ];
      const conditions = [{ pathPattern: { values: ["/*"] } }];
      const rule = await f.make("aws:lb/listenerRule:ListenerRule", {
        listenerArn: listener.id,
        priority: 5,
        actions: weighted(100),
        conditions,
      });
      const elb = new ElasticLoadBalancingV2(cloud.sdk());
      const TargetGroups = [
        { TargetGroupArn: blue.id, Weight: 0 },
        { TargetGroupArn: green.id, Weight: 100 },
      ];
      await elb.modifyRule({ RuleArn: rule.id, Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] });

      const refreshed = await aws.read(rule);
      assert.ok(refreshed);
      const ignored = ["actions"];
      assert.deepEqual((await aws.diff(refreshed, rule.inputs, ignored)).changed, []);
      assert.deepEqual((await aws.diff(refreshed, rule.inputs)).changed, ["actions"], "seen when not ignored");
      await aws.update(refreshed, { ...rule.inputs, priority: 6 }, { ignored });
      const { Rules } = await elb.describeRules({ RuleArns: [rule.id] });
      const weights = Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups?.map(({ Weight }) => Weight);
      assert.deepEqual([Rules?.[0]?.Priority, weights], ["6", [0, 100]]);
    });

    it("a service's size: an update of something else does not send it", async () => {
      const service = await f.make("aws:ecs/service:Service", {
        cluster: (await f.cluster()).id,
        taskDefinition: (await f.taskDefinition()).state["arn"],
        desiredCount: 0,
        launchType: "FARGATE",
        networkConfiguration: { subnets: await f.subnets(), securityGroups: [await f.securityGroup()] },
      });
      const before = await cloud.calls();
      const updated = await aws.update(
        service,
        { ...service.inputs, enableExecuteCommand: true, desiredCount: 3 },
        { ignored: ["desiredCount"] },
      );
      assert.equal((await cloud.calls())["ecs:UpdateService"], (before["ecs:UpdateService"] ?? 0) + 1);
      const { services } = await new ECS(cloud.sdk()).describeServices({
        cluster: (await f.cluster()).id,
        services: [service.id],
      });
      assert.deepEqual([services?.[0]?.desiredCount, updated.state["desiredCount"]], [0, 0]);
    });
  });

  describe("keeps secrets", () => {
    it("that programs pass, and that the type says are secret", async () => {
      const holder = await f.make("aws:secretsmanager/secret:Secret", { recoveryWindowInDays: 0 });
      const version = await f.make("aws:secretsmanager/secretVersion:SecretVersion", {
        secretId: holder.id,
        secretString: "hush",
      });
      assert.ok(isSecret(version.state["secretString"]));
      const group = await f.make("aws:cloudwatch/logGroup:LogGroup", { name: secret(unique("quiet")) });
      assert.ok(isSecret(group.inputs["name"]));
      assert.ok(isSecret(group.state["name"]));
      assert.ok(!isSecret(group.state["arn"]));
    });
  });

  it("passes AWS's refusal on as one line that names operation and code", async () => {
    const inputs = {
      subnets: await f.subnets(),
      securityGroups: [await f.securityGroup()],
      enableDeletionProtection: true,
    };
    const made = await f.make("aws:lb/loadBalancer:LoadBalancer", inputs);
    const refusal = await aws.delete(made).then(
      () => "deleted",
      (error: Error) => error.message,
    );
    await aws.update(made, { ...made.inputs, enableDeletionProtection: false });
    assert.match(refusal, /^elb:DeleteLoadBalancer: [^\n]+ \(OperationNotPermitted(Exception)?\)$/);
  });

  it("keeps what was created when a later step fails", async () => {
    const type = "aws:cloudwatch/logGroup:LogGroup";
    const { inputs } = await aws.check(type, "half", { name: unique("half"), retentionInDays: 7 });
    await cloud.fault({
      service: "logs",
      operation: "PutRetentionPolicy",
      effect: "error",
      code: "Refused",
      status: 400,
    });
    const error = await aws.create(type, "half", inputs).then(
      () => assert.fail("created"),
      (reason: Error) => reason,
    );
    await cloud.clearFaults();
    const { metadata } = error.cause as { metadata: { get(key: string): unknown[] } };
    assert.match(String(metadata.get("grpc-status-details-bin")[0]), /ErrorResourceInitFailed/);
    const half = { type, name: "half", id: String(inputs["name"]), inputs, state: inputs };
    assert.deepEqual((await aws.read(half))?.state["retentionInDays"], 0, "it is there, and not complete");
    await aws.delete(half);
  });

  it("says so when nothing answers at the endpoint", async () => {
    process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
    const lost = await serve("aws").finally(() => {
      process.env["AWS_ENDPOINT_URL"] = cloud.endpoint;
    });
    const { inputs } = await lost.check(vpcType, "one", { cidrBlock: "10.0.0.0/16" });
    await assert.rejects(lost.create(vpcType, "one", inputs), /ec2:CreateVpc: nothing answers at http:\/\/127.0.0.1:1/);
    await lost.close();
  });
});
