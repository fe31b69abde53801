import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseAccess } from "../data/database.ts";

export interface ServiceFirewall {
  /** Ports its tasks are reached at, of every release that runs, is kept or is staged; the one that serves first. */
  readonly ports: readonly number[];
  readonly serviceGroupId: pulumi.Output<string>;
  readonly balancerGroupId: pulumi.Input<string>;
  /** Ports it may call anywhere. */
  readonly webPorts: readonly number[];
  /** Opened to the service when given. */
  readonly database?: DatabaseAccess;
}

/** The ways in and out of a service's tasks. Returns the rules: tasks wait for them. */
export function openServiceFirewall(
  name: string,
  parent: pulumi.Resource,
  args: ServiceFirewall,
): readonly pulumi.Resource[] {
  const rules: pulumi.Resource[] = [
    ...args.ports.flatMap((port, index) => openToBalancer(name, parent, args, port, index === 0)),
    ...openTheWeb(name, parent, args.serviceGroupId, args.webPorts),
  ];
  if (args.database !== undefined) rules.push(...openDatabase(name, parent, args.serviceGroupId, args.database));
  return rules;
}

/** Both sides of the way from the load balancer to one port. */
function openToBalancer(
  name: string,
  parent: pulumi.Resource,
  { serviceGroupId, balancerGroupId }: ServiceFirewall,
  port: number,
  isFirst: boolean,
): readonly pulumi.Resource[] {
  const range = { ipProtocol: "tcp", fromPort: port, toPort: port, description: `Load balancer to ${name}` };
  // Rules were once named without their port.
  const options = { parent, ...(isFirst && { aliases: [{ name: `${name}-from-alb` }] }) };
  return [
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-from-alb-${port}`,
      { ...range, securityGroupId: balancerGroupId, referencedSecurityGroupId: serviceGroupId },
      options,
    ),
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-from-alb-${port}`,
      { ...range, securityGroupId: serviceGroupId, referencedSecurityGroupId: balancerGroupId },
      options,
    ),
  ];
}

/** Out to ports anywhere: AWS's APIs, the registry, and the environment's own public address. */
export function openTheWeb(
  name: string,
  parent: pulumi.Resource,
  groupId: pulumi.Output<string>,
  ports: readonly number[],
): readonly pulumi.Resource[] {
  return ports.map(
    (port) =>
      new aws.vpc.SecurityGroupEgressRule(
        `${name}-web-${port}`,
        {
          securityGroupId: groupId,
          cidrIpv4: "0.0.0.0/0",
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          description: `${name} to port ${port} anywhere`,
        },
        { parent },
      ),
  );
}

/** Both sides of the way from one security group to the database's. */
export function openDatabase(
  name: string,
  parent: pulumi.Resource,
  groupId: pulumi.Output<string>,
  database: DatabaseAccess,
): readonly pulumi.Resource[] {
  const range = { ipProtocol: "tcp", fromPort: postgres, toPort: postgres, description: `${name} to the database` };
  return [
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-database`,
      { ...range, securityGroupId: groupId, referencedSecurityGroupId: database.securityGroupId },
      { parent },
    ),
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-database`,
      { ...range, securityGroupId: database.securityGroupId, referencedSecurityGroupId: groupId },
      { parent },
    ),
  ];
}

/** A number, not the instance's output: rules are then whole in every preview. */
const postgres = 5432;
