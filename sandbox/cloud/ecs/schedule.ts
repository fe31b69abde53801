/**
 * What the service scheduler does next: a pure function of a service and its tasks. The rolling deployment, the
 * replacement of failed tasks and the circuit breaker follow the Amazon ECS developer guide ("Deploy Amazon ECS services
 * by replacing tasks", "How the Amazon ECS deployment circuit breaker detects failures").
 */

export interface TaskView {
  readonly id: string;
  readonly deployment: string;
  /** `stopping` from the moment it is told to stop. */
  readonly phase: "starting" | "running" | "stopping";
  /** Set when running. */
  readonly startedAt?: number;
  /** By its target groups; `none` without a load balancer. */
  readonly health: "none" | "waiting" | "healthy" | "unhealthy";
  /** Names the target group that found it unhealthy. */
  readonly unhealthyIn?: string;
}

export interface DeploymentView {
  readonly id: string;
  readonly rollout: "IN_PROGRESS" | "COMPLETED" | "FAILED";
  /** Tasks that failed in a row before any was up. */
  readonly failedTasks: number;
  /** Whether any task of it was ever up; the circuit breaker stops counting then. */
  readonly proven: boolean;
  /** No task is started before. */
  readonly retryAt: number;
}

export interface ServiceView {
  readonly desired: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** Failing health checks are forgiven this long after a start. */
  readonly graceMs: number;
  readonly breaker: boolean;
  /** The primary deployment first. */
  readonly deployments: readonly DeploymentView[];
  readonly tasks: readonly TaskView[];
}

export type Decision =
  | { readonly kind: "start"; readonly deployment: string; readonly count: number }
  | {
      readonly kind: "stop";
      readonly task: string;
      readonly reason: "scale" | "unhealthy";
      readonly targetGroup?: string;
    }
  | { readonly kind: "proven"; readonly deployment: string }
  | { readonly kind: "completed"; readonly deployment: string }
  | { readonly kind: "failed"; readonly deployment: string }
  /** An earlier deployment has no task left. */
  | { readonly kind: "retired"; readonly deployment: string }
  | { readonly kind: "steady" };

export interface Schedule {
  readonly decisions: readonly Decision[];
  /** When to look again though nothing changed. */
  readonly wakeAt?: number;
}

/** Half the desired count, at least 3, at most 200. */
export function breakerThreshold(desired: number): number {
  return Math.min(200, Math.max(3, Math.ceil(desired / 2)));
}

/** AWS milliseconds before the next start after so many failures in a row: doubling from 10 s, at most 15 minutes. */
export function backoffMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(15 * 60_000, 10_000 * 2 ** (failures - 1));
}

export const isUp = (task: TaskView) =>
  task.phase === "running" && (task.health === "none" || task.health === "healthy");

export function schedule(service: ServiceView, now: number): Schedule {
  const [primary, ...earlier] = service.deployments;
  if (primary === undefined) return { decisions: [] };
  const own = service.tasks.filter((task) => task.deployment === primary.id);
  const decisions: Decision[] = [];
  if (!primary.proven && own.some(isUp)) decisions.push({ kind: "proven", deployment: primary.id });

  if (service.breaker && primary.rollout === "IN_PROGRESS" && !primary.proven) {
    if (primary.failedTasks >= breakerThreshold(service.desired)) {
      return { decisions: [...decisions, { kind: "failed", deployment: primary.id }] };
    }
  }

  const replaced = unhealthyStops(service, now);
  const stopped = new Set(replaced.map((stop) => stop.task));
  const active = service.tasks.filter((task) => task.phase !== "stopping" && !stopped.has(task.id));
  const shrink = scaleStops(service, active, primary);
  const start = startCount(service, active, primary, now);
  decisions.push(...replaced, ...shrink);
  if (start > 0) decisions.push({ kind: "start", deployment: primary.id, count: start });

  for (const deployment of earlier) {
    if (!active.some((task) => task.deployment === deployment.id)) {
      decisions.push({ kind: "retired", deployment: deployment.id });
    }
  }
  const ownActive = active.filter((task) => task.deployment === primary.id);
  const settled =
    active.length === ownActive.length &&
    ownActive.length === service.desired &&
    ownActive.every(isUp) &&
    shrink.length === 0;
  if (settled && primary.rollout === "IN_PROGRESS") decisions.push({ kind: "completed", deployment: primary.id });
  if (settled && service.tasks.length === active.length) decisions.push({ kind: "steady" });
  return { decisions, wakeAt: wakeAt(service, primary, now) };
}

type Stop = Extract<Decision, { kind: "stop" }>;

/** Tasks whose target group finds them unhealthy once their grace period is over. */
function unhealthyStops(service: ServiceView, now: number): Stop[] {
  return service.tasks
    .filter((task) => task.phase === "running" && task.health === "unhealthy" && now >= graceEnd(service, task))
    .map((task) => ({ kind: "stop", task: task.id, reason: "unhealthy", targetGroup: task.unhealthyIn }));
}

const graceEnd = (service: ServiceView, task: TaskView) => (task.startedAt ?? 0) + service.graceMs;

/** Tasks to stop: surplus ones, and those of earlier deployments as far as the minimum stays up. */
function scaleStops(service: ServiceView, active: readonly TaskView[], primary: DeploymentView): Stop[] {
  const stops: Stop[] = [];
  let up = active.filter(isUp).length;
  const lower = Math.ceil((service.desired * service.minimumHealthyPercent) / 100);
  const stop = (task: TaskView) => {
    stops.push({ kind: "stop", task: task.id, reason: "scale" });
    if (isUp(task)) up -= 1;
  };
  const downFirst = (tasks: readonly TaskView[]) => [...tasks.filter((t) => !isUp(t)), ...tasks.filter(isUp)];

  const own = active.filter((task) => task.deployment === primary.id);
  for (const task of downFirst(own).slice(0, Math.max(0, own.length - service.desired))) stop(task);
  // A failed deployment that is not rolled back leaves what still serves alone.
  if (primary.rollout === "FAILED" && service.desired > 0) return stops;
  for (const task of downFirst(active.filter((task) => task.deployment !== primary.id))) {
    if (!isUp(task) || up > lower) stop(task);
  }
  return stops;
}

function startCount(service: ServiceView, active: readonly TaskView[], primary: DeploymentView, now: number): number {
  if (primary.rollout === "FAILED" || now < primary.retryAt) return 0;
  const upper = Math.floor((service.desired * service.maximumPercent) / 100);
  const own = active.filter((task) => task.deployment === primary.id).length;
  return Math.max(0, Math.min(service.desired - own, upper - active.length));
}

function wakeAt(service: ServiceView, primary: DeploymentView, now: number): number | undefined {
  const times = service.tasks
    .filter((task) => task.phase === "running" && task.health === "unhealthy")
    .map((task) => graceEnd(service, task));
  times.push(primary.retryAt);
  const future = times.filter((time) => time > now);
  return future.length > 0 ? Math.min(...future) : undefined;
}
