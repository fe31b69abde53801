/**
 * One task: its containers as real processes, its states as the ECS API shows them. Not carried out: container health checks,
 * `dependsOn`, users, volumes, limits of CPU and memory, a collector of traces; containers share no localhost, only mapped ports.
 */
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { Container, ContainerDefinition, Task, TaskDefinition, TaskOverride } from "@aws-sdk/client-ecs";
import type { Ports } from "../alb/ports.ts";
import { AwsError, type CloudContext } from "../handlers.ts";
import { collectorLeftOut, isCollector, untraced } from "./collector.ts";
import { commandLine, containerEnvironment } from "./container.ts";
import { fargateIdentity } from "./identity.ts";
import { type LogStream, openLog } from "./logs.ts";
import { resolveSecrets } from "./secrets.ts";

export interface TaskOptions {
  readonly clusterArn: string;
  readonly definition: TaskDefinition;
  readonly portsOfMachine: Ports;
  readonly overrides?: TaskOverride;
  /** Members of the description that only the caller knows: group, startedBy, tags, … */
  readonly description?: Partial<Task>;
  /** Called after each change of state. */
  changed(task: RunningTask): void;
  /** Takes the task out of its target groups; resolves when it is drained. */
  drain?(task: RunningTask): Promise<void>;
}

/** AWS milliseconds in a state that only AWS's own work makes long. */
const provisioningMs = 1000;
/** A Node process needs this long to finish cleanly, whatever the pace. */
const shortestStopMs = 3000;
const defaultStopSeconds = 30;

export class RunningTask {
  readonly id = randomBytes(16).toString("hex");
  readonly arn: string;
  readonly definition: TaskDefinition;
  readonly description: Task;
  /** Ports of this machine by `<container>:<container port>`. */
  readonly ports = new Map<string, number>();
  /** Set by the service when a target group saw it healthy (or it ran without one). */
  wasUp = false;
  /** Resolves when the task is STOPPED. */
  readonly stopped: Promise<void>;
  #cloud: CloudContext;
  /** The cloud where the cluster is. */
  #here: ReturnType<CloudContext["at"]>;
  #options: TaskOptions;
  #processes = new Map<string, ChildProcess>();
  #logs: LogStream[] = [];
  #outputs: Promise<void>[] = [];
  #stopping = false;
  #end: () => void = () => {};

  constructor(cloud: CloudContext, options: TaskOptions) {
    this.#cloud = cloud;
    this.#here = cloud.at(options.clusterArn);
    this.#options = options;
    this.definition = options.definition;
    const cluster = options.clusterArn.split("/").at(-1) ?? "";
    const prefix = options.clusterArn.slice(0, options.clusterArn.indexOf(":cluster/"));
    this.arn = `${prefix}:task/${cluster}/${this.id}`;
    this.description = this.#describe(options);
    this.stopped = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  #describe({ clusterArn, definition, overrides, description }: TaskOptions): Task {
    const containers = (definition.containerDefinitions ?? []).map(
      (container): Container => ({
        containerArn: `${this.arn.replace(":task/", ":container/")}/${randomBytes(8).toString("hex")}`,
        taskArn: this.arn,
        name: container.name,
        image: container.image,
        lastStatus: "PENDING",
        networkBindings: [],
        networkInterfaces: [{ attachmentId: this.id, privateIpv4Address: "127.0.0.1" }],
        healthStatus: "UNKNOWN",
      }),
    );
    return {
      taskArn: this.arn,
      clusterArn,
      taskDefinitionArn: definition.taskDefinitionArn,
      lastStatus: "PROVISIONING",
      desiredStatus: "RUNNING",
      cpu: definition.cpu,
      memory: definition.memory,
      containers,
      overrides: overrides ?? { containerOverrides: [], inferenceAcceleratorOverrides: [] },
      attachments: [
        {
          id: this.id,
          type: "ElasticNetworkInterface",
          status: "ATTACHED",
          details: [{ name: "privateIPv4Address", value: "127.0.0.1" }],
        },
      ],
      availabilityZone: `${this.#here.region}a`,
      connectivity: "CONNECTED",
      connectivityAt: this.#now(),
      createdAt: this.#now(),
      healthStatus: "UNKNOWN",
      version: 1,
      tags: [],
      ...description,
    };
  }

  get status(): string {
    return this.description.lastStatus ?? "";
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  #now(): Date {
    return new Date(this.#cloud.clock.now());
  }

  #become(status: string): void {
    this.description.lastStatus = status;
    this.description.version = (this.description.version ?? 0) + 1;
    this.#options.changed(this);
  }

  async start(): Promise<void> {
    try {
      await this.#cloud.clock.wait(provisioningMs);
      if (this.#stopping) return;
      this.#become("PENDING");
      this.description.pullStartedAt = this.#now();
      const definitions = this.definition.containerDefinitions ?? [];
      const prepared = await Promise.all(definitions.map((container) => this.#prepare(container)));
      this.description.pullStoppedAt = this.#now();
      if (this.#stopping) return;
      for (const run of prepared) run();
      this.description.startedAt = this.#now();
      this.#become("RUNNING");
    } catch (error) {
      await this.#failToStart(error);
    }
  }

  async #failToStart(error: unknown): Promise<void> {
    const code = error instanceof AwsError ? error.code : "CannotStartContainerError";
    const message = error instanceof Error ? error.message : String(error);
    await this.stop(`${code}: ${message}`, "TaskFailedToStart");
  }

  async #prepare(container: ContainerDefinition): Promise<() => void> {
    const name = container.name ?? "";
    if (isCollector(container)) return this.#leftOut(container);
    const override = this.#options.overrides?.containerOverrides?.find((one) => one.name === name);
    const image = await this.#cloud.unpackImage(container.image ?? "").catch((error: Error) => {
      throw new AwsError("CannotPullContainerError", `${container.image}: ${error.message}`);
    });
    const secrets = await resolveSecrets(this.#here, container.secrets);
    const log = await openLog(this.#here, container.logConfiguration, name, this.id);
    const sandbox = {
      ...untraced(this.definition),
      ...(await this.#network(container)),
      ...(await fargateIdentity(this.#cloud, this.#here.region)),
    };
    const line = commandLine(image, container, override);
    const environment = containerEnvironment({
      image: image.config.Env ?? [],
      definition: container.environment,
      override: override?.environment,
      secrets,
      sandbox,
    });
    return () => {
      const child = this.#cloud.processes.spawn(`task-${this.id}-${name}`, line.command, line.args, {
        cwd: line.cwd,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      this.#watch(container, child, log);
    };
  }

  async #leftOut(container: ContainerDefinition): Promise<() => void> {
    const log = await openLog(this.#here, container.logConfiguration, container.name ?? "", this.id);
    return () => {
      const described = this.#containerOf(container);
      Object.assign(described ?? {}, { lastStatus: "STOPPED", exitCode: 0, reason: collectorLeftOut });
      if (log === undefined) return;
      this.#logs.push(log);
      this.#outputs.push(log.follow(Readable.from([`${collectorLeftOut}\n`])));
    };
  }

  /** The ports that stand for the task's own network interface. */
  async #network(container: ContainerDefinition): Promise<Record<string, string>> {
    const described = this.#containerOf(container);
    const bindings = described?.networkBindings ?? [];
    for (const { containerPort = 0, protocol = "tcp" } of container.portMappings ?? []) {
      const hostPort = await this.#options.portsOfMachine.take();
      this.ports.set(`${container.name}:${containerPort}`, hostPort);
      bindings.push({ bindIP: "127.0.0.1", containerPort, hostPort, protocol });
    }
    const first = bindings[0]?.hostPort;
    return { HOST: "127.0.0.1", ...(first === undefined ? {} : { PORT: String(first) }) };
  }

  #containerOf(container: ContainerDefinition): Container | undefined {
    return this.description.containers?.find((one) => one.name === container.name);
  }

  #watch(container: ContainerDefinition, child: ChildProcess, log: LogStream | undefined): void {
    const name = container.name ?? "";
    const described = this.#containerOf(container);
    this.#processes.set(name, child);
    if (described !== undefined) {
      described.lastStatus = "RUNNING";
      described.runtimeId = `${this.id}-${child.pid}`;
    }
    if (log !== undefined) this.#logs.push(log);
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue;
      if (log === undefined) output.resume();
      else this.#outputs.push(log.follow(output));
    }
    child.on("error", (error) => {
      if (described !== undefined) described.reason = `CannotStartContainerError: ${error.message}`;
      this.#processes.delete(name);
      void this.stop(`CannotStartContainerError: ${error.message}`, "TaskFailedToStart");
    });
    child.on("exit", (code, signal) => {
      if (described !== undefined) {
        described.lastStatus = "STOPPED";
        described.exitCode = code ?? 128 + (signalNumbers[signal ?? ""] ?? 0);
      }
      this.#processes.delete(name);
      if (container.essential === false) return;
      void this.stop("Essential container in task exited", "EssentialContainerExited");
    });
  }

  /** Drains, ends every container and resolves when the task is STOPPED. The first reason given stays. */
  async stop(reason: string, code: Task["stopCode"]): Promise<void> {
    if (this.#stopping) return this.stopped;
    this.#stopping = true;
    const { description } = this;
    Object.assign(description, {
      desiredStatus: "STOPPED",
      stoppedReason: reason,
      stopCode: code,
      stoppingAt: this.#now(),
    });
    this.#become("DEACTIVATING");
    const drained = this.#options.drain?.(this);
    // A task that is already dead leaves its target groups, but nothing waits for that.
    if (this.#processes.size > 0) await drained;
    this.#become("STOPPING");
    await Promise.all([...this.#processes].map(([name, child]) => this.#stopProcess(name, child)));
    await Promise.all(this.#outputs);
    await Promise.all(this.#logs.map((log) => log.flush()));
    description.executionStoppedAt = this.#now();
    for (const container of description.containers ?? []) container.lastStatus = "STOPPED";
    for (const attachment of description.attachments ?? []) attachment.status = "DELETED";
    this.#become("DEPROVISIONING");
    description.stoppedAt = this.#now();
    this.#become("STOPPED");
    for (const port of this.ports.values()) this.#options.portsOfMachine.release(port);
    this.#end();
  }

  async #stopProcess(name: string, child: ChildProcess): Promise<void> {
    const definition = this.definition.containerDefinitions?.find((container) => container.name === name);
    const stopMs = (definition?.stopTimeout ?? defaultStopSeconds) * 1000;
    await this.#cloud.processes.stop(
      child,
      Math.max(this.#cloud.clock.paced(stopMs), Math.min(stopMs, shortestStopMs)),
    );
  }

  /** Ends the processes at once, without draining. */
  async kill(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#processes.values()].map((child) => this.#cloud.processes.stop(child, 0, "SIGKILL")));
  }
}

/** Numbers of the signals containers end by; a shell shows 128 plus the number. */
const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};
