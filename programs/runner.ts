import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Account, accountOf, stackProvider } from "./account.ts";
import { zonesOf } from "./components/network/existing.ts";
import { Network } from "./components/network/network.ts";
import { roleLimits } from "./components/roles/boundaries.ts";
import { Builds } from "./components/runner/builds.ts";
import { JobRoles, policiesOf, policiesOfJobs } from "./components/runner/job-roles.ts";
import { Jobs } from "./components/runner/jobs.ts";
import { Notifier } from "./components/runner/notifier.ts";
import { alarmsRule, executionsRule, pushesRules } from "./components/runner/rules.ts";
import { ScheduleLetters } from "./components/runner/schedule-letters.ts";
import { StateMachines } from "./components/runner/state-machines.ts";
import { StatusQueue, tellOf } from "./components/runner/status-queue.ts";
import { Watch } from "./components/runner/watch.ts";
import { Bucket } from "./components/storage/bucket.ts";
import { Key, logsMayEncrypt } from "./components/storage/key.ts";
import type { RunnerConfig } from "./config.ts";
import { readPipeline } from "./pipeline-outputs.ts";
import { profileOf } from "./profile.ts";
import { imagePlace } from "./runner-config.ts";
import { refuseElsewhere } from "./runner-places.ts";

/** What the runner tells those who start executions. */
export interface RunnerOutputs {
  /** `plan`, `plan-apply`, `merge`, `release`, `ephemeral`, `run` → the ARN of its state machine. */
  readonly machineArns: Readonly<Record<string, string>>;
  readonly jobLogGroup: string;
  readonly statusQueueUrl: string;
  readonly deadLetterArn: string;
  readonly artifactsBucket: string;
}

/** The same, while a program runs. */
export type RunnerOutput = { readonly [Key in keyof RunnerOutputs]: pulumi.Input<RunnerOutputs[Key]> };

/** Delivery inside the account: jobs that run `switchyard`, and the state machines that conduct them. */
export async function runner(config: RunnerConfig): Promise<RunnerOutput> {
  const name = config.stack;
  const profile = profileOf(config.tier);
  const provider = stackProvider(name, config);
  const options = { providers: { aws: provider } };
  const account = await accountOf(provider);
  refuseElsewhere(config, account.region);
  const pipeline = await readPipeline(config.pipelineStack);
  const policyArns = policiesOfJobs(pipeline.rolePolicyArns, config.deployStack);
  const zones = await zonesOf({ ...config, tierZones: profile.zones }, { provider });

  const buildPolicyArns =
    config.builds.length === 0 ? [] : policiesOf(pipeline.rolePolicyArns, "images", "builds of images");

  const key = new Key(
    name,
    {
      description: "Logs, messages and artifacts of the runner",
      alias: `switchyard/${name}`,
      account,
      profile,
      statements: [
        logsMayEncrypt(account, `/switchyard/${name}/*`),
        logsMayEncrypt(account, `/aws/vendedlogs/states/switchyard/${name}*`),
      ],
    },
    options,
  );
  const network = new Network(
    name,
    {
      account,
      profile,
      cidr: config.network.cidr,
      zones,
      keyArn: key.arn,
      roleLimits: roleLimits(name, pipeline.workloadBoundaryArn),
      logGroupName: `/switchyard/${name}/flows`,
    },
    options,
  );
  const artifacts = new Bucket(`${name}-artifacts`, { profile, keyArn: key.arn, expireDays: 90 }, options);
  const logGroup = new aws.cloudwatch.LogGroup(
    `${name}-jobs`,
    { name: `/switchyard/${name}/jobs`, kmsKeyId: key.arn, retentionInDays: profile.logDays },
    { provider },
  );
  const roles = new JobRoles(
    name,
    {
      account,
      policyArns,
      imageRepositoryArn: repositoryArn(config.image, account),
      logGroupArn: logGroup.arn,
      tokenSecretArn: config.githubTokenSecretArn,
      keyArn: key.arn,
      artifactsArn: artifacts.arn,
    },
    options,
  );
  const jobs = new Jobs(
    name,
    {
      account,
      vpcId: network.vpcId,
      subnetIds: network.privateSubnetIds,
      maxVcpus: config.maxVcpus,
      startSeconds: config.startSeconds,
      image: config.image,
      repository: config.repository,
      tokenSecretArn: config.githubTokenSecretArn,
      logGroupName: logGroup.name,
      executionRoleArn: roles.executionRoleArn,
      roleArns: roles.arns,
      artifactsBucket: artifacts.name,
      stateBucket: pipeline.stateBucket,
    },
    options,
  );
  if (config.builds.length > 0)
    new Builds(
      name,
      {
        account,
        profile,
        platforms: config.builds,
        image: config.image,
        imageRepositoryArn: repositoryArn(config.image, account),
        policyArns: buildPolicyArns,
        bucketName: artifacts.name,
        bucketArn: artifacts.arn,
        keyArn: key.arn,
        logGroupName: `/switchyard/${name}/builds`,
      },
      options,
    );
  const queue = new StatusQueue(`${name}-status`, options);
  const letters = new ScheduleLetters(`${name}-schedules-dead`, { keyArn: key.arn }, options);
  const machines = new StateMachines(
    name,
    {
      account,
      profile,
      keyArn: key.arn,
      queueArns: jobs.queueArns,
      definitionArns: jobs.definitionArns,
      statusQueue: { url: queue.url, arn: queue.arn },
      scheduleLettersArn: letters.arn,
      approvalSeconds: config.approvalSeconds,
      deployStack: config.deployStack,
    },
    options,
  );
  const { notifierImage } = config;
  const notifier =
    notifierImage === undefined
      ? undefined
      : new Notifier(
          `${name}-notifier`,
          {
            account,
            profile,
            image: notifierImage,
            repository: config.repository,
            tokenSecretArn: config.githubTokenSecretArn,
            slackSecretArn: config.slackSecretArn,
            keyArn: key.arn,
            queueArn: queue.arn,
            bucketName: artifacts.name,
            logGroupName: `/switchyard/${name}/notifier`,
          },
          options,
        );
  const watch = new Watch(
    name,
    {
      region: account.region,
      machineArns: machines.arns,
      queueNames: { status: queue.name, dead: queue.deadLetterName, schedules: letters.name },
      notifierName: notifier?.functionName,
      repository: config.repository,
      topicArn: config.alarmTopicArn,
    },
    options,
  );
  const rules = [
    executionsRule(Object.values(machines.arns)),
    ...pushesRules(Object.values(pipeline.repositoryUrls), account),
    alarmsRule(watch.alarmNames),
  ];
  tellOf(`${name}-status`, queue, rules, { parent: queue });

  return {
    machineArns: pulumi.all(machines.arns),
    jobLogGroup: logGroup.name,
    statusQueueUrl: queue.url,
    deadLetterArn: queue.deadLetterArn,
    artifactsBucket: artifacts.name,
  };
}

/** The repository of an image by digest, in whosever registry it is. */
function repositoryArn(image: string, { partition }: Account): string {
  const { account, region, repository } = imagePlace(image);
  return `arn:${partition}:ecr:${region}:${account}:repository/${repository}`;
}
