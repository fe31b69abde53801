/**
 * How `awsx.ec2.Vpc` divides a VPC's addresses with `subnetStrategy: "Auto"`: an equal block a zone, then subnet after
 * subnet; or as every subnet's `cidrBlocks` say.
 */

export interface SubnetSpec {
  readonly type: string;
  readonly name?: string;
  readonly cidrMask?: number;
  readonly cidrBlocks?: readonly string[];
  readonly tags?: Record<string, string>;
}

export interface PlannedSubnet {
  readonly name: string;
  readonly type: "public" | "private" | "isolated";
  /** The type as the program wrote it. */
  readonly label: string;
  readonly zone: string;
  readonly cidrBlock: string;
  readonly tags: Record<string, string>;
}

export const toNumber = (address: string): number =>
  address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join(".");
const size = (mask: number): number => 2 ** (32 - mask);
const bitsFor = (count: number): number => Math.ceil(Math.log2(count));

/** Without specifications: a private and a public subnet, each half of what is left, within the first /16. */
const defaults = (zoneMask: number): SubnetSpec[] =>
  ["Private", "Public"].map((type, index) => ({ type, cidrMask: Math.max(zoneMask, 16) + index + 1 }));

export interface Layout {
  readonly vpcName: string;
  readonly cidrBlock: string;
  readonly zones: readonly string[];
  readonly specs: readonly SubnetSpec[] | undefined;
  readonly zoneMask: number | undefined;
}

const order = ["public", "private", "isolated"];

/** The subnets zone by zone, public ones first: a NAT gateway must be there before the routes to it. */
export function planSubnets({ vpcName, cidrBlock, zones, specs, zoneMask }: Layout): PlannedSubnet[] {
  const planned = isExplicit(specs)
    ? explicitSubnets(vpcName, zones, specs)
    : dividedSubnets({ vpcName, cidrBlock, zones, specs, zoneMask });
  refuseOverlaps(planned);
  const inUse = planned.filter(({ label }) => label !== "Unused");
  return zones.flatMap((zone) =>
    inUse.filter((one) => one.zone === zone).sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type)),
  );
}

/** All subnets have blocks, or none has: as the real component says it. */
function isExplicit(specs: Layout["specs"]): specs is readonly SubnetSpec[] {
  if (!specs?.some(({ cidrBlocks }) => cidrBlocks)) return false;
  if (specs.every(({ cidrBlocks }) => cidrBlocks)) return true;
  throw invalid("If any subnet spec has explicit cidrBlocks, all subnets must have explicit cidrBlocks.");
}

const invalid = (issue: string) => new Error(`Invalid subnet specifications:\n - ${issue}`);

function explicitSubnets(vpcName: string, zones: readonly string[], specs: readonly SubnetSpec[]): PlannedSubnet[] {
  for (const [at, { cidrBlocks = [], cidrMask }] of specs.entries()) {
    if (cidrBlocks.length !== zones.length)
      throw invalid(
        `The number of CIDR blocks in subnetSpecs[${at}] must match the number of availability zones (${zones.length}).`,
      );
    if (cidrMask !== undefined && cidrBlocks.some((block) => Number(block.split("/")[1]) !== cidrMask))
      throw invalid(`The cidrMask in subnetSpecs[${at}] must match all cidrBlocks or be left undefined.`);
  }
  return zones.flatMap((zone, index) =>
    specs.map((spec) => plan(vpcName, spec, zone, index, spec.cidrBlocks?.[index] ?? "")),
  );
}

function dividedSubnets({ vpcName, cidrBlock, zones, specs, zoneMask }: Layout): PlannedSubnet[] {
  const [base = "", mask] = cidrBlock.split("/");
  const perZone = zoneMask ?? Number(mask) + bitsFor(zones.length);
  const all = specs ?? defaults(perZone);
  const subnetMask = (spec: SubnetSpec) => spec.cidrMask ?? perZone + bitsFor(all.length);
  const needed = all.reduce((sum, spec) => sum + size(subnetMask(spec)), 0);
  if (needed > size(perZone)) {
    throw new Error(
      `Subnets are too large for VPC. VPC has ${size(perZone)} addresses, but subnets require ${needed} addresses.`,
    );
  }
  return zones.flatMap((zone, index) => {
    let next = toNumber(base) + index * size(perZone);
    return all.map((spec) => {
      const block = size(subnetMask(spec));
      const start = Math.ceil(next / block) * block;
      next = start + block;
      return plan(vpcName, spec, zone, index, `${toAddress(start)}/${subnetMask(spec)}`);
    });
  });
}

/** First and, exclusive, last address of a block. */
function rangeOf(cidrBlock: string): { readonly start: number; readonly end: number } {
  const [base = "", mask] = cidrBlock.split("/");
  return { start: toNumber(base), end: toNumber(base) + size(Number(mask)) };
}

function refuseOverlaps(planned: readonly PlannedSubnet[]): void {
  const ranges = planned.map((one) => ({ ...one, ...rangeOf(one.cidrBlock) }));
  const bad = ranges.filter((one) =>
    ranges.some((other) => other !== one && one.start < other.end && other.start < one.end),
  );
  if (bad.length === 0) return;
  const list = bad.map(({ name, cidrBlock }, index) => `${index + 1}. ${name}: ${cidrBlock}\n`).join("");
  throw new Error(
    `The following subnets overlap with at least one other subnet. Make the CIDR for the VPC larger, reduce the size of the subnets per AZ, or use less Availability Zones:\n\n${list}`,
  );
}

function plan(vpcName: string, spec: SubnetSpec, zone: string, index: number, cidrBlock: string): PlannedSubnet {
  const name = `${vpcName}-${spec.name ?? spec.type.toLowerCase()}-${index + 1}`;
  const type = spec.type.toLowerCase() as PlannedSubnet["type"];
  return { name, type, label: spec.type, zone, cidrBlock, tags: spec.tags ?? {} };
}
