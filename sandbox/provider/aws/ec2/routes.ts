import type { ec2 } from "@pulumi/aws";
import { type Rows, row } from "../../row.ts";
import { first, must, tagRecord } from "../shared.ts";
import { arn, specs, tagging } from "./tags.ts";

const routeTable = row<ec2.RouteTableArgs, ec2.RouteTable>({
  replace: ["vpcId"],
  computed: ["arn", "ownerId", "routes"],
  create: async (inputs, { ec2, tags }) => {
    const made = await ec2.createRouteTable({ VpcId: inputs.vpcId, TagSpecifications: specs("route-table", tags) });
    return must(made.RouteTable?.RouteTableId, "RouteTableId");
  },
  read: async (id, aws) => {
    const found = first((await aws.ec2.describeRouteTables({ RouteTableIds: [id] })).RouteTables);
    if (!found) return undefined;
    const routes = (found.Routes ?? []).filter(({ GatewayId }) => GatewayId !== "local");
    return {
      arn: await arn(aws, "route-table", id),
      ownerId: found.OwnerId,
      vpcId: found.VpcId,
      routes: routes.map((one) => ({
        cidrBlock: one.DestinationCidrBlock,
        gatewayId: one.GatewayId,
        natGatewayId: one.NatGatewayId,
      })),
      tagsAll: tagRecord(found.Tags),
    };
  },
  ...tagging,
  delete: (id, { ec2 }) => ec2.deleteRouteTable({ RouteTableId: id }),
});

const routeTableAssociation = row<ec2.RouteTableAssociationArgs, ec2.RouteTableAssociation>({
  replace: ["routeTableId", "subnetId", "gatewayId"],
  // A subnet has one association: the new one can only be made when the old one is gone.
  deleteBeforeReplace: true,
  computed: [],
  create: async ({ routeTableId, subnetId, gatewayId }, { ec2 }) => {
    const made = await ec2.associateRouteTable({
      RouteTableId: routeTableId,
      SubnetId: subnetId,
      GatewayId: gatewayId,
    });
    return must(made.AssociationId, "AssociationId");
  },
  read: async (id, { ec2 }) => {
    const filter = { Name: "association.route-table-association-id", Values: [id] };
    const tables = (await ec2.describeRouteTables({ Filters: [filter] })).RouteTables ?? [];
    const found = tables
      .flatMap(({ Associations }) => Associations ?? [])
      .find((one) => one.RouteTableAssociationId === id);
    return found && { routeTableId: found.RouteTableId, subnetId: found.SubnetId, gatewayId: found.GatewayId };
  },
  delete: (id, { ec2 }) => ec2.disassociateRouteTable({ AssociationId: id }),
});

const routeTarget = (inputs: {
  gatewayId?: string;
  natGatewayId?: string;
  vpcEndpointId?: string;
  networkInterfaceId?: string;
}) => ({
  GatewayId: inputs.gatewayId,
  NatGatewayId: inputs.natGatewayId,
  VpcEndpointId: inputs.vpcEndpointId,
  NetworkInterfaceId: inputs.networkInterfaceId,
});

const route = row<ec2.RouteArgs, ec2.Route>({
  update: ["gatewayId", "natGatewayId", "vpcEndpointId", "networkInterfaceId"],
  replace: ["routeTableId", "destinationCidrBlock"],
  deleteBeforeReplace: true,
  computed: ["origin", "state", "instanceId", "instanceOwnerId", "networkInterfaceId"],
  create: async (inputs, { ec2 }) => {
    const { routeTableId, destinationCidrBlock } = inputs;
    await ec2.createRoute({
      RouteTableId: routeTableId,
      DestinationCidrBlock: destinationCidrBlock,
      ...routeTarget(inputs),
    });
    return `r-${routeTableId}_${destinationCidrBlock}`;
  },
  read: async (id, { ec2 }) => {
    const [table = "", destination] = id.slice(2).split("_");
    const found = first((await ec2.describeRouteTables({ RouteTableIds: [table] })).RouteTables);
    const one = found?.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === destination);
    return (
      one && {
        routeTableId: table,
        destinationCidrBlock: one.DestinationCidrBlock,
        gatewayId: one.GatewayId,
        natGatewayId: one.NatGatewayId,
        origin: one.Origin ?? "CreateRoute",
        state: one.State,
      }
    );
  },
  write: async (_id, inputs, { ec2 }) => {
    const { routeTableId, destinationCidrBlock } = inputs;
    await ec2.replaceRoute({
      RouteTableId: routeTableId,
      DestinationCidrBlock: destinationCidrBlock,
      ...routeTarget(inputs),
    });
  },
  delete: (_id, { ec2 }, { routeTableId, destinationCidrBlock }) =>
    ec2.deleteRoute({ RouteTableId: routeTableId, DestinationCidrBlock: destinationCidrBlock }),
});

export const routeRows: Rows = {
  "aws:ec2/routeTable:RouteTable": routeTable,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": routeTableAssociation,
  "aws:ec2/route:Route": route,
};
