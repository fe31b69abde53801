import * as aws from "@pulumi/aws";
// Its module alone: the package's index loads every version of everything it ever had.
import * as ec2x from "@pulumi/awsx/ec2/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, trustedService } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import type { RoleLimits } from "../roles/boundaries.ts";
import { workloadRole } from "../roles/workload-role.ts";
import type { ZonePlan } from "./zones.ts";

export interface NetworkArgs {
  readonly account: Account;
  readonly profile: Profile;
  /** A /16. */
  readonly cidr: string;
  /** Where each zone's subnets are. */
  readonly zones: readonly ZonePlan[];
  readonly keyArn: pulumi.Input<string>;
  readonly roleLimits: RoleLimits;
  /** Name of the flow logs' group. */
  readonly logGroupName: string;
}

/**
 * A VPC with, in each zone, a public subnet (load balancer, NAT), a private one (services, functions) and an isolated
 * one (database: no way to or from the internet). No network ACLs: security groups say who reaches whom.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly publicSubnetIds: pulumi.Output<string[]>;
  readonly privateSubnetIds: pulumi.Output<string[]>;
  readonly isolatedSubnetIds: pulumi.Output<string[]>;

  constructor(name: string, args: NetworkArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:network:Network", name, {}, options);
    const vpc = new ec2x.Vpc(
      name,
      {
        cidrBlock: args.cidr,
        availabilityZoneNames: args.zones.map(({ availabilityZone }) => availabilityZone),
        enableDnsHostnames: true,
        natGateways: { strategy: args.profile.natGateways },
        subnetStrategy: "Auto",
        // Named one by one: computed ones move when the number of zones changes.
        subnetSpecs: [
          { type: "Private", cidrBlocks: args.zones.map(({ privateBlock }) => privateBlock) },
          { type: "Public", cidrBlocks: args.zones.map(({ publicBlock }) => publicBlock) },
          { type: "Isolated", cidrBlocks: args.zones.map(({ isolatedBlock }) => isolatedBlock) },
        ],
      },
      { parent: this },
    );
    new aws.ec2.VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: vpc.vpcId,
        serviceName: `com.amazonaws.${args.account.region}.s3`,
        vpcEndpointType: "Gateway",
        routeTableIds: vpc.routeTables.apply((tables) => tables.map((table) => table.id)),
      },
      { parent: this },
    );
    // Adopts the group every VPC comes with and takes all its rules away, so that nothing can rely on it.
    new aws.ec2.DefaultSecurityGroup(
      `${name}-default`,
      { vpcId: vpc.vpcId, ingress: [], egress: [] },
      { parent: this },
    );
    this.logFlows(name, vpc.vpcId, args);
    this.vpcId = vpc.vpcId;
    this.publicSubnetIds = vpc.publicSubnetIds;
    this.privateSubnetIds = vpc.privateSubnetIds;
    this.isolatedSubnetIds = vpc.isolatedSubnetIds;
    this.registerOutputs({
      vpcId: this.vpcId,
      publicSubnetIds: this.publicSubnetIds,
      privateSubnetIds: this.privateSubnetIds,
      isolatedSubnetIds: this.isolatedSubnetIds,
    });
  }

  private logFlows(name: string, vpcId: pulumi.Output<string>, args: NetworkArgs): void {
    const { account } = args;
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-flows`,
      { name: args.logGroupName, kmsKeyId: args.keyArn, retentionInDays: args.profile.logDays },
      { parent: this },
    );
    const role = workloadRole(
      `${name}-flows`,
      {
        limits: args.roleLimits,
        description: "VPC flow logs: writes to its own log group",
        assumeRolePolicy: trustedService("vpc-flow-logs.amazonaws.com", args.account),
      },
      this,
    );
    const policy = new aws.iam.RolePolicy(
      `${name}-flows`,
      {
        role: role.name,
        policy: policyDocument(
          {
            Effect: "Allow",
            Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
            Resource: [logGroup.arn, pulumi.interpolate`${logGroup.arn}:*`],
          },
          // Flow logs look their group up in the account's list, which cannot be asked for one (Amazon VPC, "IAM role for
          // publishing flow logs to CloudWatch Logs").
          {
            Effect: "Allow",
            Action: "logs:DescribeLogGroups",
            Resource: `arn:${account.partition}:logs:${account.region}:${account.id}:log-group:*`,
          },
        ),
      },
      { parent: this },
    );
    new aws.ec2.FlowLog(
      name,
      {
        vpcId,
        trafficType: "ALL",
        logDestinationType: "cloud-watch-logs",
        logDestination: logGroup.arn,
        iamRoleArn: role.arn,
      },
      { parent: this, dependsOn: [policy] },
    );
  }
}
