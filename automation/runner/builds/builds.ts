import { randomUUID } from "node:crypto";
import type { Build, EnvironmentVariable, Project } from "@aws-sdk/client-codebuild";
import { type BuildPlatform, buildProjectName, buildsPrefix } from "../../../programs/build-platforms.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Archive } from "./archive.ts";

/** Where the images of one platform are built. */
export interface Builder {
  readonly project: string;
  readonly bucket: string;
}

const sdk = () => import("@aws-sdk/client-codebuild");
const named = (error: unknown, name: string) => error instanceof Error && error.name === name;

/**
 * The runner's project for a platform: its name is fixed, and no engine need be asked.
 *
 * @throws SwitchyardError `not-found` where the account has none.
 */
export async function builderOf(aws: Aws, platform: BuildPlatform): Promise<Builder> {
  const [{ BatchGetProjectsCommand }, client] = await Promise.all([sdk(), aws.client("codebuild")]);
  const name = buildProjectName(platform);
  const { projects = [] } = await client.send(new BatchGetProjectsCommand({ names: [name] }));
  const bucket = bucketOf(projects[0]);
  if (bucket !== undefined) return { project: name, bucket };
  throw new SwitchyardError("not-found", {
    what: `the runner of this account and region builds no images of ${platform}`,
    where: name,
    fix: `name ${platform} under switchyard:builds of Pulumi.runner.yaml and run \`switchyard up runner\`, or push without --remote`,
  });
}

function bucketOf(project: Project | undefined): string | undefined {
  return project?.source?.location?.split("/")[0];
}

export interface Start {
  readonly builder: Builder;
  readonly tag: string;
  readonly archive: Pick<Archive, "commit" | "zip">;
  /** Where the stacks' states are, as `PULUMI_BACKEND_URL` says; what is in no bucket may have credentials in it, and stays here. */
  readonly backendUrl?: string | undefined;
}

/**
 * The push inside of a build writes the state of the images.
 *
 * @throws SwitchyardError `invalid-flag` where that is in no bucket.
 */
export function refuseOutOfReach(backendUrl = ""): void {
  if (backendUrl.startsWith("s3://")) return;
  throw new SwitchyardError("invalid-flag", {
    what: `a build cannot reach the stacks' states: ${backendUrl === "" ? "it is not set" : "they are in no bucket of S3"}`,
    where: "PULUMI_BACKEND_URL",
    fix: "set it to the bucket of the states, s3://<bucket> (docs/bootstrap.md), or push without --remote",
  });
}

export interface Started {
  readonly build: Build;
  /** False where the same was being built. */
  readonly fresh: boolean;
}

/**
 * Starts a build, or finds the one that runs: the same commit under the same tag is built once at a time.
 *
 * @throws SwitchyardError `lease-held` where other images are being built.
 */
export async function startBuild(aws: Aws, { builder, tag, archive, backendUrl = "" }: Start): Promise<Started> {
  const [{ StartBuildCommand }, client] = await Promise.all([sdk(), aws.client("codebuild")]);
  const { project, bucket } = builder;
  const key = `${buildsPrefix}${archive.commit}.zip`;
  const source = `${bucket}/${key}`;
  const isSame = (build: Build) => isOf(build, source, tag);
  const same = (await running(aws, project)).find(isSame);
  if (same !== undefined) return { build: same, fresh: false };
  await upload(aws, bucket, key, archive.zip);
  try {
    const { build = {} } = await client.send(
      new StartBuildCommand({
        projectName: project,
        sourceTypeOverride: "S3",
        sourceLocationOverride: source,
        environmentVariablesOverride: variables({
          SWITCHYARD_TAG: tag,
          GITHUB_SHA: archive.commit,
          ...(backendUrl.startsWith("s3://") && { PULUMI_BACKEND_URL: backendUrl }),
        }),
        // A call that is tried again, its answer lost, starts nothing twice.
        idempotencyToken: randomUUID(),
      }),
    );
    return { build, fresh: true };
  } catch (error) {
    if (!named(error, "AccountLimitExceededException")) throw error;
    // Of two at once of the same the other was faster. Where none is built it is the account's limit, and not the project's.
    const now = await running(aws, project);
    const started = now.find(isSame);
    if (started !== undefined) return { build: started, fresh: false };
    if (now.length === 0) throw error;
    throw new SwitchyardError("lease-held", {
      what: "images of another commit or tag are being built",
      where: project,
      fix: "wait until that build is over, then run the command again",
      cause: error,
    });
  }
}

function variables(values: Readonly<Record<string, string>>): EnvironmentVariable[] {
  return Object.entries(values).map(([name, value]) => ({ name, value, type: "PLAINTEXT" }));
}

async function upload(aws: Aws, Bucket: string, Key: string, Body: Buffer): Promise<void> {
  const [{ PutObjectCommand }, client] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3")]);
  await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: "application/zip" }));
}

/** So many of a project's newest builds are looked through. */
const newest = 10;

async function running(aws: Aws, projectName: string): Promise<readonly Build[]> {
  const [{ BatchGetBuildsCommand, ListBuildsForProjectCommand }, client] = await Promise.all([
    sdk(),
    aws.client("codebuild"),
  ]);
  const { ids = [] } = await client.send(new ListBuildsForProjectCommand({ projectName, sortOrder: "DESCENDING" }));
  if (ids.length === 0) return [];
  const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, newest) }));
  return builds.filter(({ buildStatus }) => buildStatus === "IN_PROGRESS");
}

function isOf({ source, environment }: Build, location: string, tag: string): boolean {
  const given = environment?.environmentVariables?.find(({ name }) => name === "SWITCHYARD_TAG")?.value;
  return source?.location === location && given === tag;
}

/** @throws SwitchyardError `not-found` where there is none. */
export async function findBuild(aws: Aws, id: string): Promise<Build> {
  const [{ BatchGetBuildsCommand }, client] = await Promise.all([sdk(), aws.client("codebuild")]);
  const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: [id] }));
  if (builds[0] !== undefined) return builds[0];
  throw new SwitchyardError("not-found", {
    what: "there is no such build any more",
    where: id,
    fix: "push again: the runner's project was made anew meanwhile",
  });
}

/** Asks for a build's end; one that is complete stays as it is. */
export async function stopBuild(aws: Aws, id: string): Promise<void> {
  const [{ StopBuildCommand }, client] = await Promise.all([sdk(), aws.client("codebuild")]);
  await client.send(new StopBuildCommand({ id }));
}
