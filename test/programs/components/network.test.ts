import assert from "node:assert/strict";
import { environmentOf, runEnvironment, statements } from "../runs.ts";

const vpc = "awsx:ec2:Vpc";

describe("network", () => {
  it("has one NAT gateway in two zones outside production", async () => {
    const { inputs } = (await environmentOf("development")).resources.one(vpc);
    assert.deepEqual(inputs["natGateways"], { strategy: "Single" });
    assert.deepEqual(inputs["availabilityZoneNames"], ["us-east-1a", "us-east-1b"]);
  });

  it("has a NAT gateway in each of three zones in production", async () => {
    const { inputs } = (await environmentOf("production")).resources.one(vpc);
    assert.deepEqual(inputs["natGateways"], { strategy: "OnePerAz" });
    assert.deepEqual(inputs["availabilityZoneNames"], ["us-east-1a", "us-east-1b", "us-east-1c"]);
  });

  it("has as many zones and the range it is told", async () => {
    const { resources } = await runEnvironment({ network: { zones: 3, cidr: "10.9.0.0/16" } });
    const { inputs } = resources.one(vpc);
    assert.equal((inputs["availabilityZoneNames"] as string[]).length, 3);
    assert.equal(inputs["cidrBlock"], "10.9.0.0/16");
  });

  it("has a public, a private and an isolated subnet in each zone, every one at an address of its own", async () => {
    const { inputs } = (await environmentOf("development")).resources.one(vpc);
    assert.deepEqual(inputs["subnetSpecs"], [
      { type: "Private", cidrBlocks: ["10.0.0.0/20", "10.0.64.0/20"] },
      { type: "Public", cidrBlocks: ["10.0.16.0/24", "10.0.80.0/24"] },
      { type: "Isolated", cidrBlocks: ["10.0.17.0/24", "10.0.81.0/24"] },
    ]);
  });

  it("keeps the subnets it has when a zone is added, and asks AWS for its own alone", async () => {
    const subnets = [
      { name: "sandbox-private-2", availabilityZone: "us-east-1d", cidrBlock: "10.0.128.0/20" },
      { name: "sandbox-private-1", availabilityZone: "us-east-1a", cidrBlock: "10.0.0.0/20" },
    ];
    const { resources } = await runEnvironment({ network: { zones: 3 } }, "sandbox", undefined, { subnets });
    const { inputs } = resources.one(vpc);
    assert.deepEqual(inputs["availabilityZoneNames"], ["us-east-1a", "us-east-1d", "us-east-1b"]);
    const [specs] = inputs["subnetSpecs"] as [object];
    assert.deepEqual(specs, { type: "Private", cidrBlocks: ["10.0.0.0/20", "10.0.128.0/20", "10.0.64.0/20"] });
    const asked = resources.calls.find(({ token }) => token === "aws:ec2/getSubnets:getSubnets");
    assert.deepEqual(asked?.inputs["tags"], {
      project: "switchyard",
      stack: "sandbox",
      "managed-by": "switchyard",
      SubnetType: "Private",
    });
  });

  it("refuses to take a zone away before anything is registered", async () => {
    const subnets = [1, 2, 3].map((zone) => ({
      name: `sandbox-private-${zone}`,
      availabilityZone: `us-east-1${"abc"[zone - 1]}`,
      cidrBlock: `10.0.${64 * (zone - 1)}.0/20`,
    }));
    const fewer = runEnvironment({ network: { zones: 2 } }, "sandbox", undefined, { subnets });
    await assert.rejects(fewer, /switchyard:network.zones: 2 zones are fewer than the 3 the network has/);
  });

  it("is another environment's where that is configured: nothing of it is made, and all is in its subnets", async () => {
    const subnets = ["private", "public", "isolated"].flatMap((type) =>
      [2, 1].map((number) => ({
        name: `staging-${type}-${number}`,
        availabilityZone: `us-east-1${"ab"[number - 1]}`,
        cidrBlock: `10.0.${number}.0/24`,
      })),
    );
    const shared = await runEnvironment({ network: { of: "staging" } }, "pr-7", undefined, { subnets });
    for (const type of [vpc, "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/flowLog:FlowLog"])
      assert.deepEqual(shared.resources.all(type), []);
    assert.equal(shared.outputs.vpcId, "vpc-1");
    const inputsOf = (type: string) => shared.resources.one(type).inputs;
    assert.deepEqual(inputsOf("aws:lb/loadBalancer:LoadBalancer")["subnets"], ["staging-public-1", "staging-public-2"]);
    const group = inputsOf("aws:rds/subnetGroup:SubnetGroup");
    assert.deepEqual(group["subnetIds"], ["staging-isolated-1", "staging-isolated-2"]);
    const service = shared.resources.all("aws:ecs/service:Service")[0]?.inputs["networkConfiguration"];
    assert.deepEqual((service as { subnets: string[] }).subnets, ["staging-private-1", "staging-private-2"]);
  });

  it("is refused before anything is registered where the other environment has none", () =>
    assert.rejects(
      runEnvironment({ network: { of: "staging" } }, "pr-7"),
      /switchyard:network.of: the stack staging has no network of its own.*switchyard up staging/,
    ));

  it("reaches S3 without NAT, from every route table", async () => {
    const { inputs } = (await environmentOf("development")).resources.one("aws:ec2/vpcEndpoint:VpcEndpoint");
    assert.equal(inputs["serviceName"], "com.amazonaws.us-east-1.s3");
    assert.equal(inputs["vpcEndpointType"], "Gateway");
    assert.deepEqual(inputs["routeTableIds"], ["rtb-1", "rtb-2"]);
  });

  it("takes every rule from the default security group", async () => {
    const { inputs } = (await environmentOf("development")).resources.one(
      "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    );
    assert.deepEqual(inputs, { vpcId: "vpc-1", ingress: [], egress: [] });
  });

  it("logs every flow into an encrypted group, with a role for that group only", async () => {
    const { resources } = await environmentOf("production");
    const log = resources.one("aws:ec2/flowLog:FlowLog").inputs;
    assert.equal(log["trafficType"], "ALL");
    assert.equal(log["vpcId"], "vpc-1");
    const group = resources.one("aws:cloudwatch/logGroup:LogGroup", "production-flows").inputs;
    assert.equal(group["name"], "/switchyard/production/platform/flows");
    assert.equal(group["retentionInDays"], 365);
    assert.ok(group["kmsKeyId"]);
    const [statement] = statements(resources.one("aws:iam/rolePolicy:RolePolicy", "production-flows").inputs["policy"]);
    const arn = log["logDestination"];
    assert.deepEqual(statement?.Resource, [arn, `${String(arn)}:*`]);
  });
});
