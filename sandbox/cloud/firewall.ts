/**
 * What security groups let through, as far as this cloud's network has any: from a load balancer to its targets. Moto's
 * rules are read again only when one was written. Groups moto does not know in the cloud's own account let everything
 * through, and so does a side without groups.
 */
import { BlockList } from "node:net";
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from "@aws-sdk/client-ec2";
import type { MetadataBearer } from "@smithy/types";
import type { CloudContext, CommandClass } from "./handlers.ts";

/** One end of a connection. */
export interface Side {
  /** Ids of its security groups. */
  readonly groups: readonly string[];
  /** Ids of the subnets its addresses are of. */
  readonly subnets: readonly string[];
}

/** A side as rules see it: with the IPv4 ranges of its subnets, e.g. `10.0.1.0/24`. */
export interface Peer {
  readonly groups: readonly string[];
  readonly ranges: readonly string[];
}

function covers(wide: string, range: string): boolean {
  const [address = "", bits] = wide.split("/");
  const [inner = "", innerBits] = range.split("/");
  if (Number(bits) > Number(innerBits)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits));
  return list.check(inner);
}

/** Whether a TCP connection to (or from) the peer is within one of the permissions. */
export function permits(permissions: readonly IpPermission[] | undefined, peer: Peer, port: number): boolean {
  return (permissions ?? []).some(({ IpProtocol, FromPort, ToPort, UserIdGroupPairs, IpRanges }) => {
    const everything = IpProtocol === "-1";
    const inPorts = port >= (FromPort ?? 0) && port <= (ToPort ?? 65_535);
    if (!everything && !(["tcp", "6"].includes(IpProtocol ?? "") && inPorts)) return false;
    if (UserIdGroupPairs?.some(({ GroupId = "" }) => peer.groups.includes(GroupId))) return true;
    return IpRanges?.some(
      ({ CidrIp = "" }) => peer.ranges.length > 0 && peer.ranges.every((one) => covers(CidrIp, one)),
    );
  });
}

interface Known {
  readonly groups: ReadonlyMap<string, SecurityGroup>;
  readonly ranges: ReadonlyMap<string, string>;
}

export class Firewall {
  readonly #client: EC2Client;
  #known: Promise<Known> | undefined;

  constructor(client: EC2Client) {
    this.#client = client;
  }

  /** To be called after every write of a rule. */
  forget(): void {
    this.#known = undefined;
  }

  async allows(from: Side, to: Side, port: number): Promise<boolean> {
    this.#known ??= this.#read();
    const reading = this.#known;
    reading.catch(() => this.#known === reading && this.forget());
    const { groups, ranges } = await reading;
    const peer = (side: Side): Peer => ({
      groups: side.groups,
      ranges: side.subnets.flatMap((subnet) => ranges.get(subnet) ?? []),
    });
    const passes = (side: Side, other: Side, rules: "IpPermissions" | "IpPermissionsEgress") =>
      side.groups.length === 0 ||
      side.groups.some((id) => !groups.has(id) || permits(groups.get(id)?.[rules], peer(other), port));
    return passes(from, to, "IpPermissionsEgress") && passes(to, from, "IpPermissions");
  }

  async #read(): Promise<Known> {
    const [{ SecurityGroups = [] }, { Subnets = [] }] = await Promise.all([
      this.#client.send(new DescribeSecurityGroupsCommand({})),
      this.#client.send(new DescribeSubnetsCommand({})),
    ]);
    return {
      groups: new Map(SecurityGroups.map((group) => [group.GroupId ?? "", group])),
      ranges: new Map(Subnets.map(({ SubnetId = "", CidrBlock = "" }) => [SubnetId, CidrBlock])),
    };
  }
}

/** What makes or changes a group, a rule or a subnet. */
const writes = [
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
] as const;

export function installFirewall(cloud: CloudContext): void {
  const firewall = firewallOf(cloud);
  for (const command of writes)
    cloud.handle(command as CommandClass<object, MetadataBearer>, (_input, call) =>
      call.toMoto().finally(() => firewall.forget()),
    );
  cloud.onReset(() => firewall.forget());
}

const installed = new WeakMap<CloudContext, Firewall>();

export function firewallOf(cloud: CloudContext): Firewall {
  const known = installed.get(cloud) ?? new Firewall(cloud.moto(EC2Client));
  installed.set(cloud, known);
  return known;
}
