import { reachInternet } from "../meaning/ranges.ts";
import { elements, given, peek, unknown } from "../unknown.ts";

/** One range of ports a security group lets in or out. */
export interface Opening {
  /** The property it stands in, for findings. */
  readonly at: string;
  readonly ingress: boolean;
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  /** Open to the whole internet. */
  readonly world: boolean;
  /** Open to a prefix list, whose ranges only its owner knows. */
  readonly listed: boolean;
}

export const securityGroupTypes = [
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/securityGroupRule:SecurityGroupRule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
] as const;

/** The properties of each shape that hold ranges, and prefix lists. */
const shapes = {
  list: { ranges: ["cidrBlocks", "ipv6CidrBlocks"], lists: ["prefixListIds"], protocol: "protocol" },
  single: { ranges: ["cidrIpv4", "cidrIpv6"], lists: ["prefixListId"], protocol: "ipProtocol" },
} as const;

/**
 * Every opening a security group or a rule of one declares, whichever of the four resources it is written in. What is
 * known comes first: an unknown value throws when the rest has been said.
 */
export function* openings(type: string, props: Record<string, unknown>): Iterable<Opening> {
  const later: (() => unknown)[] = [];
  switch (type) {
    case securityGroupTypes[0]:
      for (const side of ["ingress", "egress"]) yield* inline(props, side, later);
      break;
    case securityGroupTypes[1]: {
      const ingress = String(props["type"]).toLowerCase() === "ingress";
      yield* opening("rule", ingress, props, shapes.list, later);
      break;
    }
    default:
      yield* opening("rule", type === securityGroupTypes[2], props, shapes.single, later);
  }
  for (const read of later) read();
}

function* inline(group: Record<string, unknown>, side: string, later: (() => unknown)[]): Iterable<Opening> {
  const list = peek(group, side);
  if (list === unknown) later.push(() => group[side]);
  if (!Array.isArray(list)) return;
  for (const [index, one] of elements(list).entries()) {
    if (one === unknown) later.push(() => list[index]);
    else yield* opening(`${side}[${index}]`, side === "ingress", one as Record<string, unknown>, shapes.list, later);
  }
}

function* opening(
  at: string,
  ingress: boolean,
  rule: Record<string, unknown>,
  shape: (typeof shapes)[keyof typeof shapes],
  later: (() => unknown)[],
): Iterable<Opening> {
  const protocol = protocolOf(rule[shape.protocol]);
  const cidrs = shape.ranges.flatMap((property) => known(rule, property, later));
  const from = rule["fromPort"] as number | undefined;
  const every = protocol === "-1" || ((from === -1 || from === undefined) && !isMessage(protocol));
  yield {
    at,
    ingress,
    protocol,
    from: every ? 0 : Number(from ?? 0),
    to: every ? 65535 : Number(rule["toPort"] ?? 65535),
    world: reachInternet(cidrs),
    listed: shape.lists.some((property) => given(rule, property)),
  };
}

function known(rule: Record<string, unknown>, property: string, later: (() => unknown)[]): readonly string[] {
  const value = peek(rule, property);
  if (value === unknown) later.push(() => rule[property]);
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return [];
  return elements(value).flatMap((one, index) => {
    if (one === unknown) later.push(() => value[index]);
    return typeof one === "string" ? [one] : [];
  });
}

/** Protocols by the names and numbers EC2 takes for them; every one is `-1`. */
export function protocolOf(value: unknown): string {
  const name = String(value).toLowerCase();
  return { all: "-1", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6" }[name] ?? name;
}

/** ICMP has types where others have ports. */
export function isMessage(protocol: string): boolean {
  return protocol === "icmp" || protocol === "icmpv6";
}
