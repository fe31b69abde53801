import type { Domain, Fault } from "./types.ts";

const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const group = "aws:ec2/securityGroup:SecurityGroup";
const rule = "aws:ec2/securityGroupRule:SecurityGroupRule";
const listener = "aws:lb/listener:Listener";
const alb = "aws:lb/loadBalancer:LoadBalancer";
const targets = "aws:lb/targetGroup:TargetGroup";
const redirect = [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }];
const webAcl = "aws:wafv2/webAcl:WebAcl";
const wafLog = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration";
const unsampled = { cloudwatchMetricsEnabled: true, metricName: "acl", sampledRequestsEnabled: false };
const redacted = (...names: string[]) => names.map((name) => ({ singleHeader: { name } }));
const forward = [{ type: "forward", targetGroupArn: "arn" }];

function opens(name: string, from: number, to = from, cidr = "0.0.0.0/0"): Fault {
  return {
    rule: name,
    type: ingress,
    change: { cidrIpv4: cidr, fromPort: from, toPort: to, referencedSecurityGroupId: undefined },
  };
}

const oldPolicy = "aws:elb/loadBalancerPolicy:LoadBalancerPolicy";

export const network: Domain = {
  good: {
    [webAcl]: {
      props: {
        scope: "REGIONAL",
        defaultAction: { allow: {} },
        visibilityConfig: unsampled,
        rules: [{ name: "common", priority: 0, visibilityConfig: unsampled }],
      },
    },
    [wafLog]: {
      props: {
        resourceArn: "arn",
        logDestinationConfigs: ["arn"],
        redactedFields: redacted("Cookie", "authorization"),
      },
    },
    [oldPolicy]: {
      props: {
        policyTypeName: "SSLNegotiationPolicyType",
        policyAttributes: [{ name: "Reference-Security-Policy", value: "ELBSecurityPolicy-TLS-1-2-2017-01" }],
      },
    },
    "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults": { props: { httpTokens: "required" } },
    [ingress]: {
      props: {
        securityGroupId: "sg-1",
        referencedSecurityGroupId: "sg-2",
        ipProtocol: "tcp",
        fromPort: 8080,
        toPort: 8080,
        description: "from the load balancer",
      },
    },
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
      props: {
        securityGroupId: "sg-1",
        cidrIpv4: "0.0.0.0/0",
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        description: "to AWS",
      },
    },
    [group]: { props: { vpcId: "vpc-1", description: "Service api" } },
    [rule]: {
      props: {
        type: "ingress",
        securityGroupId: "sg-1",
        sourceSecurityGroupId: "sg-2",
        protocol: "tcp",
        fromPort: 5432,
        toPort: 5432,
        description: "from the api",
      },
    },
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": { props: { vpcId: "vpc-1", ingress: [], egress: [] } },
    "aws:ec2/flowLog:FlowLog": { props: { vpcId: "vpc-1", trafficType: "ALL" } },
    "aws:ec2/networkAcl:NetworkAcl": {
      props: {
        vpcId: "vpc-1",
        ingress: [{ action: "allow", protocol: "tcp", cidrBlock: "0.0.0.0/0", fromPort: 443, toPort: 443, ruleNo: 1 }],
      },
    },
    "aws:ec2/networkAclRule:NetworkAclRule": {
      props: { ruleAction: "allow", protocol: "tcp", cidrBlock: "10.0.0.0/8", fromPort: 22, toPort: 22, egress: false },
    },
    "aws:ec2/managedPrefixList:ManagedPrefixList": {
      props: { name: "office", addressFamily: "IPv4", maxEntries: 2, entries: [{ cidr: "203.0.113.0/24" }] },
    },
    "aws:ec2/subnet:Subnet": { props: { vpcId: "vpc-1", mapPublicIpOnLaunch: false } },
    "aws:ec2/instance:Instance": {
      props: { metadataOptions: { httpTokens: "required" }, rootBlockDevice: { encrypted: true } },
    },
    [listener]: {
      props: {
        loadBalancerArn: "arn",
        port: 443,
        protocol: "HTTPS",
        sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
        certificateArn: "arn",
        defaultActions: forward,
        routingHttpResponseStrictTransportSecurityHeaderValue: "max-age=300",
      },
    },
    [alb]: {
      props: {
        loadBalancerType: "application",
        subnets: ["subnet-1", "subnet-2"],
        dropInvalidHeaderFields: true,
        desyncMitigationMode: "defensive",
        enableDeletionProtection: true,
        accessLogs: { enabled: true, bucket: "logs" },
      },
    },
    [targets]: {
      props: { port: 443, protocol: "HTTPS", healthCheck: { enabled: true, path: "/healthz", protocol: "HTTPS" } },
    },
  },
  faults: [
    {
      rule: "prefix-list-not-internet",
      type: "aws:ec2/managedPrefixList:ManagedPrefixList",
      change: { entries: [{ cidr: "0.0.0.0/1" }, { cidr: "128.0.0.0/1" }] },
    },
    {
      rule: "ec2-no-plaintext-secrets",
      type: "aws:ec2/instance:Instance",
      change: { userData: "#!/bin/sh\nexport DB_PASSWORD=hunter22-canary\n" },
    },
    opens("sg-authorized-ports", 8443),
    {
      rule: "sg-authorized-ports",
      type: group,
      change: { ingress: [{ protocol: "tcp", fromPort: 8443, toPort: 8443, cidrBlocks: ["0.0.0.0/0"] }] },
    },
    { rule: "sg-authorized-ports", type: rule, change: { sourceSecurityGroupId: undefined, ipv6CidrBlocks: ["::/0"] } },
    opens("sg-no-high-risk-ports", 5432),
    opens("sg-no-high-risk-ports", 3000, 4000),
    opens("sg-no-public-ssh", 22),
    opens("sg-no-public-ssh", 0, 1024, "0.0.0.0/1"),
    opens("sg-no-public-rdp", 3389),
    opens("sg-no-public-all-ports", 0, 65535),
    {
      rule: "sg-no-public-all-ports",
      type: ingress,
      change: {
        cidrIpv6: "::/0",
        ipProtocol: "-1",
        fromPort: undefined,
        toPort: undefined,
        referencedSecurityGroupId: undefined,
      },
    },
    {
      rule: "sg-no-inline-rules",
      type: group,
      change: { ingress: [{ protocol: "tcp", fromPort: 1, toPort: 1, securityGroups: ["sg-2"] }] },
    },
    {
      rule: "sg-narrow-egress",
      type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      change: { ipProtocol: "-1", fromPort: undefined, toPort: undefined },
    },
    { rule: "sg-described", type: ingress, change: { description: undefined } },
    { rule: "sg-described", type: group, change: { description: "Managed by Pulumi" } },
    {
      rule: "vpc-default-group-closed",
      type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
      change: { ingress: [{ protocol: "-1", self: true, fromPort: 0, toPort: 0 }] },
    },
    { rule: "vpc-flow-log-records-rejects", type: "aws:ec2/flowLog:FlowLog", change: { trafficType: "ACCEPT" } },
    {
      rule: "nacl-no-public-admin-ports",
      type: "aws:ec2/networkAcl:NetworkAcl",
      change: {
        ingress: [{ action: "allow", protocol: "tcp", cidrBlock: "0.0.0.0/0", fromPort: 20, toPort: 30, ruleNo: 1 }],
      },
    },
    {
      rule: "nacl-no-public-admin-ports",
      type: "aws:ec2/networkAclRule:NetworkAclRule",
      change: { cidrBlock: "0.0.0.0/0" },
    },
    {
      rule: "subnet-no-automatic-address",
      type: "aws:ec2/subnet:Subnet",
      name: "private-1",
      change: { mapPublicIpOnLaunch: true },
    },
    {
      rule: "ec2-no-public-address",
      type: "aws:ec2/instance:Instance",
      change: { associatePublicIpAddress: true },
    },
    {
      rule: "elb-tls-policy",
      type: oldPolicy,
      change: { policyAttributes: [{ name: "Reference-Security-Policy", value: "ELBSecurityPolicy-2016-08" }] },
    },
    {
      rule: "ec2-metadata-tokens",
      type: "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
      change: { httpTokens: "optional" },
    },
    {
      rule: "ec2-metadata-tokens",
      type: "aws:ec2/instance:Instance",
      change: { metadataOptions: { httpTokens: "optional" } },
    },
    {
      rule: "alb-redirects-http",
      type: listener,
      change: { port: 80, protocol: "HTTP", sslPolicy: undefined, certificateArn: undefined },
    },
    {
      rule: "alb-redirects-http",
      type: listener,
      change: {
        port: 80,
        protocol: "HTTP",
        defaultActions: [{ type: "redirect", redirect: { ...redirect[0]?.redirect, protocol: "HTTP" } }],
      },
    },
    { rule: "alb-tls-listeners", type: listener, change: { port: 8080, protocol: "HTTP" } },
    { rule: "alb-tls-policy", type: listener, change: { sslPolicy: "ELBSecurityPolicy-2016-08" } },
    { rule: "alb-tls-policy", type: listener, change: { sslPolicy: undefined } },
    { rule: "alb-hsts", type: listener, change: { routingHttpResponseStrictTransportSecurityHeaderValue: undefined } },
    {
      rule: "alb-hsts",
      type: listener,
      change: { routingHttpResponseStrictTransportSecurityHeaderValue: "max-age=0; includeSubDomains" },
    },
    { rule: "waf-has-rules", type: webAcl, change: { rules: [] } },
    {
      rule: "waf-keeps-no-samples",
      type: webAcl,
      change: { visibilityConfig: { ...unsampled, sampledRequestsEnabled: true } },
    },
    {
      rule: "waf-keeps-no-samples",
      type: webAcl,
      change: {
        rules: [{ name: "common", priority: 0, visibilityConfig: { ...unsampled, sampledRequestsEnabled: undefined } }],
      },
    },
    { rule: "waf-log-redacted", type: wafLog, change: { redactedFields: undefined } },
    { rule: "waf-log-redacted", type: wafLog, change: { redactedFields: redacted("cookie") } },
    { rule: "alb-drops-invalid-headers", type: alb, change: { dropInvalidHeaderFields: undefined } },
    { rule: "alb-desync-mitigation", type: alb, change: { desyncMitigationMode: "monitor" } },
    { rule: "alb-several-zones", type: alb, change: { subnets: ["subnet-1"] } },
    { rule: "alb-access-logs", type: alb, change: { accessLogs: undefined } },
    { rule: "alb-deletion-protection", type: alb, change: { enableDeletionProtection: false } },
    { rule: "target-group-health-check", type: targets, change: { healthCheck: undefined } },
    { rule: "target-group-health-check", type: targets, change: { healthCheck: { enabled: true } } },
    { rule: "target-group-encrypted-checks", type: targets, change: { healthCheck: { path: "/", protocol: "HTTP" } } },
    { rule: "target-group-encrypted-traffic", type: targets, change: { protocol: "HTTP" } },
  ],
};
