import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, pullImages, readSecrets, trustedService, writeLogs } from "../../policy.ts";
import { type Sending, sendMail } from "../mail/mail-domain.ts";
import type { RoleLimits } from "../roles/boundaries.ts";
import { workloadRole } from "../roles/workload-role.ts";
import { sendTraces } from "./collector.ts";
import { type FilesAccess, useFiles } from "./files.ts";

export interface TaskRolesArgs {
  readonly account: Account;
  /** Of its images: what is staged, and what may be started again. */
  readonly repositoryArns: readonly string[];
  readonly logGroupArn: pulumi.Input<string>;
  /** The only secrets a task of the service may start with. */
  readonly secretArns: readonly pulumi.Input<string>[];
  /** Only of a service that sends mail. */
  readonly sending: Sending | undefined;
  /** Only of a service that keeps files. */
  readonly files: FilesAccess | undefined;
  /** Whether a collector beside it sends its traces. */
  readonly tracing: boolean;
  readonly keyArn: pulumi.Input<string>;
  readonly roleLimits: RoleLimits;
}

/** A service's two roles: ECS's own, to start a task, and the code's, which may do nothing until it is given something. */
export class TaskRoles extends pulumi.ComponentResource {
  readonly executionRoleArn: pulumi.Output<string>;
  readonly taskRoleArn: pulumi.Output<string>;
  /** Tasks started before it is attached cannot pull or log. */
  readonly executionPolicy: aws.iam.RolePolicy;

  constructor(name: string, args: TaskRolesArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:service:TaskRoles", name, {}, options);
    const assumeRolePolicy = trustedService("ecs-tasks.amazonaws.com", args.account);
    const execution = workloadRole(
      `${name}-execution`,
      {
        limits: args.roleLimits,
        description: "Starts the service's tasks: pulls the image, reads its secrets, opens its log",
        assumeRolePolicy,
      },
      this,
    );
    this.executionPolicy = new aws.iam.RolePolicy(
      `${name}-execution`,
      {
        role: execution.name,
        policy: policyDocument(
          ...pullImages(args.repositoryArns),
          writeLogs(args.logGroupArn),
          ...readSecrets(args.secretArns, args.keyArn, args.account),
        ),
      },
      { parent: this },
    );
    const task = workloadRole(
      `${name}-task`,
      { limits: args.roleLimits, description: "What the service's own code may do in AWS", assumeRolePolicy },
      this,
    );
    if (args.sending)
      new aws.iam.RolePolicy(
        `${name}-mail`,
        { role: task.name, policy: policyDocument(sendMail(args.sending)) },
        { parent: this },
      );
    if (args.files)
      new aws.iam.RolePolicy(
        `${name}-files`,
        { role: task.name, policy: policyDocument(...useFiles(args.files, args.keyArn, args.account)) },
        { parent: this },
      );
    if (args.tracing)
      new aws.iam.RolePolicy(
        `${name}-traces`,
        { role: task.name, policy: policyDocument(sendTraces) },
        { parent: this },
      );
    this.executionRoleArn = execution.arn;
    this.taskRoleArn = task.arn;
    this.registerOutputs({ executionRoleArn: this.executionRoleArn, taskRoleArn: this.taskRoleArn });
  }
}
