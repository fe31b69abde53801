import type { Fixtures } from "../fixtures.ts";
import { type Case, tags } from "./case.ts";

async function listener(f: Fixtures) {
  const [balancer, group] = [await f.loadBalancer(), await f.targetGroup()];
  return f.make("aws:lb/listener:Listener", {
    loadBalancerArn: balancer.id,
    port: 80,
    protocol: "HTTP",
    defaultActions: [{ type: "forward", targetGroupArn: group.id }],
  });
}

const forward = async (f: Fixtures, blue: number) => [
  {
    type: "forward",
    forward: {
      targetGroups: [
        { arn: (await f.targetGroup()).id, weight: blue },
        { arn: (await f.targetGroup("green")).id, weight: 100 - blue },
      ],
    },
  },
];

export const networkCases: Record<string, Case> = {
  "aws:ec2/vpc:Vpc": {
    inputs: () => ({ cidrBlock: "10.1.0.0/16", ...tags }),
    update: { enableDnsHostnames: true, tags: { team: "other", more: "yes" } },
    replace: { cidrBlock: "10.2.0.0/16" },
    outputs: ["arn", "mainRouteTableId", "defaultSecurityGroupId", "ownerId"],
  },
  "aws:ec2/subnet:Subnet": {
    inputs: async (f) => ({ vpcId: await f.vpc(), cidrBlock: "10.9.77.0/24", availabilityZone: "us-east-1a", ...tags }),
    update: { mapPublicIpOnLaunch: true },
    replace: { cidrBlock: "10.9.78.0/24" },
    outputs: ["arn", "availabilityZone"],
  },
  "aws:ec2/routeTable:RouteTable": {
    inputs: async (f) => ({ vpcId: await f.vpc(), ...tags }),
    update: { tags: {} },
    outputs: ["arn"],
  },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    inputs: async (f) => ({
      routeTableId: (await f.make("aws:ec2/routeTable:RouteTable", { vpcId: await f.vpc() })).id,
      subnetId: (await f.subnets())[0],
    }),
    replace: { subnetId: "subnet-other" },
  },
  "aws:ec2/route:Route": {
    inputs: async (f) => ({
      routeTableId: (await f.make("aws:ec2/routeTable:RouteTable", { vpcId: await f.vpc() })).id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: (await f.make("aws:ec2/internetGateway:InternetGateway", { vpcId: await f.vpc() })).id,
    }),
    replace: { destinationCidrBlock: "10.200.0.0/16" },
    outputs: ["state"],
  },
  "aws:ec2/internetGateway:InternetGateway": {
    inputs: async (f) => ({ vpcId: await f.vpc(), ...tags }),
    update: { tags: { a: "b" } },
    outputs: ["arn"],
  },
  "aws:ec2/eip:Eip": { inputs: () => tags, update: { tags: { a: "b" } }, outputs: ["allocationId", "publicIp"] },
  "aws:ec2/natGateway:NatGateway": {
    inputs: async (f) => ({
      subnetId: (await f.subnets())[0],
      allocationId: (await f.make("aws:ec2/eip:Eip", {})).id,
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { subnetId: "subnet-other" },
    outputs: ["publicIp"],
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    inputs: async (f) => ({
      vpcId: await f.vpc(),
      serviceName: "com.amazonaws.us-east-1.s3",
      routeTableIds: [(await f.make("aws:ec2/routeTable:RouteTable", { vpcId: await f.vpc() })).id],
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { serviceName: "com.amazonaws.us-east-1.dynamodb" },
    outputs: ["arn"],
  },
  "aws:ec2/flowLog:FlowLog": {
    inputs: async (f) => ({
      vpcId: await f.vpc(),
      trafficType: "ALL",
      logDestination: (await f.make("aws:cloudwatch/logGroup:LogGroup", {})).state["arn"],
      iamRoleArn: (await f.role("vpc-flow-logs.amazonaws.com")).state["arn"],
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { trafficType: "REJECT" },
    outputs: ["arn"],
  },
  "aws:ec2/securityGroup:SecurityGroup": {
    inputs: async (f) => ({
      vpcId: await f.vpc(),
      ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, cidrBlocks: ["0.0.0.0/0"] }],
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
      ...tags,
    }),
    update: {
      ingress: [
        { protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"], description: "TLS" },
        { protocol: "tcp", fromPort: 22, toPort: 22, self: true },
      ],
      egress: [],
      tags: { a: "b" },
    },
    replace: { description: "other" },
    outputs: ["arn", "name"],
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
    inputs: async (f) => ({ vpcId: await f.vpc(), ingress: [], egress: [] }),
    update: { ingress: [{ protocol: "tcp", fromPort: 1, toPort: 2, cidrBlocks: ["10.0.0.0/8"] }] },
    remains: true,
  },
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    inputs: async (f) => ({
      securityGroupId: await f.securityGroup(),
      ipProtocol: "tcp",
      fromPort: 80,
      toPort: 80,
      cidrIpv4: "10.0.0.0/8",
      ...tags,
    }),
    update: { toPort: 81, description: "changed" },
    replace: { securityGroupId: "sg-other" },
    outputs: ["arn", "securityGroupRuleId"],
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    inputs: async (f) => ({
      securityGroupId: await f.securityGroup(),
      ipProtocol: "-1",
      referencedSecurityGroupId: await f.securityGroup(),
      description: "to itself",
    }),
    update: { description: "changed" },
    replace: { securityGroupId: "sg-other" },
  },
  "aws:lb/loadBalancer:LoadBalancer": {
    inputs: async (f) => ({ subnets: await f.subnets(), securityGroups: [await f.securityGroup()], ...tags }),
    update: { idleTimeout: 30, dropInvalidHeaderFields: true, tags: { a: "b" } },
    replace: { internal: true },
    outputs: ["arn", "arnSuffix", "dnsName", "zoneId", "vpcId"],
  },
  "aws:lb/targetGroup:TargetGroup": {
    inputs: async (f) => ({
      port: 80,
      protocol: "HTTP",
      targetType: "ip",
      vpcId: await f.vpc(),
      healthCheck: { path: "/healthz" },
      ...tags,
    }),
    update: {
      deregistrationDelay: 30,
      healthCheck: { path: "/other", interval: 10, timeout: 5 },
      stickiness: { enabled: true, type: "lb_cookie", cookieDuration: 60 },
    },
    replace: { port: 81 },
    outputs: ["arn", "arnSuffix"],
  },
  "aws:lb/listener:Listener": {
    inputs: async (f) => ({
      loadBalancerArn: (await f.loadBalancer()).id,
      port: 8080,
      protocol: "HTTP",
      defaultActions: [
        { type: "fixedResponse", fixedResponse: { contentType: "text/plain", messageBody: "no", statusCode: "404" } },
      ].map((action) => ({ ...action, type: "fixed-response" })),
      ...tags,
    }),
    update: {
      defaultActions: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
      routingHttpResponseStrictTransportSecurityHeaderValue: "max-age=60",
    },
    replace: { loadBalancerArn: "arn:other" },
    outputs: ["arn"],
  },
  "aws:lb/listenerCertificate:ListenerCertificate": {
    inputs: async (f) => {
      const asked = { domainName: "more.example.com", validationMethod: "DNS" };
      const certificate = await f.make("aws:acm/certificate:Certificate", asked);
      return { listenerArn: (await listener(f)).id, certificateArn: certificate.id };
    },
    replace: { certificateArn: "arn:other" },
  },
  "aws:lb/listenerRule:ListenerRule": {
    inputs: async (f) => ({
      listenerArn: (await listener(f)).id,
      priority: 10,
      actions: await forward(f, 100),
      conditions: [
        { pathPattern: { values: ["/api/*"] } },
        { httpHeader: { httpHeaderName: "x-preview", values: ["secret"] } },
      ],
      ...tags,
    }),
    update: async (f) => ({ actions: await forward(f, 20), priority: 11 }),
    replace: { listenerArn: "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/b/c" },
    outputs: ["arn"],
  },
};
