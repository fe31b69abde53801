import type { Inputs } from "../rule.ts";

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
}

export const securityGroupTypes = [
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:ec2/securityGroupRule:SecurityGroupRule",
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
] as const;

/** Every opening a security group or a rule of one declares, whichever of the four resources it is written in. */
export function* openings(type: string, props: Record<string, unknown>): Iterable<Opening> {
  switch (type) {
    case securityGroupTypes[0]:
      yield* inline(props as unknown as Inputs<(typeof securityGroupTypes)[0]>);
      return;
    case securityGroupTypes[1]: {
      const rule = props as unknown as Inputs<(typeof securityGroupTypes)[1]>;
      yield opening("rule", rule.type === "ingress", rule.protocol, rule, [
        ...("cidrBlocks" in rule ? (rule.cidrBlocks ?? []) : []),
        ...("ipv6CidrBlocks" in rule ? (rule.ipv6CidrBlocks ?? []) : []),
      ]);
      return;
    }
    default: {
      const rule = props as unknown as Inputs<(typeof securityGroupTypes)[2]>;
      const cidrs = ["cidrIpv4" in rule ? rule.cidrIpv4 : undefined, "cidrIpv6" in rule ? rule.cidrIpv6 : undefined];
      yield opening(
        "rule",
        type === securityGroupTypes[2],
        rule.ipProtocol,
        rule,
        cidrs.filter((one) => one !== undefined),
      );
    }
  }
}

function* inline(group: Inputs<(typeof securityGroupTypes)[0]>): Iterable<Opening> {
  for (const side of ["ingress", "egress"] as const) {
    if (!(side in group)) continue;
    for (const [index, one] of (group[side] ?? []).entries()) {
      yield opening(`${side}[${index}]`, side === "ingress", one.protocol, one, [
        ...(one.cidrBlocks ?? []),
        ...(one.ipv6CidrBlocks ?? []),
      ]);
    }
  }
}

function opening(
  at: string,
  ingress: boolean,
  protocol: string,
  ports: { readonly fromPort?: number | undefined; readonly toPort?: number | undefined },
  cidrs: readonly string[],
): Opening {
  const world = cidrs.some(isWorld);
  const every = protocol === "-1" || protocol === "all" || ports.fromPort === -1 || ports.fromPort === undefined;
  return {
    at,
    ingress,
    protocol,
    from: every ? 0 : (ports.fromPort as number),
    to: every ? 65535 : (ports.toPort ?? 65535),
    world,
  };
}

/** Whether a CIDR reaches (nearly) the whole internet: a prefix so short that splitting 0.0.0.0/0 in halves changes nothing. */
export function isWorld(cidr: string): boolean {
  return Number(cidr.split("/")[1] ?? 32) < 8;
}
