import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetBuildsCommand,
  BatchGetProjectsCommand,
  type Build,
  CodeBuildClient,
  CreateProjectCommand,
  type CreateProjectCommandInput,
  ListBuildsForProjectCommand,
  StartBuildCommand,
  type StartBuildCommandInput,
  StopBuildCommand,
  UpdateProjectCommand,
} from "@aws-sdk/client-codebuild";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { installCodeBuild } from "../../../../../sandbox/cloud/codebuild/install.ts";
import { until, useInProcessCloud } from "../../../../sandbox/cloud/alb/in-process.ts";
import { archiveOf } from "../../../../sandbox/cloud/codebuild/archive.ts";

const group = "/switchyard/runner/builds";

describe("builds", function () {
  this.timeout(30_000);
  const cloud = useInProcessCloud(0.005);
  const client = () => cloud().client(CodeBuildClient);
  let count = 0;

  before(async () => {
    installCodeBuild(cloud().context, cloud().enter);
    const rootfs = join(cloud().dir, "rootfs");
    mkdirSync(join(rootfs, "usr/local/bin"), { recursive: true });
    writeFileSync(join(rootfs, "usr/local/bin/of-the-image"), '#!/bin/sh\necho "image says $1"\n');
    chmodSync(join(rootfs, "usr/local/bin/of-the-image"), 0o755);
    cloud().images.set("builder@sha256:1", {
      digest: "sha256:1",
      rootfs,
      config: { Env: ["FROM=image", "OVER=image"] },
    });
    await cloud()
      .client(CloudWatchLogsClient)
      .send(new CreateLogGroupCommand({ logGroupName: group }));
    const s3 = new S3Client({
      ...{ endpoint: cloud().endpoint, region: "us-east-1", forcePathStyle: true },
      credentials: { accessKeyId: "sandbox", secretAccessKey: "sandbox" },
    });
    await s3.send(new CreateBucketCommand({ Bucket: "sources" }));
    const Body = archiveOf({ one: "of the source\n" });
    await s3.send(new PutObjectCommand({ Bucket: "sources", Key: "builds/a.zip", Body }));
    s3.destroy();
  });

  async function project(phases: object, more: Partial<CreateProjectCommandInput> = {}): Promise<string> {
    count += 1;
    const name = `images-${count}`;
    await client().send(
      new CreateProjectCommand({
        name,
        serviceRole: "arn:aws:iam::123456789012:role/builds",
        artifacts: { type: "NO_ARTIFACTS" },
        source: { type: "S3", location: "sources/builds/a.zip", buildspec: JSON.stringify({ version: 0.2, phases }) },
        environment: {
          ...{ type: "ARM_CONTAINER", computeType: "BUILD_GENERAL1_LARGE", image: "builder@sha256:1" },
          environmentVariables: [{ name: "OVER", value: "project" }],
        },
        logsConfig: { cloudWatchLogs: { status: "ENABLED", groupName: group } },
        ...more,
      }),
    );
    return name;
  }
  const start = async (projectName: string, more: Partial<StartBuildCommandInput> = {}) =>
    (await client().send(new StartBuildCommand({ projectName, ...more }))).build?.id ?? "";
  const describeBuild = async (id: string) =>
    (await client().send(new BatchGetBuildsCommand({ ids: [id] }))).builds?.[0] as Build;
  const ended = (id: string) =>
    until(`build ${id} is complete`, async () => {
      const build = await describeBuild(id);
      return build.buildComplete && build;
    });
  const running = (id: string) =>
    until(`build ${id} runs its commands`, async () => (await describeBuild(id)).currentPhase === "BUILD");
  const logOf = async ({ logs }: Build) => {
    const asked = { logGroupName: logs?.groupName, logStreamName: logs?.streamName, startFromHead: true };
    const { events = [] } = await cloud().client(CloudWatchLogsClient).send(new GetLogEventsCommand(asked));
    return events.map(({ message }) => message);
  };
  const phaseOf = ({ phases = [] }: Build, type: string) => phases.find(({ phaseType }) => phaseType === type);
  const wait = { build: { commands: ["exec sleep 60"] } };

  it("run a source's commands with what the image has, and write what they say to the project's log", async () => {
    const commands = ["cat one", "of-the-image hello", 'echo "$FROM $OVER $GIVEN $AWS_REGION"', "node --version"];
    const name = await project({ install: { commands: ["echo first"] }, build: { commands } });
    const environmentVariablesOverride = [
      { name: "OVER", value: "start", type: "PLAINTEXT" as const },
      { name: "GIVEN", value: "given", type: "PLAINTEXT" as const },
    ];
    const build = await ended(await start(name, { environmentVariablesOverride }));
    assert.equal(build.buildStatus, "SUCCEEDED");
    assert.deepEqual(await logOf(build), [
      ...["first", "of the source", "image says hello", "image start given us-east-1", process.version],
    ]);
    const phases = build.phases?.map(({ phaseType }) => phaseType);
    assert.deepEqual(phases?.slice(0, 5), ["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL"]);
    assert.equal(phases?.at(-1), "COMPLETED");
  });

  it("say which command failed and how, and go on to what looks after it", async () => {
    const phases = { build: { commands: ["exit 7", "echo never"] }, post_build: { commands: ["echo after"] } };
    const build = await ended(await start(await project(phases)));
    assert.equal(build.buildStatus, "FAILED");
    assert.deepEqual(phaseOf(build, "BUILD")?.contexts, [
      {
        statusCode: "COMMAND_EXECUTION_ERROR",
        message: "Error while executing command: exit 7. Reason: exit status 7",
      },
    ]);
    assert.deepEqual(await logOf(build), ["after"]);
  });

  it("fail without their image, and without their source", async () => {
    const environment = { type: "ARM_CONTAINER", computeType: "BUILD_GENERAL1_LARGE", image: "none@sha256:2" } as const;
    const unpulled = await ended(await start(await project({}, { environment })));
    assert.equal(phaseOf(unpulled, "PROVISIONING")?.contexts?.[0]?.statusCode, "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE");
    const sourceless = await ended(await start(await project({}), { sourceLocationOverride: "sources/builds/no.zip" }));
    assert.equal(phaseOf(sourceless, "DOWNLOAD_SOURCE")?.phaseStatus, "FAILED");
  });

  it("have the rights of their project's role, in what they read and in what their commands ask", async () => {
    const iam = cloud().client(IAMClient);
    const trust = { Effect: "Allow", Principal: { Service: "codebuild.amazonaws.com" }, Action: "sts:AssumeRole" };
    const role = async (RoleName: string, ...Statement: readonly object[]) => {
      const document = (statements: readonly object[]) =>
        JSON.stringify({ Version: "2012-10-17", Statement: statements });
      const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document([trust]) }));
      if (Statement.length > 0)
        await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "own", PolicyDocument: document(Statement) }));
      return made.Role?.Arn ?? "";
    };
    const reads = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::sources/*" };
    const ask = `node --input-type=module -e '${[
      `const { S3Client, ListObjectsV2Command } = await import("${import.meta.resolve("@aws-sdk/client-s3")}");`,
      "const s3 = new S3Client({ forcePathStyle: true });",
      'await s3.send(new ListObjectsV2Command({ Bucket: "sources" })).then(() => console.log("listed"), (e) => console.log(e.name));',
    ].join(" ")}'`;
    const phases = { build: { commands: [ask] } };
    const closed = await ended(await start(await project(phases, { serviceRole: await role("nothing") })));
    assert.match(phaseOf(closed, "DOWNLOAD_SOURCE")?.contexts?.[0]?.message ?? "", /not authorized|Access ?Denied/i);
    const reading = await ended(await start(await project(phases, { serviceRole: await role("reads", reads) })));
    assert.deepEqual([reading.buildStatus, await logOf(reading)], ["SUCCEEDED", ["AccessDenied"]]);
    const lists = { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::sources" };
    const listing = await ended(await start(await project(phases, { serviceRole: await role("lists", reads, lists) })));
    assert.deepEqual(await logOf(listing), ["listed"]);
  });

  it("end with their process when they are stopped, and when their time is over", async () => {
    const stopped = await start(await project(wait));
    await running(stopped);
    await client().send(new StopBuildCommand({ id: stopped }));
    assert.equal((await ended(stopped)).buildStatus, "STOPPED");
    const late = await ended(await start(await project(wait, { timeoutInMinutes: 1 })));
    assert.deepEqual([late.buildStatus, phaseOf(late, "BUILD")?.phaseStatus], ["TIMED_OUT", "TIMED_OUT"]);
  });

  it("are started once for a token, and no more at once than the project allows", async () => {
    const name = await project(wait, { concurrentBuildLimit: 1 });
    const idempotencyToken = "once";
    const first = await start(name, { idempotencyToken });
    assert.equal(await start(name, { idempotencyToken }), first);
    await assert.rejects(start(name, { idempotencyToken, timeoutInMinutesOverride: 9 }), {
      name: "InvalidInputException",
    });
    await assert.rejects(start(name), { name: "AccountLimitExceededException" });
    const { ids } = await client().send(new ListBuildsForProjectCommand({ projectName: name }));
    assert.deepEqual(ids, [first]);
    await client().send(new StopBuildCommand({ id: first }));
    await ended(first);
  });

  it("are of projects that keep what they are given, and what they are changed to", async () => {
    const name = await project(
      {},
      { encryptionKey: "arn:aws:kms:us-east-1:123456789012:key/a", concurrentBuildLimit: 2 },
    );
    await client().send(new UpdateProjectCommand({ name, timeoutInMinutes: 30 }));
    const { projects, projectsNotFound } = await client().send(new BatchGetProjectsCommand({ names: [name, "none"] }));
    const [{ encryptionKey, concurrentBuildLimit, timeoutInMinutes, name: called } = {}] = projects ?? [];
    assert.deepEqual(
      [called, encryptionKey, concurrentBuildLimit, timeoutInMinutes],
      [name, "arn:aws:kms:us-east-1:123456789012:key/a", 2, 30],
    );
    assert.deepEqual(projectsNotFound, ["none"]);
    await assert.rejects(start("none"), { name: "ResourceNotFoundException" });
  });
});
