import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, type Statement, trustedService, useKeyThrough } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import { type MachineName, machineNames, physicalName } from "./machine-names.ts";
import type { Machine } from "./machines/asl.ts";
import { ephemeralMachine } from "./machines/ephemeral.ts";
import { mergeMachine, planApplyMachine, planMachine, releaseMachine, runMachine } from "./machines/machines.ts";
import type { JobRole, Places } from "./machines/places.ts";

export interface StateMachinesArgs {
  readonly account: Account;
  readonly profile: Profile;
  readonly keyArn: pulumi.Input<string>;
  readonly queueArns: { readonly [Queue in keyof Places["queues"]]: pulumi.Input<string> };
  readonly definitionArns: Readonly<Record<JobRole, pulumi.Input<string>>>;
  readonly statusQueue: { readonly url: pulumi.Input<string>; readonly arn: pulumi.Input<string> };
  /** The queue of what schedules could not start. */
  readonly scheduleLettersArn: pulumi.Input<string>;
  readonly approvalSeconds: number;
  /** The environment whose releases jobs of the role `deploy` do. */
  readonly deployStack: string;
}

/** The state machines of delivery, what they may call, and the schedules that start them. */
export class StateMachines extends pulumi.ComponentResource {
  readonly arns: Readonly<Record<MachineName, pulumi.Output<string>>>;

  constructor(name: string, args: StateMachinesArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:StateMachines", name, {}, options);
    const { account } = args;
    const child = { parent: this };
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-states`,
      // Below this path the log service's own policy does not grow with every group (AWS Step Functions, "Logging").
      {
        name: `/aws/vendedlogs/states/switchyard/${name}`,
        kmsKeyId: args.keyArn,
        retentionInDays: args.profile.logDays,
      },
      child,
    );
    const group = new aws.scheduler.ScheduleGroup(name, { name: `switchyard-${name}` }, child);
    const machineArn = (machine: MachineName) =>
      `arn:${account.partition}:states:${account.region}:${account.id}:stateMachine:${physicalName(machine, args.deployStack)}`;
    const scheduleRole = this.role(
      `${name}-schedule`,
      "Schedules: start commands, put aside what they could not",
      "scheduler.amazonaws.com",
      account,
      [{ Effect: "Allow", Action: "states:StartExecution", Resource: machineArn("run") }, ...mayPutAside(args)],
    );
    const role = this.role(
      `${name}-states`,
      "State machines: run jobs, ask, schedule",
      "states.amazonaws.com",
      account,
      [
        ...mayRunJobs(args),
        ...mayTell(args),
        ...maySchedule(account, `switchyard-${name}`, scheduleRole.arn),
        ...mayLog(),
      ],
    );
    const places = pulumi.output({
      partition: account.partition,
      jobDefinitions: args.definitionArns,
      queues: args.queueArns,
      statusQueueUrl: args.statusQueue.url,
      approvalSeconds: args.approvalSeconds,
      deployStack: args.deployStack,
    });
    const schedules = pulumi.output({
      group: group.name,
      roleArn: scheduleRole.arn,
      runMachineArn: machineArn("run"),
      deadLetterArn: args.scheduleLettersArn,
    });
    const definitions: Readonly<Record<MachineName, pulumi.Output<Machine>>> = {
      plan: places.apply(planMachine),
      "plan-apply": places.apply(planApplyMachine),
      merge: places.apply(mergeMachine),
      release: places.apply(releaseMachine),
      ephemeral: pulumi.all([places, schedules]).apply(([at, schedule]) => ephemeralMachine(at, schedule)),
      run: places.apply(runMachine),
    };
    const made = machineNames.map((machine) => {
      const { arn } = new aws.sfn.StateMachine(
        `${name}-${machine}`,
        {
          name: physicalName(machine, args.deployStack),
          type: "STANDARD",
          roleArn: role.arn,
          definition: pulumi.jsonStringify(definitions[machine]),
          loggingConfiguration: {
            level: "ALL",
            // Task tokens are in it: whoever has one approves.
            includeExecutionData: false,
            logDestination: pulumi.interpolate`${logGroup.arn}:*`,
          },
          tracingConfiguration: { enabled: true },
        },
        // AWS tries the role's rights to log when it makes one.
        { parent: this, dependsOn: [role.policy] },
      );
      return [machine, arn] as const;
    });
    this.arns = Object.fromEntries(made) as Record<MachineName, pulumi.Output<string>>;
    this.registerOutputs({ arns: this.arns });
  }

  private role(name: string, description: string, service: string, account: Account, statements: readonly Statement[]) {
    const role = new aws.iam.Role(
      name,
      {
        name: `switchyard-${name}`,
        description,
        assumeRolePolicy: trustedService(service, account),
      },
      { parent: this },
    );
    const policy = new aws.iam.RolePolicy(
      name,
      { role: role.name, policy: policyDocument(...statements) },
      { parent: this },
    );
    return { arn: role.arn, policy };
  }
}

/**
 * Jobs are waited for by a rule that Step Functions keeps in the account; a job's state and end know no resource (AWS
 * Step Functions, "IAM policies for AWS Batch"; Service Authorization Reference, AWS Batch).
 */
function mayRunJobs({ account, queueArns, definitionArns }: StateMachinesArgs): readonly Statement[] {
  return [
    {
      Effect: "Allow",
      Action: ["batch:SubmitJob", "batch:TagResource"],
      Resource: [
        ...Object.values(queueArns),
        ...Object.values(definitionArns),
        `arn:${account.partition}:batch:${account.region}:${account.id}:job/*`,
      ],
    },
    { Effect: "Allow", Action: "batch:DescribeJobs", Resource: "*" },
    {
      Effect: "Allow",
      Action: "batch:TerminateJob",
      Resource: `arn:${account.partition}:batch:${account.region}:${account.id}:job/*`,
    },
    {
      Effect: "Allow",
      Action: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
      Resource: `arn:${account.partition}:events:${account.region}:${account.id}:rule/StepFunctionsGetEventsForBatchJobsRule`,
    },
  ];
}

function mayTell(args: StateMachinesArgs): readonly Statement[] {
  return [maySend(args.statusQueue.arn)];
}

/** With the schedule's own role (EventBridge Scheduler, "Configuring a dead-letter queue"). */
function mayPutAside(args: StateMachinesArgs): readonly Statement[] {
  return [maySend(args.scheduleLettersArn), useKeyThrough("sqs", args.keyArn, args.account, "writes")];
}

function maySend(queueArn: pulumi.Input<string>): Statement {
  return { Effect: "Allow", Action: "sqs:SendMessage", Resource: queueArn };
}

function maySchedule(account: Account, group: string, roleArn: pulumi.Input<string>): readonly Statement[] {
  return [
    {
      Effect: "Allow",
      Action: ["scheduler:CreateSchedule", "scheduler:UpdateSchedule"],
      Resource: `arn:${account.partition}:scheduler:${account.region}:${account.id}:schedule/${group}/preview-*`,
    },
    {
      Effect: "Allow",
      Action: "iam:PassRole",
      Resource: roleArn,
      Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
    },
  ];
}

/** None of these knows a resource (Service Authorization Reference, CloudWatch Logs and AWS X-Ray). */
function mayLog(): readonly Statement[] {
  return [
    {
      Effect: "Allow",
      Action: [
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
      ],
      Resource: "*",
    },
  ];
}
