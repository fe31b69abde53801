/** The network's rows of the table: what an update of it does to what is in it. */
import { firewallRule } from "./firewall.ts";
import { aside, fine, mayGrow } from "./judges.ts";
import { disrupts, type Row } from "./verdict.ts";

/** Of what says which packets come through. */
const filter: Row = {
  create: () => disrupts("filters packets of subnets in use"),
  replace: disrupts("filters packets of subnets in use in another way"),
};

export const network: Readonly<Record<string, Row>> = {
  "aws:ec2/securityGroup:SecurityGroup": {
    properties: fine("revokeRulesOnDelete"),
    replace: disrupts("replaces the security group that running tasks or the database are in"),
    delete: disrupts("deletes the security group that running tasks or the database are in"),
  },
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": aside,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": {
    properties: { ...fine(), "*": firewallRule },
    replace: firewallRule,
  },
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": {
    properties: { ...fine(), "*": firewallRule },
    replace: firewallRule,
  },
  "aws:ec2/vpc:Vpc": { properties: fine(), replace: disrupts("replaces the network and everything in it") },
  "aws:ec2/subnet:Subnet": {
    properties: fine("mapPublicIpOnLaunch"),
    replace: disrupts("replaces a subnet that the balancer, tasks or the database are in"),
    delete: disrupts("deletes a subnet that the balancer, tasks or the database are in"),
  },
  "aws:ec2/internetGateway:InternetGateway": { properties: fine(), replace: disrupts("cuts the network off") },
  "aws:ec2/natGateway:NatGateway": {
    properties: fine(),
    replace: disrupts("tasks lose their way out, and call from another address afterwards"),
    delete: disrupts("tasks lose their way out, or go out by another address"),
  },
  "aws:ec2/eip:Eip": {
    properties: fine(),
    replace: disrupts("tasks call from another address afterwards"),
  },
  "aws:ec2/route:Route": {
    properties: { ...fine(), "*": disrupts("leads packets of a subnet in use another way") },
    replace: disrupts("a subnet in use has no such way meanwhile"),
    delete: disrupts("takes a way out of a subnet in use"),
  },
  "aws:ec2/routeTable:RouteTable": { properties: fine(), replace: disrupts("takes all ways out of a subnet in use") },
  "aws:ec2/routeTableAssociation:RouteTableAssociation": {
    properties: { ...fine(), routeTableId: disrupts("leads packets of a subnet in use another way") },
    replace: disrupts("a subnet in use has other ways meanwhile"),
  },
  "aws:ec2/vpcEndpoint:VpcEndpoint": {
    properties: { ...fine(), routeTableIds: mayGrow("routeTableIds", "takes the way to S3 out of subnets in use") },
    replace: disrupts("takes the way to S3 out of subnets in use meanwhile"),
  },
  // The network has none: one that comes filters what its subnets' packets may do.
  ...Object.fromEntries(
    ["networkAcl:NetworkAcl", "defaultNetworkAcl:DefaultNetworkAcl", "networkAclRule:NetworkAclRule"].map((type) => [
      `aws:ec2/${type}`,
      filter,
    ]),
  ),
  "aws:ec2/flowLog:FlowLog": aside,
};
