/**
 * One build: its commands as real processes, its phases as the CodeBuild API shows them. Not carried out: users, caches,
 * artifacts, networks, and limits of CPU and memory. A command's variables are not the next one's.
 */
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type {
  Build as BuildDetail,
  BuildPhase,
  BuildPhaseType,
  EnvironmentVariable,
  Project,
  StartBuildInput,
  StatusType,
} from "@aws-sdk/client-codebuild";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Enter } from "../access/sessions.ts";
import { mergeEnvironment } from "../batch/attempts.ts";
import { fargateIdentity, roleIdentity } from "../ecs/identity.ts";
import { LogStream } from "../ecs/logs.ts";
import type { CloudContext, UnpackedImage } from "../handlers.ts";
import { exitOf, shortestStopMs, timeLimit } from "../running.ts";
import { type CommandPhase, type Commands, commandPhases, commandsOf, nextPhase } from "./buildspec.ts";
import { unzip } from "./zip.ts";

/** AWS milliseconds of a phase that only AWS's own work makes long. */
const phaseMs = 1000;
const minute = 60_000;

/** Why a phase failed, as BatchGetBuilds tells it. */
class PhaseFailed extends Error {
  readonly statusCode: string;
  constructor(statusCode: string, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export class Build {
  readonly detail: BuildDetail;
  /** Resolves when it is complete. */
  readonly ended: Promise<void>;
  #cloud: CloudContext;
  #enter: Enter;
  /** Of the project's role, as variables. */
  #role: Readonly<Record<string, string>> = {};
  #here: ReturnType<CloudContext["at"]>;
  #commands: Commands;
  #directory: string;
  #image: UnpackedImage | undefined;
  #log: LogStream | undefined;
  #child: ChildProcess | undefined;
  /** How it is to end before its commands do. */
  #cut: StatusType | undefined;

  constructor(cloud: CloudContext, enter: Enter, project: Project, input: StartBuildInput, buildNumber: number) {
    const { name = "", arn = "", environment, logsConfig, timeoutInMinutes, serviceRole } = project;
    const id = randomUUID();
    const source = {
      ...project.source,
      ...(input.sourceTypeOverride && { type: input.sourceTypeOverride }),
      ...(input.sourceLocationOverride && { location: input.sourceLocationOverride }),
      ...(input.buildspecOverride && { buildspec: input.buildspecOverride }),
    };
    this.#cloud = cloud;
    this.#enter = enter;
    this.#here = cloud.at(arn);
    this.#commands = commandsOf(source.buildspec);
    this.#directory = join(cloud.dir, "builds", id);
    const group = logsConfig?.cloudWatchLogs?.groupName ?? `/aws/codebuild/${name}`;
    this.detail = {
      ...{ id: `${name}:${id}`, arn: `${arn.slice(0, arn.indexOf(":project/"))}:build/${name}:${id}` },
      ...{
        projectName: name,
        buildNumber,
        serviceRole,
        timeoutInMinutes: input.timeoutInMinutesOverride ?? timeoutInMinutes,
      },
      ...{ startTime: this.#now(), currentPhase: "SUBMITTED", buildStatus: "IN_PROGRESS", buildComplete: false },
      source: source as BuildDetail["source"],
      environment: environment && {
        ...environment,
        environmentVariables: mergeEnvironment(environment.environmentVariables, input.environmentVariablesOverride),
      },
      phases: [],
      logs: { groupName: group, streamName: id, cloudWatchLogs: { status: "ENABLED", groupName: group } },
    };
    this.ended = this.#run();
  }

  /** Of the command that runs; undefined where none does. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends it, and answers at once; one that is complete stays as it ended. */
  stop(): void {
    this.#end("STOPPED");
  }

  /** Ends its process at once. */
  async kill(): Promise<void> {
    this.#cut ??= "STOPPED";
    if (this.#child !== undefined) await this.#cloud.processes.stop(this.#child, 0, "SIGKILL");
  }

  #end(as: StatusType): void {
    if (this.detail.buildComplete) return;
    this.#cut ??= as;
    if (this.#child !== undefined) void this.#cloud.processes.stop(this.#child, shortestStopMs);
  }

  #now(): Date {
    return new Date(this.#cloud.clock.now());
  }

  async #run(): Promise<void> {
    const limit = timeLimit(this.#cloud, (this.detail.timeoutInMinutes ?? 0) * minute, () => this.#end("TIMED_OUT"));
    let status: StatusType = "SUCCEEDED";
    for (let phase: BuildPhaseType = "SUBMITTED"; phase !== "COMPLETED"; ) {
      const made = await this.#phase(phase);
      if (made !== "SUCCEEDED" && status === "SUCCEEDED") status = made;
      // One that was cut short has nothing more to look at.
      phase = this.#cut === undefined ? nextPhase(phase, made === "SUCCEEDED") : "COMPLETED";
    }
    limit.clear();
    await this.#log?.flush();
    this.detail.phases?.push({ phaseType: "COMPLETED", startTime: this.#now() });
    const ended = { currentPhase: "COMPLETED", buildStatus: this.#cut ?? status, endTime: this.#now() };
    Object.assign(this.detail, { ...ended, buildComplete: true });
  }

  async #phase(phaseType: BuildPhaseType): Promise<StatusType> {
    const started = this.#now();
    const entry: BuildPhase = { phaseType, startTime: started };
    this.detail.currentPhase = phaseType;
    this.detail.phases?.push(entry);
    try {
      await this.#work(phaseType);
      entry.phaseStatus = this.#cut ?? "SUCCEEDED";
    } catch (error) {
      const statusCode = error instanceof PhaseFailed ? error.statusCode : "CLIENT_ERROR";
      entry.phaseStatus = this.#cut ?? "FAILED";
      entry.contexts = [{ statusCode, message: (error as Error).message }];
    }
    entry.endTime = this.#now();
    entry.durationInSeconds = Math.round((entry.endTime.getTime() - started.getTime()) / 1000);
    return entry.phaseStatus as StatusType;
  }

  async #work(phase: BuildPhaseType): Promise<void> {
    if (phase === "DOWNLOAD_SOURCE") return this.#download();
    if ((commandPhases as readonly string[]).includes(phase)) return this.#execute(phase as CommandPhase);
    await this.#cloud.clock.wait(phaseMs);
    if (phase === "PROVISIONING") await this.#provision();
  }

  async #provision(): Promise<void> {
    const { serviceRole = "", id = "" } = this.detail;
    this.#role = await roleIdentity(this.#enter, serviceRole, `AWSCodeBuild-${id.split(":")[1]}`);
    const { groupName = "", streamName = "" } = this.detail.logs ?? {};
    this.#log = new LogStream(this.#here, groupName, streamName);
    // Its own group, which a project without another has, CodeBuild makes.
    await this.#log.open(groupName.startsWith("/aws/codebuild/"));
    const image = this.detail.environment?.image ?? "";
    this.#image = await this.#cloud.unpackImage(image).catch((error: Error) => {
      throw new PhaseFailed(
        "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
        `Unable to pull customer's container image. ${error.message}`,
      );
    });
  }

  async #download(): Promise<void> {
    const [Bucket = "", ...key] = (this.detail.source?.location ?? "").replace(/^arn:aws[a-z-]*:s3:::/, "").split("/");
    mkdirSync(this.#directory, { recursive: true });
    const s3 = this.#s3();
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key.join("/") }));
      unzip(Buffer.from((await Body?.transformToByteArray()) ?? []), this.#directory);
    } catch (error) {
      throw new PhaseFailed("CLIENT_ERROR", `${(error as Error).message} for primary source`);
    } finally {
      s3.destroy();
    }
  }

  /** With the role's rights, by the way that everybody's requests take. */
  #s3(): S3Client {
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = this.#role;
    const { AWS_SESSION_TOKEN: sessionToken = "" } = this.#role;
    const where = { endpoint: this.#cloud.endpoint, region: this.#here.region, forcePathStyle: true };
    return new S3Client({ ...where, credentials: { accessKeyId, secretAccessKey, sessionToken } });
  }

  async #execute(phase: CommandPhase): Promise<void> {
    for (const command of this.#commands[phase]) {
      if (this.#cut !== undefined) return;
      const code = await this.#command(command);
      if (code === 0) continue;
      throw new PhaseFailed(
        "COMMAND_EXECUTION_ERROR",
        `Error while executing command: ${command}. Reason: exit status ${code}`,
      );
    }
  }

  async #command(command: string): Promise<number> {
    const child = this.#cloud.processes.spawn(`build-${this.detail.id}`, "/bin/sh", ["-c", command], {
      cwd: this.#directory,
      env: await this.#environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const outputs = [child.stdout, child.stderr].map((output) => output && this.#log?.follow(output));
    // Asked to end while it was being made.
    if (this.#cut !== undefined) void this.#cloud.processes.stop(child, shortestStopMs);
    const code = await exitOf(child);
    await Promise.all(outputs);
    await this.#log?.flush();
    this.#child = undefined;
    return code;
  }

  /** What the image has on its path is found in its root filesystem, before this machine's; `node` is this Node. */
  async #environment(): Promise<NodeJS.ProcessEnv> {
    const { config, rootfs = "" } = this.#image ?? {};
    const paths = ["/usr/local/bin", "/usr/bin", "/bin"].map((path) => join(rootfs, path));
    const of = (list: readonly EnvironmentVariable[] = []) => list.map(({ name = "", value = "" }) => [name, value]);
    return {
      ...Object.fromEntries(
        (config?.Env ?? []).map((pair) => [pair.split("=", 1)[0], pair.slice(pair.indexOf("=") + 1)]),
      ),
      PATH: [...paths, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
      ...Object.fromEntries(of(this.detail.environment?.environmentVariables)),
      ...(await fargateIdentity(this.#cloud, this.#here.region)),
      ...this.#role,
      AWS_EXECUTION_ENV: "AWS_ECS_EC2",
      CODEBUILD_BUILD_ARN: this.detail.arn,
      CODEBUILD_BUILD_ID: this.detail.id,
      CODEBUILD_SRC_DIR: this.#directory,
    };
  }
}
