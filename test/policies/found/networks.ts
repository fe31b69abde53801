import type { Found } from "./types.ts";

const group = "aws:ec2/securityGroup:SecurityGroup";
const rule = "aws:ec2/securityGroupRule:SecurityGroupRule";
const ingress = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const listener = "aws:lb/listener:Listener";
const ssh = { fromPort: 22, toPort: 22 };
const found = (rules: readonly string[] | undefined) => (rules === undefined ? {} : { rules });

function opened(what: string, props: Record<string, unknown>, rules?: readonly string[]): Found {
  return {
    what: `rule ${what}`,
    type: ingress,
    props: { securityGroupId: "sg-1", ipProtocol: "tcp", ...ssh, ...props },
    ...found(rules),
  };
}

function older(what: string, props: Record<string, unknown>, rules?: readonly string[]): Found {
  const base = { type: "ingress", securityGroupId: "sg-1", protocol: "tcp", ...ssh };
  return { what: `older rule ${what}`, type: rule, props: { ...base, ...props }, ...found(rules) };
}

function acl(
  what: string,
  ingressEntries: readonly Record<string, unknown>[],
  rules?: readonly string[],
  type = "NetworkAcl",
): Found {
  return {
    what: `acl ${what}`,
    type: `aws:ec2/${type[0]?.toLowerCase()}${type.slice(1)}:${type}`,
    props: { vpcId: "vpc-1", ingress: ingressEntries },
    ...found(rules),
  };
}

function listens(what: string, props: Record<string, unknown>, rules?: readonly string[], type = listener): Found {
  const base = { loadBalancerArn: "arn", defaultActions: [{ type: "forward", targetGroupArn: "arn" }] };
  return { what: `listener ${what}`, type, props: { ...base, ...props }, ...found(rules) };
}

const publicSsh = ["sg-no-public-ssh"];
const admin = ["nacl-no-public-admin-ports"];
const world = { cidrBlock: "0.0.0.0/0" };
const all = [...Array(60).keys()].map((one) => `${one + 40}.0.0.0/8`);
const balancer = "aws:lb/loadBalancer:LoadBalancer";

export const networks: readonly Found[] = [
  older("from many /8", { cidrBlocks: all }, publicSsh),
  opened("from one /8", { cidrIpv4: "54.0.0.0/8" }, publicSsh),
  older("from two /9", { cidrBlocks: ["54.0.0.0/9", "52.128.0.0/9"] }, publicSsh),
  opened("from 2000::/8", { cidrIpv6: "2000::/8" }, publicSsh),
  opened("protocol ALL", { ipProtocol: "ALL", cidrIpv4: "0.0.0.0/0" }, publicSsh),
  older("protocol -1 as a number", { protocol: -1, fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }, publicSsh),
  older("protocol 6", { protocol: "6", cidrBlocks: ["0.0.0.0/0"] }, publicSsh),
  older("type Ingress", { type: "Ingress", cidrBlocks: ["0.0.0.0/0"] }, publicSsh),
  opened("prefix list", { prefixListId: "pl-1" }, ["sg-authorized-ports"]),
  opened("prefix list on 443", { prefixListId: "pl-1", fromPort: 443, toPort: 443 }),
  opened("ICMP echo", { ipProtocol: "icmp", fromPort: 8, toPort: 0, cidrIpv4: "0.0.0.0/0" }),
  opened("ICMPv6", { ipProtocol: "icmpv6", fromPort: -1, toPort: -1, cidrIpv6: "::/0" }),
  opened("from an office", { cidrIpv4: "203.0.113.0/24" }),
  opened("from inside", { cidrIpv4: "10.0.0.0/8" }),
  opened("from inside, IPv6", { cidrIpv6: "fd00::/8" }),
  {
    what: "group, the second entry open",
    type: group,
    props: {
      description: "d",
      ingress: [
        { protocol: "tcp", ...ssh, cidrBlocks: ["10.0.0.0/8"] },
        { protocol: "tcp", ...ssh, ipv6CidrBlocks: ["::/0"] },
      ],
    },
    rules: publicSsh,
  },
  acl(
    "default, 22 open",
    [{ action: "allow", ruleNo: 1, protocol: "tcp", ...ssh, ...world }],
    admin,
    "DefaultNetworkAcl",
  ),
  acl(
    "-1 before the denials",
    [
      { action: "allow", ruleNo: 1, protocol: "-1", fromPort: 0, toPort: 0, ...world },
      { action: "deny", ruleNo: 2, protocol: "tcp", ...ssh, ...world },
    ],
    admin,
  ),
  acl("denials before what allows all", [
    { action: "allow", ruleNo: 100, protocol: "-1", fromPort: 0, toPort: 0, ...world },
    { action: "deny", ruleNo: 1, protocol: "tcp", fromPort: 20, toPort: 22, ...world },
    { action: "deny", ruleNo: 2, protocol: "tcp", fromPort: 3389, toPort: 3389, ...world },
  ]),
  acl("ICMP", [{ action: "allow", ruleNo: 1, protocol: "icmp", fromPort: 0, toPort: 0, icmpType: -1, ...world }]),
  acl("answers to clients", [{ action: "allow", ruleNo: 1, protocol: "tcp", fromPort: 1024, toPort: 65535, ...world }]),
  {
    what: "acl rule for every protocol",
    type: "aws:ec2/networkAclRule:NetworkAclRule",
    props: {
      networkAclId: "acl-1",
      ruleNumber: 1,
      ruleAction: "allow",
      protocol: "-1",
      cidrBlock: "0.0.0.0/0",
      egress: false,
    },
    rules: admin,
  },
  {
    what: "acl rule for all, by its name",
    type: "aws:ec2/networkAclRule:NetworkAclRule",
    props: { networkAclId: "acl-1", ruleNumber: 1, ruleAction: "ALLOW", protocol: "all", cidrBlock: "0.0.0.0/0" },
    rules: admin,
  },

  listens("TCP of a network balancer", { port: 5000, protocol: "TCP" }),
  listens("UDP of a network balancer", { port: 53, protocol: "UDP" }),
  listens("of a gateway balancer", {}),
  {
    what: "listener of HTTP, nothing else said",
    type: "aws:alb/listener:Listener",
    props: { protocol: "HTTP" },
    rules: ["alb-tls-listeners"],
  },
  listens("certificate alone", { port: 443, certificateArn: "arn" }, ["alb-tls-policy"]),
  listens("certificate and policy alone", {
    port: 443,
    certificateArn: "arn",
    sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
  }),
  listens(
    "https in small letters, weak policy",
    { port: 443, protocol: "https", certificateArn: "arn", sslPolicy: "ELBSecurityPolicy-2016-08" },
    ["alb-tls-policy"],
  ),
  listens("HTTP without an action", { port: 80, protocol: "HTTP", defaultActions: [] }, ["alb-redirects-http"]),
  listens("HTTP, action left out", { port: 80, protocol: "HTTP", defaultActions: undefined }, ["alb-redirects-http"]),
  listens(
    "HTTP forward under the older name",
    { port: 80, protocol: "HTTP" },
    ["alb-redirects-http"],
    "aws:alb/listener:Listener",
  ),
  listens(
    "FS-1-1",
    { port: 443, protocol: "HTTPS", sslPolicy: "ELBSecurityPolicy-FS-1-1-2019-08" },
    ["alb-tls-policy"],
    "aws:alb/listener:Listener",
  ),
  {
    what: "classic balancer, HTTP",
    type: "aws:elb/loadBalancer:LoadBalancer",
    props: { listeners: [{ lbPort: 80, lbProtocol: "http", instancePort: 80, instanceProtocol: "http" }] },
    rules: ["alb-tls-listeners"],
  },
  {
    what: "balancer under the older name",
    type: "aws:alb/loadBalancer:LoadBalancer",
    props: { subnets: ["a", "b"] },
    rules: ["alb-drops-invalid-headers"],
  },
  {
    what: "gateway balancer",
    type: balancer,
    props: { loadBalancerType: "gateway", subnets: ["a", "b"], enableDeletionProtection: true },
  },
  {
    what: "target group with an empty path",
    type: "aws:lb/targetGroup:TargetGroup",
    props: { protocol: "HTTP", healthCheck: { path: "" } },
    rules: ["target-group-health-check"],
  },
  {
    what: "target group under the older name",
    type: "aws:alb/targetGroup:TargetGroup",
    props: { protocol: "HTTP" },
    rules: ["target-group-health-check"],
  },
  {
    what: "classic balancer's policy of another kind",
    type: "aws:elb/loadBalancerPolicy:LoadBalancerPolicy",
    props: { policyTypeName: "ProxyProtocolPolicyType", policyAttributes: [{ name: "ProxyProtocol", value: "true" }] },
  },
  {
    what: "classic balancer, TLS 1.0 by name",
    type: "aws:elb/sslNegotiationPolicy:SslNegotiationPolicy",
    props: {
      attributes: [
        { name: "Protocol-TLSv1.2", value: "true" },
        { name: "Protocol-TLSv1", value: "true" },
      ],
    },
    rules: ["elb-tls-policy"],
  },
  {
    what: "classic balancer, TLS 1.0 switched off by name",
    type: "aws:elb/sslNegotiationPolicy:SslNegotiationPolicy",
    props: {
      attributes: [
        { name: "Protocol-TLSv1.2", value: "true" },
        { name: "Protocol-TLSv1", value: "false" },
      ],
    },
  },
  {
    what: "the account's defaults without a metadata service",
    type: "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
    props: { httpEndpoint: "disabled" },
  },
];
