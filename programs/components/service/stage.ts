import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { Image } from "../../release.ts";
import type { ServiceConfig } from "../../service-config.ts";
import type { DatabaseAccess } from "../data/database.ts";
import { databaseUserName } from "../data/database-user.ts";
import { containerDefinitions, fingerprint, type ReleaseInputs } from "./containers.ts";
import type { TaskRoles } from "./roles.ts";

export interface StageArgs {
  readonly account: Account;
  readonly config: ServiceConfig;
  /** Name of the task definition's family. */
  readonly family: string;
  readonly image: Image;
  readonly logGroupName: pulumi.Output<string>;
  readonly roles: TaskRoles;
  /** The environment's URL. */
  readonly url: pulumi.Output<string>;
  readonly database: DatabaseAccess & { readonly userSecretArn: pulumi.Output<string> };
  /** Of the service's own secret, when it has one. */
  readonly secretArn: pulumi.Output<string> | undefined;
}

/** What the driver could start next. */
export interface Staged {
  readonly taskDefinitionArn: pulumi.Output<string>;
  readonly release: pulumi.Output<string>;
  readonly image: string;
  readonly version: string;
}

/** Registers the task definition of an image with the service's configuration. */
export function stage(name: string, parent: pulumi.Resource, args: StageArgs): Staged {
  const { config, image } = args;
  const inputs: pulumi.Output<ReleaseInputs> = pulumi.output({
    image: image.digest,
    environment: environmentVariables(args),
    secrets: secretReferences(args),
    cpu: config.cpu,
    memory: config.memory,
    port: config.port,
    stopTimeoutSeconds: config.stopTimeoutSeconds,
    architecture: config.architecture,
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
  };
}

/** The configured variables and those the platform adds. */
function environmentVariables(args: StageArgs): Record<string, pulumi.Input<string>> {
  const variables = { ...args.config.environment, API_URL: args.url };
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
  if (args.config.database)
    references["DATABASE_PASSWORD"] = pulumi.interpolate`${args.database.userSecretArn}:password::`;
  return references;
}
