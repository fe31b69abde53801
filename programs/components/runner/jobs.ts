import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { openTheWeb } from "../network/firewall.ts";
import { attemptSeconds, type JobRole, jobAttempts, jobRoles, type Places } from "./machines/places.ts";
import { failedToStart } from "./never-started.ts";

export interface JobsArgs {
  readonly account: Account;
  readonly vpcId: pulumi.Input<string>;
  readonly subnetIds: pulumi.Input<string[]>;
  readonly maxVcpus: number;
  /** How long a job waits that AWS Batch says it cannot start, seconds. */
  readonly startSeconds: number;
  /** By digest. */
  readonly image: string;
  /** `owner/name` at GitHub. */
  readonly repository: string;
  readonly tokenSecretArn: string;
  readonly logGroupName: pulumi.Input<string>;
  readonly executionRoleArn: pulumi.Input<string>;
  readonly roleArns: Readonly<Record<JobRole, pulumi.Input<string>>>;
  readonly artifactsBucket: pulumi.Input<string>;
  /** Where jobs find the stacks' states; absent where the pipeline keeps no bucket for them. */
  readonly stateBucket: string | undefined;
}

/** Where jobs of `switchyard` run, without a machine to keep: queues, and a definition for each kind of job. */
export class Jobs extends pulumi.ComponentResource {
  readonly queueArns: { readonly [Queue in keyof Places["queues"]]: pulumi.Output<string> };
  readonly definitionArns: Readonly<Record<JobRole, pulumi.Output<string>>>;

  constructor(name: string, args: JobsArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:Jobs", name, {}, options);
    const group = new aws.ec2.SecurityGroup(
      name,
      { vpcId: args.vpcId, description: "Jobs of the runner: nothing reaches them" },
      { parent: this },
    );
    const ways = openTheWeb(name, this, group.id, [443]);
    const environment = new aws.batch.ComputeEnvironment(
      name,
      {
        name,
        type: "MANAGED",
        computeResources: {
          type: "FARGATE",
          maxVcpus: args.maxVcpus,
          subnets: args.subnetIds,
          securityGroupIds: [group.id],
        },
      },
      { parent: this, dependsOn: [...ways] },
    );
    const queue = (of: string, priority: number) =>
      new aws.batch.JobQueue(
        `${name}-${of}`,
        {
          name: `${name}-${of}`,
          state: "ENABLED",
          priority,
          computeEnvironmentOrders: [{ order: 1, computeEnvironment: environment.arn }],
          jobStateTimeLimitActions: unstartable.map((reason) => ({
            ...{ reason, state: "RUNNABLE", action: "CANCEL", maxTimeSeconds: args.startSeconds },
          })),
        },
        { parent: this },
      ).arn;
    // The higher goes first where both wait for the same environment (AWS Batch, "Job queue parameters").
    this.queueArns = { production: queue("production", 100), preview: queue("preview", 10) };
    const made = jobRoles.map((role) => [role, this.definition(name, role, args)] as const);
    this.definitionArns = Object.fromEntries(made) as Record<JobRole, pulumi.Output<string>>;
    this.registerOutputs({ queueArns: this.queueArns, definitionArns: this.definitionArns });
  }

  private definition(name: string, role: JobRole, args: JobsArgs): pulumi.Output<string> {
    return new aws.batch.JobDefinition(
      `${name}-${role}`,
      {
        name: `${name}-${role}`,
        type: "container",
        platformCapabilities: ["FARGATE"],
        propagateTags: true,
        timeout: { attemptDurationSeconds: attemptSeconds[role] },
        retryStrategy,
        containerProperties: pulumi.jsonStringify(container(role, args)),
      },
      { parent: this },
    ).arn;
  }
}

/**
 * Why AWS Batch cannot start the job at the head of a queue, as far as it cancels that by itself, and not of EC2 alone (AWS Batch,
 * "Automatic remediation with jobStateTimeLimitActions"). A job that only waits for its turn is none of these.
 */
const unstartable = [
  "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
  "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
  "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
] as const;

/** Again only what did not start: a command that failed has said why (AWS Batch, "Automated job retries"). */
const retryStrategy = {
  attempts: jobAttempts,
  evaluateOnExits: [
    { action: "RETRY", onStatusReason: failedToStart },
    { action: "RETRY", onReason: "CannotPullContainerError*" },
    { action: "EXIT", onReason: "*" },
  ],
};

function container(role: JobRole, args: JobsArgs) {
  const { account } = args;
  return {
    image: args.image,
    command: ["--help"],
    jobRoleArn: args.roleArns[role],
    executionRoleArn: args.executionRoleArn,
    readonlyRootFilesystem: true,
    privileged: false,
    user: "65532",
    networkConfiguration: { assignPublicIp: "DISABLED" },
    fargatePlatformConfiguration: { platformVersion: "LATEST" },
    runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "ARM64" },
    resourceRequirements: [
      { type: "VCPU", value: "1" },
      { type: "MEMORY", value: "4096" },
    ],
    // The checkout and its packages; the rest of the file system is read-only.
    volumes: [{ name: "work" }],
    mountPoints: [{ sourceVolume: "work", containerPath: "/work", readOnly: false }],
    environment: [
      { name: "AWS_REGION", value: account.region },
      { name: "GITHUB_REPOSITORY", value: args.repository },
      { name: "SWITCHYARD_ARTIFACTS", value: args.artifactsBucket },
      { name: "SWITCHYARD_ROLE", value: role },
      ...(args.stateBucket === undefined ? [] : [{ name: "PULUMI_BACKEND_URL", value: `s3://${args.stateBucket}` }]),
    ],
    secrets: [{ name: "GITHUB_TOKEN", valueFrom: args.tokenSecretArn }],
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": args.logGroupName,
        "awslogs-region": account.region,
        "awslogs-stream-prefix": role,
      },
    },
  };
}
