import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { Profile } from "../../profile.ts";
import type { Image } from "../../release.ts";
import { capacity, type ServiceConfig } from "../../service-config.ts";
import type { DatabaseAccess } from "../data/database.ts";
import { databaseUserName } from "../data/database-user.ts";
import { openServiceFirewall } from "../network/firewall.ts";
import { type PerColour, ServiceColour } from "./colour.ts";
import { containerDefinitions, fingerprint, type ReleaseInputs } from "./containers.ts";
import type { ServiceOutputs } from "./outputs.ts";
import { repositoryArn } from "./repository.ts";
import { TaskRoles } from "./roles.ts";
import { Routing } from "./routing.ts";

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
    const { config } = args;
    const routing = new Routing(
      name,
      {
        config,
        vpcId: args.network.vpcId,
        listenerArn: args.traffic.listenerArn,
        previewHeaderValue: args.traffic.previewHeaderValue,
      },
      { parent: this },
    );
    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      {
        name: `/switchyard/${args.environment}/${name}`,
        kmsKeyId: args.keyArn,
        retentionInDays: args.profile.logDays,
      },
      { parent: this },
    );
    const securityGroup = new aws.ec2.SecurityGroup(
      `${name}-service`,
      { description: `Service ${name}: from the load balancer only`, vpcId: args.network.vpcId },
      { parent: this },
    );
    const reachable = openServiceFirewall(name, this, {
      port: config.port,
      serviceGroupId: securityGroup.id,
      balancerGroupId: args.traffic.securityGroupId,
      webPorts: args.traffic.plainHttp ? [80, 443] : [443],
      ...(config.database ? { database: args.database } : {}),
    });
    const ownSecret = this.ownSecret(name, args);
    const secrets = secretReferences(args, ownSecret?.arn);
    const roles = new TaskRoles(
      name,
      {
        account: args.account,
        repositoryArn: repositoryArn(args.repositoryUrl, args.account),
        logGroupArn: logGroup.arn,
        secretArns: [...(ownSecret ? [ownSecret.arn] : []), ...(config.database ? [args.database.userSecretArn] : [])],
        keyArn: args.keyArn,
      },
      { parent: this },
    );
    const staged = this.stage(name, args, { secrets, logGroupName: logGroup.name, roles });
    const colour = (which: "blue" | "green") =>
      staged === undefined
        ? undefined
        : new ServiceColour(
            `${name}-${which}`,
            {
              clusterArn: args.cluster.arn,
              clusterName: args.cluster.name,
              config,
              containerName: name,
              privateSubnetIds: args.network.privateSubnetIds,
              profile: args.profile,
              securityGroupId: securityGroup.id,
              targetGroupArn: routing.targetGroups[which].arn,
              taskDefinitionArn: staged.taskDefinitionArn,
            },
            { parent: this, dependsOn: [routing.production, routing.preview, roles.executionPolicy, ...reachable] },
          );
    const colours = { blue: colour("blue"), green: colour("green") };
    this.targetGroups = routing.targetGroups;
    this.outputs = pulumi.output({
      path: config.path,
      ruleArn: routing.production.arn,
      previewRuleArn: routing.preview.arn,
      repository: args.repositoryUrl,
      blue: colourOutputs(routing.targetGroups.blue, colours.blue),
      green: colourOutputs(routing.targetGroups.green, colours.green),
      ...(staged === undefined ? {} : { staged }),
      containerName: name,
      containerPort: config.port,
      logGroup: logGroup.name,
      subnetIds: args.network.privateSubnetIds,
      securityGroupId: securityGroup.id,
      healthCheckPath: config.healthCheck.path,
      minCapacity: capacity(config).min,
      maxCapacity: capacity(config).max,
      desiredCount: config.desiredCount,
      deregistrationDelaySeconds: config.deregistrationDelaySeconds,
      stopTimeoutSeconds: config.stopTimeoutSeconds,
      ...(config.stickinessSeconds === undefined ? {} : { stickinessSeconds: config.stickinessSeconds }),
    });
    this.registerOutputs({ outputs: this.outputs });
  }

  /** Holds what `secrets` names; operators fill it, an `up` never changes it. */
  private ownSecret(name: string, args: ServiceArgs): aws.secretsmanager.Secret | undefined {
    if (Object.keys(args.config.secrets).length === 0) return undefined;
    const secret = new aws.secretsmanager.Secret(
      name,
      {
        name: `switchyard/${args.environment}/${name}`,
        description: `What ${name} keeps secret: a JSON object with the keys its configuration names`,
        kmsKeyId: args.keyArn,
        recoveryWindowInDays: args.profile.secretRecoveryDays,
      },
      { parent: this },
    );
    new aws.secretsmanager.SecretVersion(
      name,
      { secretId: secret.id, secretString: pulumi.secret("{}") },
      { parent: this, ignoreChanges: ["secretString"] },
    );
    return secret;
  }

  private stage(
    name: string,
    args: ServiceArgs,
    parts: {
      readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
      readonly logGroupName: pulumi.Output<string>;
      readonly roles: TaskRoles;
    },
  ) {
    const { config, image } = args;
    if (image === undefined) return undefined;
    const inputs: pulumi.Output<ReleaseInputs> = pulumi.output({
      image: image.digest,
      environment: environmentVariables(args),
      secrets: parts.secrets,
      cpu: config.cpu,
      memory: config.memory,
      port: config.port,
    });
    const definition = new aws.ecs.TaskDefinition(
      name,
      {
        family: `${args.environment}-${name}`,
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: String(config.cpu),
        memory: String(config.memory),
        runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: config.architecture },
        executionRoleArn: parts.roles.executionRoleArn,
        taskRoleArn: parts.roles.taskRoleArn,
        containerDefinitions: pulumi.all([inputs, parts.logGroupName]).apply(([release, logGroup]) =>
          containerDefinitions({
            ...release,
            name,
            stopTimeoutSeconds: config.stopTimeoutSeconds,
            logGroup,
            region: args.account.region,
          }),
        ),
        // A revision another `up` supersedes may still run, or be what a rollback goes back to.
        skipDestroy: true,
      },
      { parent: this },
    );
    return {
      taskDefinitionArn: definition.arn,
      release: inputs.apply(fingerprint),
      image: image.digest,
      version: image.version,
    };
  }
}

function colourOutputs(targetGroup: aws.lb.TargetGroup, colour: ServiceColour | undefined) {
  const { arn: targetGroupArn } = targetGroup;
  if (colour === undefined) return { targetGroupArn };
  return { targetGroupArn, serviceName: colour.serviceName, scalableTargetId: colour.scalableTargetId };
}

/** The configured variables and those the platform adds. */
function environmentVariables(args: ServiceArgs): Record<string, pulumi.Input<string>> {
  return {
    ...args.config.environment,
    API_URL: args.traffic.url,
    ...(args.config.database
      ? {
          DATABASE_HOST: args.database.address,
          DATABASE_PORT: args.database.port.apply(String),
          DATABASE_NAME: args.database.name,
          DATABASE_USER: databaseUserName,
        }
      : {}),
  };
}

/** ECS's way to name one key of a JSON secret: `<arn>:<key>::`. */
function secretReferences(
  args: ServiceArgs,
  ownSecretArn: pulumi.Output<string> | undefined,
): Record<string, pulumi.Input<string>> {
  const references: Record<string, pulumi.Input<string>> = {};
  for (const [variable, key] of Object.entries(args.config.secrets))
    references[variable] = pulumi.interpolate`${ownSecretArn ?? ""}:${key}::`;
  if (args.config.database)
    references["DATABASE_PASSWORD"] = pulumi.interpolate`${args.database.userSecretArn}:password::`;
  return references;
}
