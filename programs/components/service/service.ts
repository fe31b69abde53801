import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { Profile } from "../../profile.ts";
import type { Colour, Image } from "../../release.ts";
import { capacity, type ServiceConfig } from "../../service-config.ts";
import type { DatabaseAccess } from "../data/database.ts";
import { openServiceFirewall } from "../network/firewall.ts";
import { type PerColour, ServiceColour } from "./colour.ts";
import type { ServiceOutputs } from "./outputs.ts";
import { repositoryArn } from "./repository.ts";
import { TaskRoles } from "./roles.ts";
import { Routing } from "./routing.ts";
import { ServiceSecret } from "./service-secret.ts";
import { type Staged, stage } from "./stage.ts";

export interface ServiceArgs {
  /** The environment's name: begins the names of what the service creates. */
  readonly environment: string;
  readonly account: Account;
  readonly profile: Profile;
  readonly config: ServiceConfig;
  /** What could run next; without one the service has its way in, and no tasks yet. */
  readonly image: Image | undefined;
  readonly repositoryUrl: string;
  readonly keyArn: pulumi.Input<string>;
  readonly network: {
    readonly vpcId: pulumi.Input<string>;
    readonly privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  };
  readonly traffic: {
    readonly url: pulumi.Output<string>;
    readonly plainHttp: boolean;
    readonly listenerArn: pulumi.Input<string>;
    readonly securityGroupId: pulumi.Input<string>;
    readonly previewHeaderValue: pulumi.Output<string>;
  };
  readonly cluster: { readonly arn: pulumi.Input<string>; readonly name: pulumi.Input<string> };
  /** For services with `database: true`. */
  readonly database: DatabaseAccess & { readonly userSecretArn: pulumi.Output<string> };
}

/** A service in two colours behind the load balancer, and the task definition that could run next. */
export class Service extends pulumi.ComponentResource {
  readonly targetGroups: PerColour<aws.lb.TargetGroup>;
  readonly outputs: pulumi.Output<ServiceOutputs>;

  constructor(name: string, args: ServiceArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:service:Service", name, {}, options);
    const { account, config, database, keyArn, profile } = args;
    const routing = new Routing(name, { config, vpcId: args.network.vpcId, ...args.traffic }, { parent: this });
    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      { name: `/switchyard/${args.environment}/${name}`, kmsKeyId: keyArn, retentionInDays: profile.logDays },
      { parent: this },
    );
    const securityGroup = new aws.ec2.SecurityGroup(
      `${name}-service`,
      { description: `Service ${name}: from the load balancer only`, vpcId: args.network.vpcId },
      { parent: this },
    );
    const ways = openServiceFirewall(name, this, {
      port: config.port,
      serviceGroupId: securityGroup.id,
      balancerGroupId: args.traffic.securityGroupId,
      webPorts: args.traffic.plainHttp ? [80, 443] : [443],
      ...(config.database ? { database } : {}),
    });
    const secret = hasSecrets(config)
      ? new ServiceSecret(
          name,
          { profile, keyArn, secretName: `switchyard/${args.environment}/${name}` },
          { parent: this },
        )
      : undefined;
    const roles = new TaskRoles(
      name,
      {
        account,
        keyArn,
        repositoryArn: repositoryArn(args.repositoryUrl, account),
        logGroupArn: logGroup.arn,
        secretArns: [...(secret ? [secret.arn] : []), ...(config.database ? [database.userSecretArn] : [])],
      },
      { parent: this },
    );
    const staged =
      args.image === undefined
        ? undefined
        : stage(name, this, {
            account,
            config,
            database,
            image: args.image,
            family: `${args.environment}-${name}`,
            logGroupName: logGroup.name,
            roles,
            url: args.traffic.url,
            secretArn: secret?.arn,
          });
    const colours = this.colours(name, args, {
      staged,
      targetGroups: routing.targetGroups,
      securityGroupId: securityGroup.id,
      startsAfter: [routing.production, routing.preview, roles.executionPolicy, ...ways],
    });
    this.targetGroups = routing.targetGroups;
    this.outputs = pulumi.output({
      path: config.path,
      ruleArn: routing.production.arn,
      previewRuleArn: routing.preview.arn,
      repository: args.repositoryUrl,
      blue: colourOutputs(routing.targetGroups.blue, colours?.blue),
      green: colourOutputs(routing.targetGroups.green, colours?.green),
      ...(staged === undefined ? {} : { staged }),
      containerName: name,
      containerPort: config.port,
      logGroup: logGroup.name,
      subnetIds: args.network.privateSubnetIds,
      securityGroupId: securityGroup.id,
      ...settingsOutputs(config),
    });
    this.registerOutputs({ outputs: this.outputs });
  }

  private colours(
    name: string,
    args: ServiceArgs,
    parts: {
      readonly staged: Staged | undefined;
      readonly targetGroups: PerColour<aws.lb.TargetGroup>;
      readonly securityGroupId: pulumi.Output<string>;
      readonly startsAfter: readonly pulumi.Resource[];
    },
  ): PerColour<ServiceColour> | undefined {
    const { staged, targetGroups, ...rest } = parts;
    if (staged === undefined) return undefined;
    const colour = (which: Colour) =>
      new ServiceColour(
        `${name}-${which}`,
        {
          ...rest,
          clusterArn: args.cluster.arn,
          clusterName: args.cluster.name,
          config: args.config,
          containerName: name,
          privateSubnetIds: args.network.privateSubnetIds,
          profile: args.profile,
          targetGroupArn: targetGroups[which].arn,
          taskDefinitionArn: staged.taskDefinitionArn,
        },
        { parent: this },
      );
    return { blue: colour("blue"), green: colour("green") };
  }
}

function hasSecrets(config: ServiceConfig): boolean {
  return Object.keys(config.secrets).length > 0;
}

function colourOutputs(targetGroup: aws.lb.TargetGroup, colour: ServiceColour | undefined) {
  const { arn: targetGroupArn } = targetGroup;
  if (colour === undefined) return { targetGroupArn };
  return { targetGroupArn, serviceName: colour.serviceName, scalableTargetId: colour.scalableTargetId };
}

/** What the driver needs of the configuration. */
function settingsOutputs(config: ServiceConfig) {
  const { min, max } = capacity(config);
  return {
    healthCheckPath: config.healthCheck.path,
    minCapacity: min,
    maxCapacity: max,
    desiredCount: config.desiredCount,
    deregistrationDelaySeconds: config.deregistrationDelaySeconds,
    stopTimeoutSeconds: config.stopTimeoutSeconds,
    ...(config.stickinessSeconds === undefined ? {} : { stickinessSeconds: config.stickinessSeconds }),
  };
}
