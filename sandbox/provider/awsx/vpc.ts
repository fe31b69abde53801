/** Stands in for the component `awsx.ec2.Vpc`: the same children, with the same names and parents. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ProviderError } from "../errors.ts";
import { type PlannedSubnet, planSubnets, type SubnetSpec } from "./subnets.ts";

type Tags = Record<string, pulumi.Input<string>>;

export interface VpcInputs {
  readonly cidrBlock?: string;
  readonly availabilityZoneNames?: string[];
  readonly numberOfAvailabilityZones?: number;
  readonly availabilityZoneCidrMask?: number;
  readonly enableDnsHostnames?: pulumi.Input<boolean>;
  readonly enableDnsSupport?: pulumi.Input<boolean>;
  readonly instanceTenancy?: pulumi.Input<string>;
  readonly natGateways?: { strategy?: string; elasticIpAllocationIds?: pulumi.Input<string>[] };
  readonly subnetSpecs?: SubnetSpec[];
  readonly subnetStrategy?: string;
  readonly tags?: Tags;
}
const known = [
  "cidrBlock",
  "availabilityZoneNames",
  "numberOfAvailabilityZones",
  "availabilityZoneCidrMask",
  "enableDnsHostnames",
  "enableDnsSupport",
  "instanceTenancy",
  "natGateways",
  "subnetSpecs",
  "subnetStrategy",
  "tags",
];
const strategies = ["none", "single", "oneperaz"] as const;
type Strategy = (typeof strategies)[number];

const refuse = (property: string, what: string): never => {
  throw new ProviderError("not-covered", { where: `awsx:ec2:Vpc ${property}`, what });
};

function validate(args: VpcInputs): Strategy {
  const other = Object.keys(args).find((key) => !known.includes(key));
  if (other) refuse(other, "the sandbox's stand-in for this component does not implement it");
  if (args.subnetStrategy !== "Auto") refuse("subnetStrategy", 'the sandbox\'s stand-in implements "Auto" only');
  if (args.availabilityZoneNames && args.numberOfAvailabilityZones) {
    throw new Error("Only one of [availabilityZoneNames] and [numberOfAvailabilityZones] can be specified");
  }
  const strategy = (args.natGateways?.strategy ?? "OnePerAz").toLowerCase() as Strategy;
  if (!strategies.includes(strategy)) throw new Error(`Unknown NatGatewayStrategy '${args.natGateways?.strategy}'`);
  const types = (args.subnetSpecs ?? [{ type: "private" }, { type: "public" }]).map(({ type }) => type.toLowerCase());
  if (
    strategy !== "none" &&
    !(types.includes("public") && types.some((type) => type === "private" || type === "isolated"))
  ) {
    throw new Error(
      "If NAT Gateway strategy is 'OnePerAz' or 'Single', public subnets must be declared to host the NAT Gateway resource, along with private or isolated subnets to route through it.",
    );
  }
  return strategy;
}

interface Made {
  readonly vpc: aws.ec2.Vpc;
  readonly internetGateway: aws.ec2.InternetGateway;
  readonly subnets: aws.ec2.Subnet[];
  readonly byType: Record<PlannedSubnet["type"], aws.ec2.Subnet[]>;
  readonly routeTables: aws.ec2.RouteTable[];
  readonly routeTableAssociations: aws.ec2.RouteTableAssociation[];
  readonly routes: aws.ec2.Route[];
  readonly natGateways: aws.ec2.NatGateway[];
  readonly eips: aws.ec2.Eip[];
}

/** As the real component has it, which takes each output from one of all: every one depends on the VPC and all subnets. */
function wholly(outputs: pulumi.Inputs): pulumi.Inputs {
  const all = pulumi.output(outputs) as unknown as Record<string, pulumi.Output<unknown>>;
  return Object.fromEntries(Object.keys(outputs).map((key) => [key, all[key]]));
}

export class Vpc extends pulumi.ComponentResource<pulumi.Inputs> {
  readonly outputs: Promise<pulumi.Inputs>;

  constructor(name: string, args: VpcInputs, options: pulumi.ComponentResourceOptions) {
    super("awsx:ec2:Vpc", name, {}, options);
    this.outputs = this.build(name, args).then((outputs) => {
      this.registerOutputs(outputs);
      return outputs;
    });
  }

  private async build(name: string, args: VpcInputs): Promise<pulumi.Inputs> {
    const strategy = validate(args);
    const zones = args.availabilityZoneNames ?? (await this.zones(args.numberOfAvailabilityZones ?? 3));
    const cidrBlock = args.cidrBlock ?? "10.0.0.0/16";
    const layout = {
      vpcName: name,
      cidrBlock,
      zones,
      specs: args.subnetSpecs,
      zoneMask: args.availabilityZoneCidrMask,
    };
    const planned = planSubnets(layout);
    const tags: Tags = { Name: name, ...args.tags };
    const { enableDnsHostnames, enableDnsSupport, instanceTenancy } = args;
    const vpcArgs = { cidrBlock, enableDnsHostnames, enableDnsSupport, instanceTenancy, tags };
    const vpc = new aws.ec2.Vpc(name, vpcArgs, { parent: this });
    const internetGateway = new aws.ec2.InternetGateway(
      name,
      { vpcId: vpc.id, tags },
      { parent: vpc, dependsOn: [vpc] },
    );
    const made: Made = {
      vpc,
      internetGateway,
      subnets: [],
      byType: { public: [], private: [], isolated: [] },
      routeTables: [],
      routeTableAssociations: [],
      routes: [],
      natGateways: [],
      eips: [],
    };
    for (const subnet of planned)
      addSubnet(made, subnet, tags, name, args, { strategy, zone: zones.indexOf(subnet.zone) });
    const ids = (list: aws.ec2.Subnet[]) => list.map(({ id }) => id);
    const { byType, ...resources } = made;
    return wholly({
      ...resources,
      vpcId: vpc.id,
      publicSubnets: byType.public,
      privateSubnets: byType.private,
      isolatedSubnets: byType.isolated,
      publicSubnetIds: ids(byType.public),
      privateSubnetIds: ids(byType.private),
      isolatedSubnetIds: ids(byType.isolated),
      vpcEndpoints: [],
      subnetLayout: args.subnetSpecs ?? [],
    });
  }

  private async zones(count: number): Promise<string[]> {
    const { names } = await aws.getAvailabilityZones(undefined, { parent: this });
    if (names.length < count) {
      throw new Error(
        `The configured region for this provider does not have at least ${count} Availability Zones. Either specify an explicit list of zones in availabilityZoneNames or choose a region with at least ${count} AZs.`,
      );
    }
    return names.slice(0, count);
  }
}

const on = (parent: pulumi.Resource): pulumi.CustomResourceOptions => ({ parent, dependsOn: [parent] });

function addSubnet(
  made: Made,
  plan: PlannedSubnet,
  tags: Tags,
  vpcName: string,
  args: VpcInputs,
  nat: { strategy: Strategy; zone: number },
) {
  const { vpc } = made;
  const own = { ...tags, ...plan.tags, Name: plan.name, SubnetType: plan.label };
  const subnet = new aws.ec2.Subnet(
    plan.name,
    {
      vpcId: vpc.id,
      availabilityZone: plan.zone,
      mapPublicIpOnLaunch: plan.type === "public",
      cidrBlock: plan.cidrBlock,
      assignIpv6AddressOnCreation: false,
      tags: own,
    },
    on(vpc),
  );
  made.subnets.push(subnet);
  made.byType[plan.type].push(subnet);
  const tableTags = { ...tags, Name: plan.name, SubnetType: plan.label };
  const routeTable = new aws.ec2.RouteTable(plan.name, { vpcId: vpc.id, tags: tableTags }, on(subnet));
  made.routeTables.push(routeTable);
  const association = { routeTableId: routeTable.id, subnetId: subnet.id };
  made.routeTableAssociations.push(new aws.ec2.RouteTableAssociation(plan.name, association, on(routeTable)));
  if (plan.type === "public") addNatGateway(made, subnet, vpcName, args, nat);
  const target = routeTarget(made, plan, nat);
  if (!target) return;
  const route = { routeTableId: routeTable.id, destinationCidrBlock: "0.0.0.0/0", ...target };
  made.routes.push(new aws.ec2.Route(plan.name, route, on(routeTable)));
}

function routeTarget(made: Made, { type }: PlannedSubnet, { strategy, zone }: { strategy: Strategy; zone: number }) {
  if (type === "public") return { gatewayId: made.internetGateway.id };
  const gateway = made.natGateways[strategy === "single" ? 0 : zone];
  return type === "private" && strategy !== "none" && gateway ? { natGatewayId: gateway.id } : undefined;
}

function addNatGateway(
  made: Made,
  subnet: aws.ec2.Subnet,
  vpcName: string,
  { natGateways, tags }: VpcInputs,
  { strategy, zone }: { strategy: Strategy; zone: number },
) {
  const wanted = { none: 0, single: 1, oneperaz: zone + 1 }[strategy];
  if (made.natGateways.length >= wanted) return;
  const name = `${vpcName}-${zone + 1}`;
  const own = { ...tags, Name: name };
  const given = natGateways?.elasticIpAllocationIds ?? [];
  if (given.length === 0) made.eips.push(new aws.ec2.Eip(name, { tags: own }, on(subnet)));
  const allocationId = given[zone] ?? made.eips[zone]?.allocationId;
  made.natGateways.push(new aws.ec2.NatGateway(name, { subnetId: subnet.id, allocationId, tags: own }, on(subnet)));
}
