import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseAccess } from "../data/database.ts";

export interface ServiceFirewall {
  readonly port: number;
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
  const range = { ipProtocol: "tcp", fromPort: args.port, toPort: args.port };
  const rules: pulumi.Resource[] = [
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-from-alb`,
      {
        ...range,
        securityGroupId: args.balancerGroupId,
        referencedSecurityGroupId: args.serviceGroupId,
        description: `Load balancer to ${name}`,
      },
      { parent },
    ),
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-from-alb`,
      {
        ...range,
        securityGroupId: args.serviceGroupId,
        referencedSecurityGroupId: args.balancerGroupId,
        description: `Load balancer to ${name}`,
      },
      { parent },
    ),
    ...openTheWeb(name, parent, args.serviceGroupId, args.webPorts),
  ];
  if (args.database !== undefined) rules.push(...openDatabase(name, parent, args.serviceGroupId, args.database));
  return rules;
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
