import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { SwitchyardError } from "../../errors.ts";
import {
  policyDocument,
  pullImages,
  readSecrets,
  type Statement,
  trustedService,
  useKeyThrough,
  writeLogs,
} from "../../policy.ts";
import { policyArn } from "../roles/boundaries.ts";
import { workflowBoundaryName } from "../roles/names.ts";
import { artifactPrefixes } from "./artifacts.ts";
import { type JobRole, jobRoles } from "./machines/places.ts";

/** The pipeline's role whose rights each kind of job has. */
export function pipelineRoleOf(role: JobRole, deployStack: string): string {
  switch (role) {
    case "apply":
      return "platform";
    case "deploy":
      return `deploy-${deployStack}`;
    default:
      return role;
  }
}

/**
 * The policies of each kind of job.
 *
 * @throws SwitchyardError `invalid-config` where the pipeline stack has no such role.
 */
export function policiesOfJobs(
  rolePolicyArns: Readonly<Record<string, readonly string[]>> | undefined,
  deployStack: string,
): Readonly<Record<JobRole, readonly string[]>> {
  const entries = jobRoles.map((role) => {
    const where = role === "deploy" ? "switchyard:deployStack" : "switchyard:pipelineStack";
    return [role, policiesOf(rolePolicyArns, pipelineRoleOf(role, deployStack), `jobs of ${role}`, where)] as const;
  });
  return Object.fromEntries(entries) as Record<JobRole, readonly string[]>;
}

/**
 * The policies of one of the pipeline's roles.
 *
 * @param whose who would have its rights, for what is said where there is none
 * @throws SwitchyardError `invalid-config` where the pipeline stack has no such role.
 */
export function policiesOf(
  rolePolicyArns: Readonly<Record<string, readonly string[]>> | undefined,
  name: string,
  whose: string,
  where = "switchyard:pipelineStack",
): readonly string[] {
  const arns = rolePolicyArns?.[name];
  if (arns !== undefined) return arns;
  throw new SwitchyardError("invalid-config", {
    what: `the pipeline stack has no role ${name}, whose rights ${whose} would have`,
    where,
    fix: "Apply the pipeline stack with switchyard:github, and name one of its stacks",
  });
}

export interface JobRolesArgs {
  readonly account: Account;
  readonly policyArns: Readonly<Record<JobRole, readonly string[]>>;
  readonly imageRepositoryArn: string;
  readonly logGroupArn: pulumi.Input<string>;
  readonly tokenSecretArn: string;
  readonly keyArn: pulumi.Input<string>;
  readonly artifactsArn: pulumi.Input<string>;
}

/**
 * What starts the jobs, and what each kind of job may do: what the pipeline's workflows may, leave behind its log and its
 * report, tell X-Ray of itself, and nothing else.
 */
export class JobRoles extends pulumi.ComponentResource {
  readonly executionRoleArn: pulumi.Output<string>;
  readonly arns: Readonly<Record<JobRole, pulumi.Output<string>>>;

  constructor(name: string, args: JobRolesArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:JobRoles", name, {}, options);
    const { account } = args;
    const common = {
      assumeRolePolicy: trustedService("ecs-tasks.amazonaws.com", account),
      permissionsBoundary: policyArn(account, workflowBoundaryName),
    };
    const execution = new aws.iam.Role(
      `${name}-execution`,
      {
        name: "switchyard-runner-execution",
        description: "Starts the runner's jobs: pulls the image, reads the token of GitHub, opens the log",
        ...common,
      },
      { parent: this },
    );
    new aws.iam.RolePolicy(
      `${name}-execution`,
      {
        role: execution.name,
        policy: policyDocument(
          ...pullImages([args.imageRepositoryArn]),
          writeLogs(args.logGroupArn),
          ...readSecrets([args.tokenSecretArn], args.keyArn, account),
        ),
      },
      { parent: this },
    );
    const made = jobRoles.map((role) => [role, this.jobRole(name, role, args, common)] as const);
    this.executionRoleArn = execution.arn;
    this.arns = Object.fromEntries(made) as Record<JobRole, pulumi.Output<string>>;
    this.registerOutputs({ executionRoleArn: this.executionRoleArn, arns: this.arns });
  }

  private jobRole(
    name: string,
    role: JobRole,
    args: JobRolesArgs,
    common: Pick<aws.iam.RoleArgs, "assumeRolePolicy" | "permissionsBoundary"> & {
      readonly assumeRolePolicy: pulumi.Input<string>;
    },
  ): pulumi.Output<string> {
    const made = new aws.iam.Role(
      `${name}-${role}`,
      { name: `switchyard-runner-${role}`, description: `What jobs of ${role} may do in AWS`, ...common },
      { parent: this },
    );
    new aws.iam.RolePolicy(
      `${name}-${role}`,
      { role: made.name, policy: policyDocument(...mayLeave(args), mayTrace) },
      { parent: this },
    );
    for (const arn of args.policyArns[role])
      new aws.iam.RolePolicyAttachment(
        `${name}-${role}-${arn.split("/").at(-1)}`,
        { role: made.name, policyArn: arn },
        { parent: this },
      );
    return made.arn;
  }
}

/** It knows no resource (Service Authorization Reference, AWS X-Ray). */
const mayTrace: Statement = { Effect: "Allow", Action: "xray:PutTraceSegments", Resource: "*" };

/** Writing below the artifacts' prefixes: neither reading what another job has left, nor listing it. */
function mayLeave({ account, artifactsArn, keyArn }: JobRolesArgs): readonly Statement[] {
  return [
    {
      Effect: "Allow",
      Action: "s3:PutObject",
      Resource: Object.values(artifactPrefixes).map((prefix) => pulumi.interpolate`${artifactsArn}/${prefix}*`),
    },
    useKeyThrough("s3", keyArn, account, "writes"),
  ];
}
