import { reachInternet } from "../meaning/ranges.ts";
import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { adminPort } from "./acl.ts";
import { isMessage, type Opening, openings, securityGroupTypes } from "./openings.ts";

// Security Hub EC2.19's list.
const highRisk = [
  20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 8080, 8088, 8888,
  9200, 9300,
];
const acls = [
  "aws:ec2/networkAcl:NetworkAcl",
  "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
  "aws:ec2/networkAclRule:NetworkAclRule",
] as const;

export const networkRules = [
  resourceRule(securityGroupTypes, {
    name: "sg-authorized-ports",
    level: "mandatory",
    severity: "high",
    controls: ["EC2.18"],
    title: "The internet reaches authorized ports only",
    why: "Whatever listens behind any other open port is scanned within minutes.",
    fix: "Let in a security group instead of a CIDR, or use a port from the configured list.",
    settings: { ports: setting.integers([80, 443], "Ports that may be open to the internet") },
    check: function* (props, { type, settings }) {
      const authorized = (one: Opening) => one.from === one.to && settings.ports.includes(one.from);
      for (const one of openingsOf(type, props)) {
        if (!one.ingress || isMessage(one.protocol) || authorized(one)) continue;
        if (one.world) yield `${one.at} opens ${ports(one)} to the internet, where only authorized ports may be open`;
        else if (one.listed) yield `${one.at} opens ${ports(one)} to a prefix list, which may hold the internet`;
      }
    },
  }),
  portRule(
    "sg-no-high-risk-ports",
    ["EC2.19"],
    "No high-risk port is open to the internet",
    "They belong to remote shells, databases and consoles.",
    (one) => highRisk.find((port) => includes(one, port)),
  ),
  portRule(
    "sg-no-public-ssh",
    ["EC2.13", "EC2.53", "EC2.54", "CKV_AWS_24"],
    "SSH is closed to the internet",
    "Passwords and old keys are tried around the clock.",
    (one) => (one.protocol !== "udp" && includes(one, 22) ? 22 : undefined),
  ),
  portRule(
    "sg-no-public-rdp",
    ["EC2.14", "EC2.53", "EC2.54", "CKV_AWS_25"],
    "Remote desktop is closed to the internet",
    "Passwords and unpatched servers are tried around the clock.",
    (one) => (includes(one, 3389) ? 3389 : undefined),
  ),
  portRule(
    "sg-no-public-all-ports",
    ["CKV_AWS_277"],
    "No group opens all its ports to the internet",
    "It is a machine without a firewall.",
    (one) => (one.from === 0 && one.to === 65535 ? 0 : undefined),
  ),
  resourceRule(securityGroupTypes, {
    name: "sg-narrow-egress",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_382"],
    title: "Egress names ports or destinations",
    why: "A service that can reach everything can send data anywhere.",
    fix: "Name the ports, and the groups or prefix lists the service talks to.",
    check: function* (props, { type }) {
      for (const one of openingsOf(type, props)) {
        if (!one.ingress && one.world && one.from === 0 && one.to === 65535)
          yield `${one.at} opens every port to the internet`;
      }
    },
  }),
  resourceRule(securityGroupTypes, {
    name: "sg-described",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_23"],
    title: "Security groups and their rules say what they are for",
    why: "An opening nobody can explain is never closed.",
    fix: "Write a description.",
    check: (props) =>
      "description" in props
        ? props.description === "Managed by Pulumi"
          ? "description says nothing"
          : undefined
        : "description is missing",
  }),
  resourceRule("aws:ec2/securityGroup:SecurityGroup", {
    name: "sg-no-inline-rules",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://www.pulumi.com/registry/packages/aws/api-docs/ec2/securitygroup/",
    title: "Openings are resources of their own",
    why: "Inline openings merge their sources, so nobody can tell who lets whom in, and AWS mixes both kinds up.",
    fix: "Move ingress and egress to aws.vpc.SecurityGroupIngressRule and SecurityGroupEgressRule.",
    check: function* (group) {
      if ("ingress" in group && (group.ingress ?? []).length > 0) yield "ingress is written inline";
      if ("egress" in group && (group.egress ?? []).length > 0) yield "egress is written inline";
    },
  }),
  resourceRule("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", {
    name: "vpc-default-group-closed",
    level: "mandatory",
    severity: "high",
    controls: ["EC2.2", "CKV2_AWS_12"],
    title: "The default security group lets nothing in or out",
    why: "What is started without a group of its own lands in it.",
    fix: "Leave ingress and egress empty.",
    check: function* (group) {
      if ((group.ingress ?? []).length > 0) yield "ingress is not empty";
      if ((group.egress ?? []).length > 0) yield "egress is not empty";
    },
  }),
  resourceRule("aws:ec2/flowLog:FlowLog", {
    name: "vpc-flow-log-records-rejects",
    level: "mandatory",
    severity: "medium",
    controls: ["EC2.6", "CKV2_AWS_11"],
    title: "Flow logs record rejected traffic",
    why: "Refused connections are what shows a scan or a wrong group.",
    fix: "Set trafficType to ALL or REJECT.",
    check: ({ trafficType }) =>
      trafficType === "ALL" || trafficType === "REJECT" ? undefined : "trafficType leaves out rejected traffic",
  }),
  resourceRule(acls, {
    name: "nacl-no-public-admin-ports",
    level: "mandatory",
    severity: "medium",
    controls: ["EC2.21", "CKV_AWS_229", "CKV_AWS_230", "CKV_AWS_231", "CKV_AWS_232"],
    title: "No network ACL lets the internet in at SSH, RDP or FTP",
    why: "The ACL is what still holds when a security group is wrong.",
    fix: "Deny the port, or name the source.",
    check: function* (acl) {
      if ("ruleAction" in acl) {
        const { ruleAction: action, egress } = acl;
        const port = egress === true ? undefined : adminPort([{ ...acl, action, ruleNo: 0 }]);
        if (port !== undefined) yield `the rule admits the internet to port ${port}`;
        return;
      }
      const port = adminPort(acl.ingress ?? []);
      if (port !== undefined) yield `ingress admits the internet to port ${port}`;
    },
  }),
  resourceRule(
    ["aws:ec2/managedPrefixList:ManagedPrefixList", "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"],
    {
      name: "prefix-list-not-internet",
      level: "mandatory",
      severity: "high",
      controls: [],
      url: "https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html",
      title: "No prefix list holds the internet",
      why: "A group that lets the list in looks narrow, and is open to everyone.",
      fix: "List the networks that are meant.",
      check: (list) => {
        const cidrs =
          "cidr" in list ? [list.cidr] : "entries" in list ? (list.entries ?? []).map(({ cidr }) => cidr) : [];
        return reachInternet(cidrs) ? `${"cidr" in list ? "cidr" : "entries"} reach the internet` : undefined;
      },
    },
  ),
  resourceRule("aws:ec2/subnet:Subnet", {
    name: "subnet-no-automatic-address",
    level: "advisory",
    severity: "medium",
    controls: ["EC2.15", "CKV_AWS_130"],
    title: "Only public subnets give out public addresses",
    why: "A machine started there is on the internet without anybody deciding it.",
    fix: "Leave mapPublicIpOnLaunch out.",
    check: (subnet, { name }) =>
      subnet.mapPublicIpOnLaunch === true && !/public/i.test(name) ? "mapPublicIpOnLaunch is true" : undefined,
  }),
];

function portRule(
  name: string,
  controls: readonly string[],
  title: string,
  why: string,
  /** The port at fault; 0 stands for all of them. */
  breaks: (one: Opening) => number | undefined,
) {
  return resourceRule(securityGroupTypes, {
    name,
    level: "mandatory",
    severity: "critical",
    controls,
    title,
    why,
    fix: "Let in a security group, or a known network, instead of the internet.",
    check: function* (props, { type }) {
      for (const one of openingsOf(type, props)) {
        if (!one.ingress || !one.world || isMessage(one.protocol)) continue;
        const port = breaks(one);
        if (port !== undefined) yield `${one.at} opens ${port === 0 ? "every port" : `port ${port}`} to the internet`;
      }
    },
  });
}

function openingsOf(type: string, props: object): Iterable<Opening> {
  return openings(type, props as Record<string, unknown>);
}

function ports({ from, to }: Opening): string {
  if (from === 0 && to === 65535) return "every port";
  return from === to ? `port ${from}` : `ports ${from} to ${to}`;
}

function includes({ from, to }: Pick<Opening, "from" | "to">, port: number): boolean {
  return from <= port && port <= to;
}
