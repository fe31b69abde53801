import { SwitchyardError } from "../../errors.ts";

/** A zone of the network as AWS has it, by one of its subnets. */
export interface ExistingZone {
  /** Its place in the subnets' names, from 1. */
  readonly number: number;
  readonly availabilityZone: string;
  readonly cidrBlock: string;
}

/** A zone of the network as it shall be. */
export interface ZonePlan {
  readonly availabilityZone: string;
  /** A /20. */
  readonly privateBlock: string;
  /** A /24. */
  readonly publicBlock: string;
  /** A /24. */
  readonly isolatedBlock: string;
}

export interface ZonesWanted {
  /** A /16. */
  readonly cidr: string;
  /** As configured; when absent, as many as there are, and the tier's at least. */
  readonly zones: number | undefined;
  readonly tierZones: number;
  readonly existing: readonly ExistingZone[];
  /** The region's availability zones, in their order. */
  readonly available: readonly string[];
}

/**
 * Third octets at which a zone's /19 may begin, in the order they are given out. The first four are the ones that
 * awsx's "Auto" gave networks of three and four zones; one of two had the first and the third.
 */
const octets = [0, 64, 128, 192, 32, 96, 160, 224] as const;
const sizeOfZone = 32;

/** Zones the layout has room for, of those a region may have. */
export const mostZones = 6;

/**
 * Where each zone's subnets are. A zone that exists keeps its place, whatever number of zones there was when it was
 * made; a new one gets the first that is free.
 *
 * @throws SwitchyardError `invalid-config` when a subnet that exists would have to move or go, or the region has too
 * few availability zones.
 */
export function planZones(wanted: ZonesWanted): readonly ZonePlan[] {
  const existing = new Map(wanted.existing.map((zone) => [zone.number, zone]));
  refuseMoves(wanted);
  const count = wanted.zones ?? Math.max(wanted.tierZones, ...existing.keys());
  const [first, second] = wanted.cidr.split(".");
  const taken = new Set(wanted.existing.map(octetOf));
  const used = new Set(wanted.existing.map(({ availabilityZone }) => availabilityZone));
  const freeOctets = octets.filter((octet) => !taken.has(octet));
  const freeZones = wanted.available.filter((name) => !used.has(name));
  return Array.from({ length: count }, (_, index) => {
    const found = existing.get(index + 1);
    const octet = found === undefined ? freeOctets.shift() : octetOf(found);
    const availabilityZone = found?.availabilityZone ?? freeZones.shift();
    if (octet === undefined || availabilityZone === undefined) throw tooFew(count, used.size, wanted);
    const block = (offset: number, mask: number) => `${first}.${second}.${octet + offset}.0/${mask}`;
    return {
      availabilityZone,
      privateBlock: block(0, 20),
      publicBlock: block(16, 24),
      isolatedBlock: block(17, 24),
    };
  });
}

function octetOf({ cidrBlock }: ExistingZone): number {
  const octet = Number(cidrBlock.split(".")[2]);
  return octet - (octet % sizeOfZone);
}

function refuseMoves({ cidr, zones, existing }: ZonesWanted): void {
  const prefix = /^\d+\.\d+\./.exec(cidr)?.[0] ?? "";
  const outside = existing.find(({ cidrBlock }) => !cidrBlock.startsWith(prefix));
  if (outside !== undefined)
    throw new SwitchyardError("invalid-config", {
      what: `the network has subnets already that ${cidr} does not hold, such as ${outside.cidrBlock}: they would have to move, with everything in them`,
      where: "switchyard:network.cidr",
      fix: `Set it to ${outside.cidrBlock.replace(/\.\d+\.\d+\/\d+$/, ".0.0/16")}; another range needs another environment`,
    });
  const most = Math.max(0, ...existing.map(({ number }) => number));
  if (zones !== undefined && zones < most)
    throw new SwitchyardError("invalid-config", {
      what: `${zones} zones are fewer than the ${most} the network has: subnets that are in use would be deleted`,
      where: "switchyard:network.zones",
      fix: `Set it to ${most} or more. Zones can be added, not taken away`,
    });
}

function tooFew(count: number, used: number, { available, zones }: ZonesWanted): SwitchyardError {
  return new SwitchyardError("invalid-config", {
    what: `${count} zones are more than there are in the region: ${available.join(", ")}`,
    where: "switchyard:network.zones",
    fix: `Set it to ${Math.max(used, available.length)} or fewer${zones === undefined ? ` (the tier's default is ${count})` : ""}, or choose another region`,
  });
}
