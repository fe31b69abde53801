import assert from "node:assert/strict";
import { environmentOf, runEnvironment, statements } from "../runs.ts";

const vpc = "awsx:ec2:Vpc";

describe("network", () => {
  it("has one NAT gateway in two zones outside production", async () => {
    const { inputs } = (await environmentOf("development")).resources.one(vpc);
    assert.deepEqual(inputs["natGateways"], { strategy: "Single" });
    assert.equal(inputs["numberOfAvailabilityZones"], 2);
  });

  it("has a NAT gateway in each of three zones in production", async () => {
    const { inputs } = (await environmentOf("production")).resources.one(vpc);
    assert.deepEqual(inputs["natGateways"], { strategy: "OnePerAz" });
    assert.equal(inputs["numberOfAvailabilityZones"], 3);
  });

  it("has as many zones and the range it is told", async () => {
    const { resources } = await runEnvironment({ network: { zones: 3, cidr: "10.9.0.0/16" } });
    const { inputs } = resources.one(vpc);
    assert.equal(inputs["numberOfAvailabilityZones"], 3);
    assert.equal(inputs["cidrBlock"], "10.9.0.0/16");
  });

  it("has public, private and isolated subnets that fit into a third of a /16", async () => {
    const { inputs } = (await environmentOf("production")).resources.one(vpc);
    const specs = inputs["subnetSpecs"] as { readonly type: string; readonly cidrMask: number }[];
    assert.deepEqual(specs.map(({ type }) => type).sort(), ["Isolated", "Private", "Public"]);
    const addresses = specs.reduce((sum, { cidrMask }) => sum + 2 ** (32 - cidrMask), 0);
    assert.ok(addresses <= 2 ** 14, "three zones leave a /18 each");
  });

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
