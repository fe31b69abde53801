import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { Image, Setup } from "../../release.ts";
import { asking } from "../../rollout.ts";
import type { ServiceConfig } from "../../service-config.ts";
import { type TracingConfig, tracingVariables } from "../../tracing.ts";
import type { DatabaseAccess } from "../data/database.ts";
import { databaseUserName } from "../data/database-user.ts";
import type { Sending } from "../mail/mail-domain.ts";
import { gracePeriodSeconds } from "./colour.ts";
import { containerDefinitions, fingerprint, type ReleaseInputs } from "./containers.ts";
import { type FilesAccess, filesVariables } from "./files.ts";
import type { TaskRoles } from "./roles.ts";

export interface StageArgs {
  readonly account: Account;
  readonly config: ServiceConfig;
  /** Name of the task definition's family. */
  readonly family: string;
  readonly image: Image;
  readonly logGroupName: pulumi.Output<string>;
  readonly roles: TaskRoles;
  readonly subnetIds: pulumi.Input<pulumi.Input<string>[]>;
  readonly securityGroupId: pulumi.Output<string>;
  /** The environment's URL. */
  readonly url: pulumi.Output<string>;
  readonly database: DatabaseAccess & {
    readonly userSecretArn: pulumi.Output<string>;
    readonly urlSecretArn: pulumi.Output<string>;
  };
  readonly sending: Sending | undefined;
  readonly files: FilesAccess | undefined;
  /** Of a service that is traced. */
  readonly tracing: TracingConfig | undefined;
  readonly environment: string;
  /** Of the service's own secret, when it has one. */
  readonly secretArn: pulumi.Output<string> | undefined;
}

/** What the driver could start next. */
export interface Staged {
  readonly taskDefinitionArn: pulumi.Output<string>;
  readonly release: pulumi.Output<string>;
  readonly image: string;
  readonly version: string;
  readonly setup: pulumi.Output<Setup>;
}

/** Registers the task definition of an image with the service's configuration. */
export function stage(name: string, parent: pulumi.Resource, args: StageArgs): Staged {
  const { config, image } = args;
  const inputs: pulumi.Output<ReleaseInputs> = pulumi.output({
    image: image.digest,
    environment: environmentVariables(name, args),
    secrets: secretReferences(args),
    cpu: config.cpu,
    memory: config.memory,
    stopTimeoutSeconds: config.stopTimeoutSeconds,
    architecture: config.architecture,
    setup: setupOf(name, args),
    ...(args.tracing && { collector: args.tracing.collector }),
  });
  const { region } = args.account;
  const definition = new aws.ecs.TaskDefinition(
    name,
    {
      family: args.family,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: String(config.cpu),
      memory: String(config.memory),
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: config.architecture },
      executionRoleArn: args.roles.executionRoleArn,
      taskRoleArn: args.roles.taskRoleArn,
      containerDefinitions: pulumi
        .all([inputs, args.logGroupName])
        .apply(([release, logGroup]) => containerDefinitions({ ...release, name, logGroup, region })),
      // A revision another `up` supersedes may still run, or be what a rollback goes back to.
      skipDestroy: true,
    },
    { parent },
  );
  return {
    taskDefinitionArn: definition.arn,
    release: inputs.apply(fingerprint),
    image: image.digest,
    version: image.version,
    setup: inputs.setup,
  };
}

/** What the configuration says of the way to the tasks, for the driver to apply to the colour that gets them. */
function setupOf(name: string, { config, subnetIds, securityGroupId }: StageArgs): pulumi.Output<Setup> {
  const { healthCheck, path, priority } = config;
  const { matcher = asking.matcher } = healthCheck;
  return pulumi.all([subnetIds, securityGroupId]).apply(
    ([subnets, group]): Setup => ({
      containerName: name,
      port: config.port,
      subnetIds: [...subnets].sort(),
      securityGroupId: group,
      gracePeriodSeconds: gracePeriodSeconds(config),
      group: {
        healthCheck: {
          path: healthCheck.path,
          intervalSeconds: healthCheck.intervalSeconds,
          timeoutSeconds: healthCheck.timeoutSeconds,
          healthyThreshold: healthCheck.healthyThreshold,
          unhealthyThreshold: healthCheck.unhealthyThreshold,
          ...(matcher !== asking.matcher && { matcher }),
        },
        deregistrationDelaySeconds: config.deregistrationDelaySeconds,
        ...(config.stickinessSeconds !== undefined && { stickinessSeconds: config.stickinessSeconds }),
      },
      route: { path, priority },
      secrets: [
        ...(Object.keys(config.secrets).length > 0 ? (["service"] as const) : []),
        ...(config.database ? (["database"] as const) : []),
      ],
    }),
  );
}

/** The configured variables and those the platform adds. */
function environmentVariables(service: string, args: StageArgs): Record<string, pulumi.Input<string>> {
  const { sending, files, tracing, environment } = args;
  const variables = {
    ...args.config.environment,
    API_URL: args.url,
    ...(sending && { MAIL_FROM: sending.from, MAIL_REGION: sending.region }),
    ...(files && filesVariables(files, args.account)),
    ...(tracing && tracingVariables(tracing, { service, environment })),
  };
  if (!args.config.database) return variables;
  return {
    ...variables,
    DATABASE_HOST: args.database.address,
    DATABASE_PORT: args.database.port.apply(String),
    DATABASE_NAME: args.database.name,
    DATABASE_USER: databaseUserName,
  };
}

/** ECS's way to name one key of a JSON secret: `<arn>:<key>::`. */
function secretReferences(args: StageArgs): Record<string, pulumi.Input<string>> {
  const references: Record<string, pulumi.Input<string>> = {};
  if (args.secretArn !== undefined)
    for (const [variable, key] of Object.entries(args.config.secrets))
      references[variable] = pulumi.interpolate`${args.secretArn}:${key}::`;
  if (args.config.database) {
    references["DATABASE_PASSWORD"] = pulumi.interpolate`${args.database.userSecretArn}:password::`;
    references["DATABASE_URL"] = args.database.urlSecretArn;
  }
  return references;
}
