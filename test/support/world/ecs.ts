import type { VirtualTime } from "./time.ts";

/**
 * How tasks of a version behave: become healthy, exit at once, or run and never answer a health check; and healthy ones
 * may answer requests with errors, or slowly.
 */
export type Behaviour = "ok" | "crash" | "sick" | "errors" | "slow";

export interface ColourView {
  readonly taskDefinition?: string;
  readonly desired: number;
  readonly running: number;
  readonly healthy: number;
  readonly registered: number;
  readonly rollout: "COMPLETED" | "IN_PROGRESS" | "FAILED" | "NONE";
  readonly failed: number;
  /** A deployment the circuit breaker gave up, after which the service went back to the definition before. */
  readonly gaveUp?: { readonly taskDefinition: string; readonly failed: number };
}

interface Task {
  readonly taskDefinition: string;
  /** Where the load balancer asks it. */
  readonly port: number;
  running: boolean;
  healthy: boolean;
}

/** Failed tasks after which the circuit breaker acts. */
const breakerLimit = 3;

/** One ECS service with its target group: deployments roll, tasks take a while, the circuit breaker goes back. */
export class SimulatedService {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #behaviour: (taskDefinition: string) => Behaviour;
  /** True where a task listens on that port and the firewall lets the load balancer through to it. */
  readonly #reaches: (taskDefinition: string, port: number) => boolean;
  readonly #changed: () => void;
  #taskDefinition: string | undefined;
  #previous: string | undefined;
  #desired = 0;
  #port = 0;
  #tasks: Task[] = [];
  #rollout: ColourView["rollout"] = "NONE";
  #failed = 0;
  #gaveUp: ColourView["gaveUp"];
  /** Targets a flapping network makes fail their checks. */
  #flapped = 0;

  constructor(
    time: VirtualTime,
    random: () => number,
    behaviour: (taskDefinition: string) => Behaviour,
    reaches: (taskDefinition: string, port: number) => boolean,
    changed: () => void,
  ) {
    this.#time = time;
    this.#random = random;
    this.#behaviour = behaviour;
    this.#reaches = reaches;
    this.#changed = changed;
  }

  /** Starts as if it had run for long. */
  settle(taskDefinition: string, desired: number, port: number): void {
    this.#port = port;
    this.#taskDefinition = taskDefinition;
    this.#desired = desired;
    this.#rollout = "COMPLETED";
    this.#tasks = Array.from({ length: desired }, () => ({ taskDefinition, port, running: true, healthy: true }));
    this.#changed();
  }

  /** @param port Where its next tasks are asked; as before when absent. */
  update(taskDefinition: string, desired: number, force = false, port = this.#port): void {
    this.#port = port;
    this.#desired = desired;
    if (taskDefinition !== this.#taskDefinition || force) {
      this.#previous = taskDefinition === this.#taskDefinition ? this.#previous : this.#taskDefinition;
      this.#taskDefinition = taskDefinition;
      this.#rollout = "IN_PROGRESS";
      this.#failed = 0;
      this.#gaveUp = undefined;
    }
    this.#reconcile();
  }

  resize(desired: number): void {
    this.#desired = desired;
    this.#reconcile();
  }

  flap(targets: number): void {
    this.#flapped += targets;
    this.#changed();
  }

  view(): ColourView {
    const running = this.#tasks.filter((t) => t.running);
    return {
      ...(this.#taskDefinition !== undefined && { taskDefinition: this.#taskDefinition }),
      desired: this.#desired,
      running: running.length,
      healthy: Math.max(0, running.filter((t) => this.#isHealthy(t)).length - this.#flapped),
      registered: running.length,
      rollout: this.#rollout,
      failed: this.#failed,
      ...(this.#gaveUp && { gaveUp: this.#gaveUp }),
    };
  }

  /** The task definition of one healthy task, as the load balancer picks it. */
  answering(): string | undefined {
    const able = this.#tasks.filter((t) => this.#isHealthy(t));
    if (able.length <= this.#flapped) return undefined;
    return able[Math.floor(this.#random() * able.length)]?.taskDefinition;
  }

  /** Ports at which tasks that listen there are cut off. */
  cutOff(): readonly number[] {
    return this.#tasks.flatMap(({ healthy, taskDefinition, port }) =>
      healthy && !this.#reaches(taskDefinition, port) ? [port] : [],
    );
  }

  #isHealthy({ healthy, taskDefinition, port }: Task): boolean {
    return healthy && this.#reaches(taskDefinition, port);
  }

  #reconcile(): void {
    const wanted = this.#taskDefinition;
    if (wanted === undefined) return;
    if (this.#desired === 0) this.#tasks = [];
    const current = this.#tasks.filter((t) => t.taskDefinition === wanted);
    if (this.#rollout !== "FAILED") for (let i = current.length; i < this.#desired; i++) this.#launch(wanted);
    for (const extra of current.slice(this.#desired)) this.#tasks.splice(this.#tasks.indexOf(extra), 1);
    const healthy = this.#tasks.filter((t) => t.taskDefinition === wanted && t.healthy).length;
    if (healthy >= this.#desired && this.#rollout !== "FAILED") {
      this.#tasks = this.#tasks.filter((t) => t.taskDefinition === wanted);
      this.#rollout = "COMPLETED";
    }
    this.#changed();
  }

  #launch(taskDefinition: string): void {
    const task: Task = { taskDefinition, port: this.#port, running: false, healthy: false };
    this.#tasks.push(task);
    const startMs = 4_000 + this.#random() * 12_000;
    this.#time.after(startMs, () => this.#started(task));
  }

  #started(task: Task): void {
    if (!this.#tasks.includes(task)) return;
    const behaviour = this.#behaviour(task.taskDefinition);
    if (behaviour === "crash") {
      this.#crashed(task);
      return;
    }
    task.running = true;
    this.#changed();
    if (behaviour === "sick" || !this.#reaches(task.taskDefinition, task.port)) return;
    this.#time.after(4_000 + this.#random() * 12_000, () => {
      if (!this.#tasks.includes(task)) return;
      task.healthy = true;
      this.#reconcile();
    });
  }

  #crashed(task: Task): void {
    this.#tasks.splice(this.#tasks.indexOf(task), 1);
    this.#failed += 1;
    if (this.#failed < breakerLimit) {
      this.#reconcile();
      return;
    }
    if (this.#previous === undefined) {
      this.#rollout = "FAILED";
      this.#changed();
      return;
    }
    this.#gaveUp = { taskDefinition: task.taskDefinition, failed: this.#failed };
    this.#tasks = this.#tasks.filter((t) => t.taskDefinition !== task.taskDefinition);
    this.#taskDefinition = this.#previous;
    this.#previous = undefined;
    this.#failed = 0;
    this.#rollout = "IN_PROGRESS";
    this.#reconcile();
  }
}
