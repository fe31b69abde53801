import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, readSecrets, type Statement, useKeyThrough, writeLogs } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import { artifactPrefixes } from "./artifacts.ts";

/** Seconds: three places, each tried again. Shorter than a message stays unseen, and than it is claimed for. */
const timeoutSeconds = 60;

export interface NotifierArgs {
  readonly account: Account;
  readonly profile: Profile;
  /** By digest. */
  readonly image: string;
  /** `owner/name` at GitHub. */
  readonly repository: string;
  readonly tokenSecretArn: string;
  /** With the address of Slack's incoming webhook; nothing is said there without one. */
  readonly slackSecretArn: string | undefined;
  readonly keyArn: pulumi.Input<string>;
  readonly queueArn: pulumi.Input<string>;
  readonly bucketName: pulumi.Input<string>;
  readonly logGroupName: string;
}

/** Says on Slack, on pull requests and of commits what the status queue tells. */
export class Notifier extends pulumi.ComponentResource {
  readonly functionName: pulumi.Output<string>;

  constructor(name: string, args: NotifierArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:Notifier", name, {}, options);
    const child = { parent: this };
    const logGroup = new aws.cloudwatch.LogGroup(
      name,
      { name: args.logGroupName, kmsKeyId: args.keyArn, retentionInDays: args.profile.logDays },
      child,
    );
    const role = new aws.iam.Role(
      name,
      {
        name: `switchyard-${name}`,
        description: "Notifier: reads the status queue, GitHub's token and Slack's address",
        assumeRolePolicy: trustedByFunctions(),
      },
      child,
    );
    const secrets = [args.tokenSecretArn, ...(args.slackSecretArn === undefined ? [] : [args.slackSecretArn])];
    const policy = new aws.iam.RolePolicy(
      name,
      {
        role: role.name,
        policy: policyDocument(
          writeLogs(logGroup.arn),
          ...mayTrace,
          ...readSecrets(secrets, args.keyArn, args.account),
          ...mayReceive(args),
          ...mayUseBucket(args),
        ),
      },
      child,
    );
    const made = new aws.lambda.Function(
      name,
      {
        name: `switchyard-${name}`,
        description: "What the runner's status queue tells, on Slack and at GitHub",
        packageType: "Image",
        imageUri: args.image,
        architectures: ["arm64"],
        role: role.arn,
        memorySize: 512,
        timeout: timeoutSeconds,
        tracingConfig: { mode: "Active" },
        environment: {
          variables: {
            GITHUB_REPOSITORY: args.repository,
            GITHUB_TOKEN_SECRET_ARN: args.tokenSecretArn,
            ARTIFACTS_BUCKET: args.bucketName,
            ...(args.slackSecretArn !== undefined && { SLACK_SECRET_ARN: args.slackSecretArn }),
          },
        },
        loggingConfig: { logFormat: "Text", logGroup: logGroup.name },
      },
      { ...child, dependsOn: [policy] },
    );
    new aws.lambda.EventSourceMapping(
      name,
      {
        eventSourceArn: args.queueArn,
        functionName: made.arn,
        batchSize: 5,
        // What could not be said comes again, and not the rest of its batch.
        functionResponseTypes: ["ReportBatchItemFailures"],
        // The least there is (AWS Lambda, "Configuring maximum concurrency for Amazon SQS event sources").
        scalingConfig: { maximumConcurrency: 2 },
      },
      child,
    );
    this.functionName = made.name;
    this.registerOutputs({ functionName: this.functionName });
  }
}

/** Lambda gives no source account when it takes an execution role, so nothing narrows it (AWS Lambda, "Execution role"). */
function trustedByFunctions(): pulumi.Output<string> {
  return policyDocument({
    Effect: "Allow",
    Principal: { Service: "lambda.amazonaws.com" },
    Action: "sts:AssumeRole",
  });
}

/** Neither knows a resource (Service Authorization Reference, AWS X-Ray). */
const mayTrace: readonly Statement[] = [
  { Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" },
];

function mayReceive({ queueArn }: NotifierArgs): readonly Statement[] {
  return [
    {
      Effect: "Allow",
      Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      Resource: queueArn,
    },
  ];
}

/** What was said is noted beside the jobs' artifacts; those it reads for the links that it signs. */
function mayUseBucket({ account, bucketName, keyArn }: NotifierArgs): readonly Statement[] {
  const below = (prefix: string) => pulumi.interpolate`arn:${account.partition}:s3:::${bucketName}/${prefix}*`;
  return [
    { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: below("notifier/") },
    { Effect: "Allow", Action: "s3:GetObject", Resource: Object.values(artifactPrefixes).map(below) },
    useKeyThrough("s3", keyArn, account, "writes"),
  ];
}
