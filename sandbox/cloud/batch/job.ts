/**
 * One job: its attempts as real processes, its states as the Batch API shows them. Not carried out: arrays, a queue's second
 * environment, users, volumes, a read-only file system, and limits of CPU and memory.
 */
import type { ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import type {
  JobDefinition,
  JobDetail,
  JobStateTimeLimitAction,
  JobStatus,
  SubmitJobCommandInput,
} from "@aws-sdk/client-batch";
import type { Enter } from "../access/sessions.ts";
import { fargateIdentity, roleIdentity } from "../ecs/identity.ts";
import { openLog } from "../ecs/logs.ts";
import { resolveSecrets } from "../ecs/secrets.ts";
import { AwsError, type CloudContext } from "../handlers.ts";
import { imageProcess } from "../images.ts";
import { exitOf, shortestStopMs, timeLimit } from "../running.ts";
import { mergeEnvironment, type Outcome, substitute, triesAgain } from "./attempts.ts";
import type { Room } from "./room.ts";

/** A queue as its jobs know it. */
export interface Queue {
  readonly arn: string;
  readonly priority: number;
  readonly room: Room;
  /** What happens to a job that cannot be started. */
  readonly limits: readonly JobStateTimeLimitAction[];
}

/** AWS milliseconds in a state that only AWS's own work makes long. */
const provisioningMs = 1000;
const stopMs = 30_000;

export class Job {
  readonly detail: JobDetail;
  /** Resolves with the detail of a job that has SUCCEEDED or FAILED. */
  readonly ended: Promise<JobDetail>;
  #cloud: CloudContext;
  #enter: Enter;
  #here: ReturnType<CloudContext["at"]>;
  #definition: JobDefinition;
  #child: ChildProcess | undefined;
  #queue: Queue;
  #dependencies: readonly Job[];
  /** Why it is to end before its command does. */
  #stopReason: string | undefined;
  /** Aborts once there is such a reason. */
  #ending = new AbortController();

  constructor(
    cloud: CloudContext,
    enter: Enter,
    definition: JobDefinition,
    queue: Queue,
    input: SubmitJobCommandInput,
    dependencies: readonly Job[] = [],
  ) {
    const jobId = randomUUID();
    const queueArn = queue.arn;
    this.#cloud = cloud;
    this.#enter = enter;
    this.#queue = queue;
    this.#dependencies = dependencies;
    this.#here = cloud.at(queueArn);
    this.#definition = definition;
    const parameters = { ...definition.parameters, ...input.parameters };
    const container = definition.containerProperties ?? {};
    const overrides = input.containerOverrides ?? {};
    const retryStrategy = input.retryStrategy ?? definition.retryStrategy;
    const timeout = input.timeout ?? definition.timeout;
    this.detail = {
      jobId,
      jobArn: `${queueArn.slice(0, queueArn.indexOf(":job-queue/"))}:job/${jobId}`,
      jobName: input.jobName ?? "",
      jobQueue: queueArn,
      jobDefinition: definition.jobDefinitionArn ?? "",
      status: "SUBMITTED",
      attempts: [],
      createdAt: cloud.clock.now(),
      startedAt: undefined,
      dependsOn: input.dependsOn ?? [],
      parameters,
      ...(retryStrategy && { retryStrategy }),
      ...(timeout && { timeout }),
      container: {
        ...container,
        command: [...substitute(overrides.command ?? container.command ?? [], parameters)],
        environment: mergeEnvironment(container.environment, overrides.environment),
        resourceRequirements: overrides.resourceRequirements ?? container.resourceRequirements ?? [],
      },
      platformCapabilities: definition.platformCapabilities ?? [],
      tags: input.tags ?? {},
      isCancelled: false,
      isTerminated: false,
    };
    this.ended = this.#run();
  }

  /** Of its process; undefined where none runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get hasEnded(): boolean {
    return this.detail.status === "SUCCEEDED" || this.detail.status === "FAILED";
  }

  /** Ends it; the first reason stays. */
  async terminate(reason: string): Promise<void> {
    if (this.hasEnded) return;
    this.#endFor(reason);
    this.detail.isTerminated = true;
    await this.#stop();
    await this.ended;
  }

  /** Ends its process at once. */
  async kill(): Promise<void> {
    this.#endFor("The sandbox stopped");
    if (this.#child !== undefined) await this.#cloud.processes.stop(this.#child, 0, "SIGKILL");
  }

  /** Cancels one that no process runs of yet; one that has started goes on (AWS Batch API, CancelJob). */
  cancel(reason: string): void {
    if (this.hasEnded || this.detail.status === "STARTING" || this.detail.status === "RUNNING") return;
    this.#endFor(reason);
    this.detail.isCancelled = true;
  }

  #endFor(reason: string): void {
    this.#stopReason ??= reason;
    this.#ending.abort();
  }

  async #stop(): Promise<void> {
    const grace = Math.max(this.#cloud.clock.paced(stopMs), shortestStopMs);
    if (this.#child !== undefined) await this.#cloud.processes.stop(this.#child, grace);
  }

  async #run(): Promise<JobDetail> {
    await this.#awaitDependencies();
    await this.#step("RUNNABLE");
    for (let made = 1; ; made += 1) {
      const outcome = await this.#inRoom(async () =>
        (await this.#step("STARTING")) ? await this.#attempt(made) : undefined,
      );
      const { exitCode, statusReason } = outcome ?? {};
      const stopped = this.#stopReason;
      const again = stopped === undefined && outcome && exitCode !== 0;
      if (again && triesAgain(this.detail.retryStrategy, made, outcome)) {
        this.detail.status = "RUNNABLE";
        continue;
      }
      Object.assign(this.detail, {
        status: stopped === undefined && exitCode === 0 ? "SUCCEEDED" : "FAILED",
        statusReason: stopped ?? statusReason,
        stoppedAt: this.#cloud.clock.now(),
      });
      return this.detail;
    }
  }

  /** One that fails fails this one too (AWS Batch, "Job dependencies"). */
  async #awaitDependencies(): Promise<void> {
    if (this.#dependencies.length === 0) return;
    await this.#step("PENDING");
    const ended = Promise.all(this.#dependencies.map(({ ended }) => ended));
    const asked = new Promise<undefined>((resolve) => {
      this.#ending.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    const details = this.#ending.signal.aborted ? undefined : await Promise.race([ended, asked]);
    if (details?.some(({ status }) => status === "FAILED")) this.#endFor("Dependent Job failed");
  }

  /** Waits in its queue for the vCPUs it asks for; undefined where it is to end meanwhile. */
  async #inRoom<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { arn, priority, room } = this.#queue;
    const asked = this.detail.container?.resourceRequirements?.find(({ type }) => type === "VCPU");
    const wanted = { vcpus: Number(asked?.value ?? 1), queue: arn, priority };
    const leave = await room.enter(wanted, this.#ending.signal, () => this.#stuck(wanted.vcpus));
    if (leave === undefined) return undefined;
    this.detail.statusReason = undefined;
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** The next of its queue asks for more than its environment may have: its queue cancels it after a while, unless that grows. */
  #stuck(vcpus: number): void {
    if (this.detail.statusReason !== undefined) return;
    const reason = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE";
    this.detail.statusReason = `${reason} - CE(s) associated with the job queue cannot meet the CPU requirement of the job.`;
    const limit = this.#queue.limits.find((each) => each.reason === reason);
    if (limit === undefined) return;
    void this.#cloud.clock.wait((limit.maxTimeSeconds ?? 0) * 1000, this.#ending.signal).then(
      () => {
        if (vcpus > this.#queue.room.vcpus)
          this.cancel(`Canceled by JobStateTimeLimit action due to reason: ${reason}`);
      },
      () => {},
    );
  }

  /** Enters a state after AWS's own work; false where the job is to end. */
  async #step(status: JobStatus): Promise<boolean> {
    await this.#cloud.clock.wait(provisioningMs);
    if (this.#stopReason !== undefined) return false;
    this.detail.status = status;
    return true;
  }

  async #attempt(number: number): Promise<Outcome> {
    const taskId = randomBytes(16).toString("hex");
    const outcome = await this.#process(number, taskId).catch((error: Error): Outcome => {
      const code = error instanceof AwsError ? error.code : "CannotStartContainerError";
      return { statusReason: "Task failed to start", reason: `${code}: ${error.message}` };
    });
    const { exitCode, reason, statusReason } = outcome;
    const container = { exitCode, reason, logStreamName: this.detail.container?.logStreamName };
    this.detail.container = { ...this.detail.container, exitCode, reason };
    this.detail.attempts?.push({
      container,
      startedAt: this.detail.startedAt,
      stoppedAt: this.#cloud.clock.now(),
      statusReason: this.#stopReason ?? statusReason,
    });
    return outcome;
  }

  async #process(number: number, taskId: string): Promise<Outcome> {
    const { container = {}, timeout, jobId = "", jobQueue = "" } = this.detail;
    const image = await this.#cloud.unpackImage(container.image ?? "").catch((error: Error) => {
      throw new AwsError("CannotPullContainerError", `${container.image}: ${error.message}`);
    });
    const line = imageProcess(image, { command: container.command ?? [] });
    const secrets = await resolveSecrets(this.#here, container.secrets);
    const log = await openLog(this.#here, container.logConfiguration ?? this.#ownLog(), "default", taskId);
    const child = this.#cloud.processes.spawn(`job-${jobId}-${number}`, line.command, line.args, {
      cwd: line.cwd,
      env: {
        PATH: process.env["PATH"] ?? "",
        ...line.env,
        ...Object.fromEntries((container.environment ?? []).map(({ name = "", value = "" }) => [name, value])),
        ...secrets,
        ...(await fargateIdentity(this.#cloud, this.#here.region)),
        ...(container.jobRoleArn && (await roleIdentity(this.#enter, container.jobRoleArn, taskId))),
        AWS_BATCH_JOB_ID: jobId,
        AWS_BATCH_JOB_ATTEMPT: String(number),
        AWS_BATCH_JQ_NAME: jobQueue.split("/").at(-1) ?? "",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    const outputs = [child.stdout, child.stderr].map((output) => output && log?.follow(output));
    Object.assign(this.detail, { status: "RUNNING", startedAt: this.#cloud.clock.now() });
    this.detail.container = { ...container, logStreamName: log?.stream };
    // Asked to end while it was being made.
    if (this.#stopReason !== undefined) void this.#stop();
    const exit = exitOf(child);
    const limit = timeout?.attemptDurationSeconds;
    const end = () => void this.#cloud.processes.stop(child, shortestStopMs);
    const timedOut = limit === undefined ? undefined : timeLimit(this.#cloud, limit * 1000, end);
    const exitCode = await exit;
    timedOut?.clear();
    await Promise.all(outputs);
    await log?.flush();
    this.#child = undefined;
    if (timedOut?.over()) this.#endFor("Job attempt duration exceeded timeout");
    return { exitCode, statusReason: "Essential container in task exited" };
  }

  /** Where the output of a job without a log configuration goes (AWS Batch, "awslogs log driver"). */
  #ownLog() {
    return {
      logDriver: "awslogs",
      options: {
        "awslogs-group": "/aws/batch/job",
        "awslogs-create-group": "true",
        "awslogs-stream-prefix": this.#definition.jobDefinitionName ?? "job",
      },
    };
  }
}
