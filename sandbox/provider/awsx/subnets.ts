/** How `awsx.ec2.Vpc` divides a VPC's addresses with `subnetStrategy: "Auto"`: an equal block a zone, then subnet after subnet. */

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
  const planned = zones.flatMap((zone, index) => {
    let next = toNumber(base) + index * size(perZone);
    return all.map((spec) => {
      const block = size(subnetMask(spec));
      const start = Math.ceil(next / block) * block;
      next = start + block;
      const cidr = spec.cidrBlocks?.[index] ?? `${toAddress(start)}/${subnetMask(spec)}`;
      return plan(vpcName, spec, zone, index, cidr);
    });
  });
  const inUse = planned.filter(({ label }) => label !== "Unused");
  return zones.flatMap((zone) =>
    inUse.filter((one) => one.zone === zone).sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type)),
  );
}

function plan(vpcName: string, spec: SubnetSpec, zone: string, index: number, cidrBlock: string): PlannedSubnet {
  const name = `${vpcName}-${spec.name ?? spec.type.toLowerCase()}-${index + 1}`;
  const type = spec.type.toLowerCase() as PlannedSubnet["type"];
  return { name, type, label: spec.type, zone, cidrBlock, tags: spec.tags ?? {} };
}
