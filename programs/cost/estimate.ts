/** What a month costs, by component. Pure: resources, prices and assumptions in, figures and what has none out. */

import type { Assumptions } from "./assumed.ts";
import type { PriceList, PriceName } from "./catalogue.ts";
import { priceKey } from "./catalogue.ts";
import { balancerType, free, isNotifier, type Priced, type Quantity, quantities, serviceType } from "./quantities.ts";

export interface CostLine {
  readonly price: PriceName;
  readonly amount: number;
  readonly per: string;
  /** Absent where the price could not be had. */
  readonly usd?: number;
}

export interface CostOfComponent {
  readonly component: string;
  readonly lines: readonly CostLine[];
  /** Of the lines that have a price. */
  readonly usd: number;
}

export interface Estimate {
  readonly region: string;
  /** When the prices were read. */
  readonly read: string;
  readonly components: readonly CostOfComponent[];
  /** Of what has a price. */
  readonly usd: number;
  /** Prices that could not be had: what they are for is not in the sum. */
  readonly unpriced: readonly PriceName[];
  /** Types nothing is known of: what they cost is not in the sum. */
  readonly unknown: readonly string[];
  readonly assumptions: Assumptions;
}

const functionType = "aws:lambda/function:Function";

const componentOf: Readonly<Record<string, string>> = {
  [balancerType]: "load balancer",
  "aws:ec2/natGateway:NatGateway": "network",
  "aws:ec2/eip:Eip": "network",
  "aws:rds/instance:Instance": "database",
  "aws:secretsmanager/secret:Secret": "secrets and keys",
  "aws:kms/key:Key": "secrets and keys",
  "aws:s3/bucket:Bucket": "files",
  "aws:cloudfront/distribution:Distribution": "CDN",
  "aws:wafv2/webAcl:WebAcl": "firewall",
  "aws:sesv2/emailIdentity:EmailIdentity": "mail",
  "aws:codebuild/project:Project": "builds",
  "aws:sfn/stateMachine:StateMachine": "executions",
  [functionType]: "migrations",
};

const subnetType = "aws:ec2/subnet:Subnet";
const isPublic = "mapPublicIpOnLaunch";

function nameOfComponent({ type, name }: Priced): string {
  if (type === serviceType) return `service ${name}`;
  if (type === functionType && isNotifier(name)) return "notifier";
  return componentOf[type] ?? "monitoring";
}

export function estimate(resources: readonly Priced[], list: PriceList, assumptions: Assumptions): Estimate {
  const amounts = new Map<string, Map<PriceName, number>>();
  const unknown = new Set<string>();
  const publicSubnets = resources.filter(({ type, inputs }) => type === subnetType && inputs[isPublic] === true);
  for (const one of resources) {
    const of = quantities[one.type];
    if (of === undefined) {
      if (one.type.startsWith("aws:") && !free.has(one.type)) unknown.add(one.type);
      continue;
    }
    // The ids of its subnets are not known before they are made; how many there will be is.
    const unmade = one.type === balancerType && !Array.isArray(one.inputs["subnets"]) && publicSubnets.length > 0;
    const inputs = unmade ? { ...one.inputs, subnets: publicSubnets } : one.inputs;
    add(amounts, nameOfComponent(one), of(inputs, assumptions, one.name));
  }
  const components = [...amounts].map(([component, sums]) => costOf(component, sums, list));
  const lines = components.flatMap((each) => each.lines);
  return {
    region: list.region,
    read: list.read,
    components: components.sort((a, b) => b.usd - a.usd || (a.component < b.component ? -1 : 1)),
    usd: sum(components.map(({ usd }) => usd)),
    unpriced: [...new Set(lines.filter(({ usd }) => usd === undefined).map(({ price }) => price))].sort(),
    unknown: [...unknown].sort(),
    assumptions,
  };
}

function add(amounts: Map<string, Map<PriceName, number>>, component: string, all: readonly Quantity[]): void {
  const sums = amounts.get(component) ?? new Map<PriceName, number>();
  amounts.set(component, sums);
  for (const { price, amount } of all) if (amount > 0) sums.set(price, (sums.get(price) ?? 0) + amount);
}

function costOf(component: string, sums: ReadonlyMap<PriceName, number>, { prices }: PriceList): CostOfComponent {
  const lines = [...sums].map(([price, amount]): CostLine => {
    const known = prices[price];
    const { per } = priceKey(price);
    return { price, amount, per, ...(known && { usd: amount * known.usd }) };
  });
  return { component, lines, usd: sum(lines.map(({ usd = 0 }) => usd)) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export interface CostChange {
  readonly component: string;
  readonly before: number;
  readonly after: number;
}

export interface CostDifference {
  /** Components whose sum differs, the largest difference first. */
  readonly components: readonly CostChange[];
  readonly before: number;
  readonly after: number;
  /** Prices and types only one side has and that are in no sum: what they add or take away is not known. */
  readonly notIn: readonly string[];
}

/** Of two estimates by the same prices, what differs; in US dollars a month. */
export function costDifference(before: Estimate, after: Estimate): CostDifference {
  const sums = ({ components }: Estimate) => new Map(components.map(({ component, usd }) => [component, usd]));
  const [was, is] = [sums(before), sums(after)];
  const components = [...new Set([...was.keys(), ...is.keys()])]
    .map((component) => ({ component, before: was.get(component) ?? 0, after: is.get(component) ?? 0 }))
    .filter((change) => Math.abs(change.after - change.before) >= leastDifference)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
  return { components, before: before.usd, after: after.usd, notIn: differing(before, after) };
}

/** Less is the rounding of sums. */
const leastDifference = 0.005;

function differing(before: Estimate, after: Estimate): readonly string[] {
  const without = ({ components, unknown }: Estimate) =>
    new Map([
      ...unknown.map((type) => [type, 1] as const),
      ...components.flatMap(({ component, lines }) =>
        lines.flatMap(({ price, amount, usd }) =>
          usd === undefined ? [[`${component}: ${price}`, amount] as const] : [],
        ),
      ),
    ]);
  const [was, is] = [without(before), without(after)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((key) => was.get(key) !== is.get(key)).sort();
}
