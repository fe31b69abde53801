import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { pricedInputs } from "../../cost/quantities.ts";
import type { Profile } from "../../profile.ts";
import { type Colour, type Image, longestStickiness, portsOf, recorded, type ServiceRelease } from "../../release.ts";
import { capacity, type ServiceConfig } from "../../service-config.ts";
import type { TracingConfig } from "../../tracing.ts";
import type { DatabaseAccess } from "../data/database.ts";
import type { Sending } from "../mail/mail-domain.ts";
import { openServiceFirewall } from "../network/firewall.ts";
import type { RoleLimits } from "../roles/boundaries.ts";
import { type PerColour, ServiceColour, type ServiceColourArgs } from "./colour.ts";
import type { FilesAccess } from "./files.ts";
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
  /** What is released of it: whatever that needs stays as long as it may serve. */
  readonly release: ServiceRelease | undefined;
  readonly repositoryUrl: string;
  readonly keyArn: pulumi.Input<string>;
  readonly roleLimits: RoleLimits;
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
  /** The service whose rule is asked before this one's. */
  readonly askedBefore: Service | undefined;
  readonly cluster: { readonly arn: pulumi.Input<string>; readonly name: pulumi.Input<string> };
  /** Of a service with `mail: true`. */
  readonly sending: Sending | undefined;
  /** Of a service with `files: true`. */
  readonly files: FilesAccess | undefined;
  /** Of a service with `tracing: true`. */
  readonly tracing: TracingConfig | undefined;
  /** For services with `database: true`. */
  readonly database: DatabaseAccess & {
    readonly userSecretArn: pulumi.Output<string>;
    readonly urlSecretArn: pulumi.Output<string>;
  };
}

/** A service in two colours behind the load balancer, and the task definition that could run next. */
export class Service extends pulumi.ComponentResource {
  readonly targetGroups: PerColour<aws.lb.TargetGroup>;
  /** Takes production requests. */
  readonly rule: aws.lb.ListenerRule;
  /** Of ECS. Apart from the outputs, which are not known in a preview that stages a task definition. */
  readonly serviceNames: PerColour<pulumi.Output<string> | undefined>;
  readonly outputs: pulumi.Output<ServiceOutputs>;

  constructor(name: string, args: ServiceArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:service:Service", name, {}, options);
    const { account, config, database, keyArn, profile } = args;
    const needs = secretsOf(config, args.release);
    const routing = new Routing(
      name,
      {
        config,
        release: args.release,
        vpcId: args.network.vpcId,
        ...args.traffic,
        askedBefore: args.askedBefore?.rule,
      },
      { parent: this },
    );
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
      ports: portsOf(args.release, config.port),
      serviceGroupId: securityGroup.id,
      balancerGroupId: args.traffic.securityGroupId,
      webPorts: args.traffic.plainHttp ? [80, 443] : [443],
      ...(needs.has("database") ? { database } : {}),
    });
    const secret = needs.has("service")
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
        roleLimits: args.roleLimits,
        repositoryArns: repositoriesOf(args).map((url) => repositoryArn(url, account)),
        logGroupArn: logGroup.arn,
        sending: args.sending,
        files: args.files,
        tracing: args.tracing !== undefined,
        secretArns: [
          ...(secret ? [secret.arn] : []),
          ...(needs.has("database") ? [database.userSecretArn, database.urlSecretArn] : []),
        ],
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
            sending: args.sending,
            files: args.files,
            tracing: args.tracing,
            environment: args.environment,
            image: args.image,
            family: `${args.environment}-${name}`,
            logGroupName: logGroup.name,
            roles,
            subnetIds: args.network.privateSubnetIds,
            securityGroupId: securityGroup.id,
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
    this.rule = routing.production;
    this.serviceNames = { blue: colours?.blue.serviceName, green: colours?.green.serviceName };
    this.outputs = pulumi.output({
      path: config.path,
      priority: config.priority,
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
      ...settingsOutputs(config, args.release),
    });
    // Guardrails know by them what a recorded release still starts with, whatever the configuration says, and what it costs.
    this.registerOutputs({ outputs: this.outputs, needs: [...needs].sort(), runs: pricedInputs(config) });
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
          scale: scaleOf(args.release, which),
          targetGroupArn: targetGroups[which].arn,
          taskDefinitionArn: staged.taskDefinitionArn,
        },
        { parent: this },
      );
    return { blue: colour("blue"), green: colour("green") };
  }
}

function scaleOf({ live, scale }: ServiceRelease = {}, colour: Colour): ServiceColourArgs["scale"] {
  if (live === undefined) return undefined;
  return live === colour ? scale : "idle";
}

/** Secrets a task may start with: of the configuration, and of every release that runs or may be gone back to. */
function secretsOf(config: ServiceConfig, release: ServiceRelease | undefined): ReadonlySet<"service" | "database"> {
  const kept = recorded(release).flatMap(({ setup }) => setup?.secrets ?? []);
  return new Set([
    ...kept,
    ...(Object.keys(config.secrets).length > 0 ? (["service"] as const) : []),
    ...(config.database ? (["database"] as const) : []),
  ]);
}

function repositoriesOf({ repositoryUrl, release }: ServiceArgs): readonly string[] {
  const kept = recorded(release).map(({ digest }) => digest.slice(0, digest.indexOf("@")));
  return [...new Set([repositoryUrl, ...kept])];
}

function colourOutputs(targetGroup: aws.lb.TargetGroup, colour: ServiceColour | undefined) {
  const { arn: targetGroupArn } = targetGroup;
  if (colour === undefined) return { targetGroupArn };
  return { targetGroupArn, serviceName: colour.serviceName, scalableTargetId: colour.scalableTargetId };
}

/** What the driver needs of the configuration. */
function settingsOutputs(config: ServiceConfig, release: ServiceRelease | undefined) {
  const stickinessSeconds = longestStickiness(config.stickinessSeconds, release);
  const { min, max } = capacity(config);
  return {
    healthCheckPath: config.healthCheck.path,
    minCapacity: min,
    maxCapacity: max,
    desiredCount: config.desiredCount,
    order: config.order,
    checks: config.checks,
    deregistrationDelaySeconds: config.deregistrationDelaySeconds,
    stopTimeoutSeconds: config.stopTimeoutSeconds,
    ...(stickinessSeconds === undefined ? {} : { stickinessSeconds }),
  };
}
