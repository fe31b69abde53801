import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { architectureOf, type BuildPlatform, buildProjectName, buildsPrefix } from "../../build-platforms.ts";
import { policyDocument, pullImages, type Statement, trustedService, useKeyThrough, writeLogs } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import { policyArn } from "../roles/boundaries.ts";
import { workflowBoundaryName } from "../roles/names.ts";

export interface BuildsArgs {
  readonly account: Account;
  readonly profile: Profile;
  readonly platforms: readonly BuildPlatform[];
  /** The runner's, by digest: of every platform that is built for. */
  readonly image: string;
  readonly imageRepositoryArn: string;
  /** Those of the pipeline's role that builds and pushes images. */
  readonly policyArns: readonly string[];
  readonly bucketName: pulumi.Input<string>;
  readonly bucketArn: pulumi.Input<string>;
  readonly keyArn: pulumi.Input<string>;
  readonly logGroupName: string;
}

/** AWS's machines of each architecture (AWS CodeBuild, "Build environment compute types"). */
const machines: Readonly<Record<BuildPlatform, string>> = {
  "linux/amd64": "LINUX_CONTAINER",
  "linux/arm64": "ARM_CONTAINER",
};

/** Minutes a build may run, and wait for a machine. */
const buildMinutes = 30;
const queuedMinutes = 30;

/**
 * Builds of the images inside the account: `switchyard images push` in the runner's image, on a commit's tree from the
 * runner's bucket.
 *
 * One project for each platform. A build could be given another machine as it starts (AWS CodeBuild API, StartBuild,
 * `environmentTypeOverride`), but policies judge projects and not starts, a project's layers that are kept on its machines
 * are of one architecture, and so is its limit of builds at once.
 *
 * Outside of any network of the account's: a build needs ECR, S3 and the registries of base images, and nothing of it has an
 * address that could be reached. Inside one it would need the right to make network interfaces.
 */
export class Builds extends pulumi.ComponentResource {
  readonly projectNames: readonly pulumi.Output<string>[];

  constructor(name: string, args: BuildsArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:runner:Builds", name, {}, options);
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-builds`,
      { name: args.logGroupName, kmsKeyId: args.keyArn, retentionInDays: args.profile.logDays },
      { parent: this },
    );
    const role = new aws.iam.Role(
      `${name}-builds`,
      {
        name: "switchyard-runner-builds",
        description: "Builds and pushes images inside the account",
        assumeRolePolicy: trustedService("codebuild.amazonaws.com", args.account),
        permissionsBoundary: policyArn(args.account, workflowBoundaryName),
      },
      { parent: this },
    );
    const own = new aws.iam.RolePolicy(
      `${name}-builds`,
      {
        role: role.name,
        policy: policyDocument(...pullImages([args.imageRepositoryArn]), writeLogs(logGroup.arn), ...readSources(args)),
      },
      { parent: this },
    );
    for (const arn of args.policyArns)
      new aws.iam.RolePolicyAttachment(
        `${name}-builds-${arn.split("/").at(-1)}`,
        { role: role.name, policyArn: arn },
        { parent: this },
      );
    this.projectNames = args.platforms.map(
      (platform) =>
        new aws.codebuild.Project(
          `image-builder-${architectureOf(platform)}`,
          project(platform, args, role.arn, logGroup.name),
          // CodeBuild tries the role when it makes a project.
          { parent: this, dependsOn: [own] },
        ).name,
    );
    this.registerOutputs({ projectNames: this.projectNames });
  }
}

function project(
  platform: BuildPlatform,
  args: BuildsArgs,
  serviceRole: pulumi.Input<string>,
  groupName: pulumi.Input<string>,
): aws.codebuild.ProjectArgs {
  return {
    name: buildProjectName(platform),
    description: `Images of ${platform}: switchyard images push --remote`,
    serviceRole,
    encryptionKey: args.keyArn,
    buildTimeout: buildMinutes,
    queuedTimeout: queuedMinutes,
    // The images have one state, and one lock on it.
    concurrentBuildLimit: 1,
    artifacts: { type: "NO_ARTIFACTS" },
    // Each start names its commit's.
    source: {
      type: "S3",
      location: pulumi.interpolate`${args.bucketName}/${buildsPrefix}none.zip`,
      buildspec,
    },
    // On the machine of the build before it, for as long as AWS keeps that (AWS CodeBuild, "Local caching").
    cache: { type: "LOCAL", modes: ["LOCAL_DOCKER_LAYER_CACHE"] },
    environment: {
      type: machines[platform],
      computeType: "BUILD_GENERAL1_LARGE",
      image: args.image,
      imagePullCredentialsType: "SERVICE_ROLE",
      // Docker's daemon does not start without (AWS CodeBuild, "Docker in custom image sample").
      privilegedMode: true,
    },
    logsConfig: { cloudwatchLogs: { status: "ENABLED", groupName } },
  };
}

/**
 * What the image has for builds (images/runner/Dockerfile). Its entry point CodeBuild does not run, and its user neither:
 * commands are root's (AWS CodeBuild, "Build specification reference", run-as), as Docker's daemon has to be.
 */
export const buildspec = JSON.stringify({
  version: 0.2,
  phases: { install: { commands: ["start-docker"] }, build: { commands: ["push-images"] } },
});

/** Reading the archives of commits, and the key they are under through S3 only. */
function readSources({ account, bucketArn, keyArn }: BuildsArgs): readonly Statement[] {
  return [
    {
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:GetObjectVersion"],
      Resource: pulumi.interpolate`${bucketArn}/${buildsPrefix}*`,
    },
    useKeyThrough("s3", keyArn, account, "reads"),
  ];
}
