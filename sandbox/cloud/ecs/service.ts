/** One service: its deployments and tasks, and the loop that carries out what the scheduler decides. */
import type { CreateServiceRequest, Service, Tag, TaskDefinition } from "@aws-sdk/client-ecs";
import type { LoadBalancing } from "../alb/live.ts";
import { firewallOf } from "../firewall.ts";
import type { CloudContext } from "../handlers.ts";
import { type DeploymentRecord, describeService, newDeployment, type Settings, settingsOf } from "./deployment.ts";
import { ServiceEvents } from "./events.ts";
import { backoffMs, type Decision, isUp, type ServiceView, schedule } from "./schedule.ts";
import { reachOf, type TaskTarget, targetsOf, viewTask } from "./targets.ts";
import { RunningTask } from "./task.ts";

/** What a service shares with the rest of ECS. */
export interface ServiceContext {
  readonly cloud: CloudContext;
  readonly balancing: LoadBalancing;
  /** Keeps the task findable, stopped ones for a while too. */
  addTask(task: RunningTask): void;
}

export class RunningService {
  readonly arn: string;
  readonly name: string;
  readonly clusterArn: string;
  readonly input: CreateServiceRequest;
  readonly createdAt: Date;
  status: "ACTIVE" | "DRAINING" | "INACTIVE" = "ACTIVE";
  desired: number;
  settings: Settings;
  tags: Tag[];
  /** The primary one first. */
  deployments: DeploymentRecord[] = [];
  tasks: RunningTask[] = [];
  readonly events: ServiceEvents;
  #lastCompleted: DeploymentRecord | undefined;
  #steady = false;
  /** Tasks stopped because they were too many, which is no failure of theirs. */
  #scaledIn = new Set<string>();
  /** As they were when the task began: where it is registered, another port of the service's does not change. */
  readonly #balancersOf = new WeakMap<RunningTask, Settings["loadBalancers"]>();
  #context: ServiceContext;
  #timer: NodeJS.Timeout | undefined;
  #scheduled = false;

  constructor(context: ServiceContext, clusterArn: string, input: CreateServiceRequest, definition: TaskDefinition) {
    this.#context = context;
    this.input = input;
    this.clusterArn = clusterArn;
    this.name = input.serviceName ?? "";
    this.events = new ServiceEvents(this.name);
    this.arn = `${clusterArn.replace(":cluster/", ":service/")}/${this.name}`;
    this.createdAt = this.#now();
    this.desired = input.desiredCount ?? 0;
    this.tags = [...(input.tags ?? [])];
    this.settings = settingsOf(input);
    this.deploy(definition);
  }

  #now(): Date {
    return new Date(this.#context.cloud.clock.now());
  }

  #event(message: string): void {
    this.events.add(this.#now(), message);
  }

  get definition(): TaskDefinition | undefined {
    return this.deployments[0]?.definition;
  }

  /** Begins a deployment; the ones before it give way to it. */
  deploy(definition: TaskDefinition): void {
    this.#makePrimary(newDeployment(definition, this.#now()));
  }

  #makePrimary(deployment: DeploymentRecord): void {
    this.deployments = [deployment, ...this.deployments.filter((other) => other !== deployment)];
    this.changed();
  }

  scale(desired: number): void {
    if (desired === this.desired) return;
    this.desired = desired;
    this.changed();
  }

  /** Looks again, once, after what is happening now. */
  changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#reconcile();
    });
  }

  #reconcile(): void {
    if (this.status === "INACTIVE") return;
    clearTimeout(this.#timer);
    this.tasks = this.tasks.filter((task) => task.status !== "STOPPED");
    const now = this.#context.cloud.clock.now();
    const view = this.#view();
    for (const task of view.tasks) {
      const running = this.tasks.find((one) => one.id === task.id);
      if (running !== undefined && isUp(task)) running.wasUp = true;
    }
    const { decisions, wakeAt } = schedule(view, now);
    if (!decisions.some((decision) => decision.kind === "steady")) this.#steady = false;
    for (const decision of decisions) this.#carryOut(decision);
    if (this.status === "DRAINING" && this.tasks.length === 0) this.status = "INACTIVE";
    if (wakeAt !== undefined) this.#timer = setTimeout(() => this.#reconcile(), wakeAt - now).unref();
  }

  #view(): ServiceView {
    const { deploymentConfiguration: configuration, healthCheckGracePeriodSeconds: grace } = this.settings;
    return {
      desired: this.desired,
      minimumHealthyPercent: configuration?.minimumHealthyPercent ?? 100,
      maximumPercent: configuration?.maximumPercent ?? 200,
      graceMs: this.#context.cloud.clock.paced((grace ?? 0) * 1000),
      breaker: configuration?.deploymentCircuitBreaker?.enable ?? false,
      deployments: this.deployments,
      tasks: this.tasks.map((task) => viewTask(task, this.#targetsOf(task), this.#context.balancing)),
    };
  }

  #targetsOf(task: RunningTask): TaskTarget[] {
    return targetsOf(this.#balancersOf.get(task), task);
  }

  #carryOut(decision: Decision): void {
    const deployment =
      "deployment" in decision ? this.deployments.find((one) => one.id === decision.deployment) : undefined;
    switch (decision.kind) {
      case "start":
        if (deployment !== undefined) this.#start(deployment, decision.count);
        return;
      case "stop":
        this.#stop(decision);
        return;
      case "proven":
        if (deployment !== undefined) Object.assign(deployment, { proven: true, failedTasks: 0, retryAt: 0 });
        return;
      case "completed":
        if (deployment !== undefined) this.#complete(deployment);
        return;
      case "failed":
        if (deployment !== undefined) this.#fail(deployment);
        return;
      case "retired":
        this.deployments = this.deployments.filter((one) => one !== deployment);
        return;
      case "steady":
        if (!this.#steady) this.#event("has reached a steady state.");
        this.#steady = true;
        return;
    }
  }

  #start(deployment: DeploymentRecord, count: number): void {
    const started = Array.from({ length: count }, () => this.#startTask(deployment));
    this.#event(`has started ${count} tasks: ${started.map((task) => `(task ${task.id})`).join(" ")}.`);
    this.changed();
  }

  #startTask(deployment: DeploymentRecord): RunningTask {
    const { definition } = deployment;
    const network = this.settings.networkConfiguration;
    const task = new RunningTask(this.#context.cloud, {
      clusterArn: this.clusterArn,
      definition,
      portsOfMachine: this.#context.balancing.ports,
      description: {
        group: `service:${this.name}`,
        startedBy: deployment.id,
        launchType: this.input.launchType ?? "FARGATE",
        platformVersion: "1.4.0",
        tags: this.settings.propagateTags === "SERVICE" ? [...this.tags] : [],
        enableExecuteCommand: this.settings.enableExecuteCommand,
      },
      changed: (changed) => this.#taskChanged(changed, deployment, network),
      drain: (leaving) => this.#deregister(leaving),
    });
    this.tasks.push(task);
    this.#balancersOf.set(task, this.settings.loadBalancers);
    this.#context.addTask(task);
    void task.start();
    return task;
  }

  #taskChanged(task: RunningTask, deployment: DeploymentRecord, network: Settings["networkConfiguration"]): void {
    if (task.status === "RUNNING") {
      const { balancing, cloud } = this.#context;
      for (const target of this.#targetsOf(task)) {
        const { group, address } = target;
        balancing.groups.get(group)?.register(address, reachOf(target, network, balancing, firewallOf(cloud)));
        this.#event(`registered 1 targets in (target-group ${group})`);
      }
    }
    const code = task.description.stopCode;
    const failed = code !== undefined && code !== "UserInitiated" && !this.#scaledIn.has(task.id);
    if (task.status === "DEACTIVATING" && failed) this.#countFailure(task, deployment);
    this.changed();
  }

  #countFailure(task: RunningTask, deployment: DeploymentRecord): void {
    const { description } = task;
    deployment.failedTasks = task.wasUp ? 1 : deployment.failedTasks + 1;
    const { clock } = this.#context.cloud;
    deployment.retryAt = clock.now() + clock.paced(backoffMs(deployment.failedTasks));
    deployment.updatedAt = this.#now();
    this.#event(`(task ${task.id}) failed: ${description.stoppedReason}`);
    if (deployment.failedTasks > 2) this.#event("is unable to consistently start tasks successfully.");
  }

  #deregister(task: RunningTask): Promise<void> {
    const targets = this.#targetsOf(task);
    for (const { group } of targets) this.#event(`deregistered 1 targets in (target-group ${group})`);
    const leaving = targets.map(({ group, address }) => this.#context.balancing.groups.get(group)?.deregister(address));
    return Promise.all(leaving).then(() => {});
  }

  #stop(decision: Extract<Decision, { kind: "stop" }>): void {
    const task = this.tasks.find((one) => one.id === decision.task);
    if (task === undefined) return;
    if (decision.reason === "unhealthy") {
      const group = decision.targetGroup ?? "";
      const target = this.#targetsOf(task).find((one) => one.group === group);
      const health = target && this.#context.balancing.groups.get(group)?.health(target.address).TargetHealth;
      this.#event(`(task ${task.id}) is unhealthy in (target-group ${group}) due to (reason ${health?.Description})`);
      void task.stop(`Task failed ELB health checks in (target-group ${group})`, "ServiceSchedulerInitiated");
      return;
    }
    this.#scaledIn.add(task.id);
    void task.stopped.then(() => this.#scaledIn.delete(task.id));
    this.#event(`has stopped 1 running tasks: (task ${task.id}).`);
    void task.stop(
      `Scaling activity initiated by (deployment ${this.deployments[0]?.id})`,
      "ServiceSchedulerInitiated",
    );
  }

  #complete(deployment: DeploymentRecord): void {
    Object.assign(deployment, {
      rollout: "COMPLETED",
      reason: `ECS deployment ${deployment.id} completed.`,
      updatedAt: this.#now(),
    });
    this.#lastCompleted = deployment;
    this.#event(`(deployment ${deployment.id}) deployment completed.`);
    this.changed();
  }

  /** The circuit breaker: back to the last completed deployment when asked for, else stand still. */
  #fail(deployment: DeploymentRecord): void {
    this.#event(`(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
    const target = this.#lastCompleted;
    const rollback = this.settings.deploymentConfiguration?.deploymentCircuitBreaker?.rollback && target !== undefined;
    const reason = rollback
      ? `ECS deployment circuit breaker: rolling back to deploymentId ${target.id}.`
      : "ECS deployment circuit breaker: tasks failed to start.";
    Object.assign(deployment, { rollout: "FAILED", reason, updatedAt: this.#now() });
    if (rollback && target !== deployment) {
      this.#event(`rolling back to deployment ${target.id}.`);
      Object.assign(target, { rollout: "IN_PROGRESS", reason, failedTasks: 0, retryAt: 0, updatedAt: this.#now() });
      this.#makePrimary(target);
    }
    this.changed();
  }

  /** Stops what it runs; INACTIVE when nothing is left. */
  delete(): void {
    this.status = "DRAINING";
    this.desired = 0;
    this.changed();
  }

  async kill(): Promise<void> {
    this.status = "INACTIVE";
    clearTimeout(this.#timer);
    await Promise.all(this.tasks.map((task) => task.kill()));
  }

  describe(): Service {
    return describeService(this);
  }
}
