import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type ExistingZone, planZones, type ZonePlan } from "./zones.ts";

/** Where the subnets of a stack's network are, those it has among them. */
export async function zonesOf(
  {
    stack,
    network,
    tierZones,
  }: { stack: string; network: { cidr: string; zones?: number | undefined }; tierZones: number },
  options: pulumi.InvokeOptions,
): Promise<readonly ZonePlan[]> {
  const [existing, available] = await Promise.all([existingZones(stack, options), availableZones(options)]);
  return planZones({ cidr: network.cidr, zones: network.zones, tierZones, existing, available });
}

/**
 * The zones a stack's network has, as AWS says. As plain values, so that the program can plan with them; none before the
 * first `up`.
 */
async function existingZones(stack: string, options: pulumi.InvokeOptions): Promise<readonly ExistingZone[]> {
  const subnets = await subnetsOf(stack, "Private", options);
  return subnets.map(({ number, availabilityZone, cidrBlock }) => ({ number, availabilityZone, cidrBlock }));
}

export interface ExistingSubnet extends ExistingZone {
  readonly id: string;
  readonly vpcId: string;
}

/** A stack's subnets of one kind, found by the tags every resource of a stack has. */
export async function subnetsOf(
  stack: string,
  SubnetType: "Private" | "Public" | "Isolated",
  options: pulumi.InvokeOptions,
): Promise<readonly ExistingSubnet[]> {
  const tags = { project: pulumi.getProject(), stack, "managed-by": "switchyard", SubnetType };
  const { ids } = await aws.ec2.getSubnets({ tags }, options);
  const subnets = await Promise.all(ids.map((id) => aws.ec2.getSubnet({ id }, options)));
  return subnets.flatMap(({ id, vpcId, availabilityZone, cidrBlock, tags: own }) => {
    const [, number] = /-(\d+)$/.exec(own["Name"] ?? "") ?? [];
    return number === undefined ? [] : [{ number: Number(number), id, vpcId, availabilityZone, cidrBlock }];
  });
}

/** The region's availability zones in use, by name: no local zone or wavelength zone, which an account may opt in to. */
async function availableZones(options: pulumi.InvokeOptions): Promise<readonly string[]> {
  const filters = [{ name: "zone-type", values: ["availability-zone"] }];
  const { names } = await aws.getAvailabilityZones({ state: "available", filters }, options);
  return names;
}
