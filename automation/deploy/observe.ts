import type { ScalableTarget } from "@aws-sdk/client-application-auto-scaling";
import type { Service } from "@aws-sdk/client-ecs";
import { type Colour, colours } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import { readRelease } from "../ledger/release.ts";
import { readSignal } from "../ledger/signals.ts";
import type { StackTable } from "../ledger/table.ts";
import { whyTasksStop } from "./diagnose.ts";
import type { Traffic, TrafficFigures, WatchedShift } from "./figures.ts";
import { chunks, describeServices, observedColour, type TargetCounts, targetCounts } from "./health.ts";
import { migrationStatus } from "./migrations.ts";
import type { Goal, Observed, ObservedService, ScalingBounds, ServicePlan, Target } from "./model.ts";
import type { Progress } from "./progress.ts";
import type { EnvironmentShape, ServiceShape } from "./shape.ts";
import { groupsOf } from "./shift.ts";
import { Sight } from "./sight.ts";
import { isReturn } from "./situation.ts";
import { activeTaskDefinitions } from "./task-definitions.ts";
import { readWeights } from "./traffic.ts";
import { alarmBreach, trafficBreach } from "./watch.ts";

/** Application Auto Scaling describes at most this many resources at once (its API reference). */
const targetsPerCall = 50;

export interface WatchNeed extends WatchedShift {
  readonly plan: Readonly<Record<string, ServicePlan>>;
  /** The new colour's share, in percent. */
  readonly percent: number;
}

export interface HealthNeed {
  readonly service: string;
  readonly colour: Colour;
  /** The task definition that was started there: when another one runs, its tasks are asked why they stopped. */
  readonly started?: string;
}

/** Which parts of the world the next decision can depend on. The rest is not asked for. */
export interface Needs {
  /** Colours whose targets' health is asked for; the others read as none healthy. */
  readonly health: readonly HealthNeed[];
  readonly scaling: boolean;
  readonly migrations: boolean;
  /** What is compared while two versions serve; the alarms are asked for with it. */
  readonly watch: false | WatchNeed;
  readonly taskDefinitions: boolean;
}

export function needs(goal: Goal, progress: Progress): Needs {
  const plan = Object.entries(progress.plan ?? {});
  const moving = progress.plan !== undefined && !progress.recorded && progress.undo === undefined;
  const preparing = moving && !progress.proved && !progress.shift;
  const started = (target: Target) => progress.started && { started: target.taskDefinitionArn };
  const idle = plan.map(([service, { to, target }]) => ({ service, colour: to, ...started(target) }));
  return {
    health: moving ? idle : returning(goal, progress),
    scaling: preparing || progress.recorded || progress.undo !== undefined,
    migrations: goesBack(goal, progress) && progress.startedAt === undefined && !progress.shift,
    watch: moving && watched(goal, progress),
    taskDefinitions: goal.kind === "sweep",
  };
}

/** A rollback, to the other colour or to a recorded release, is not sent back: what went off is often why someone rolls back. */
function watched(goal: Goal, { plan, shift, firstShareAt }: Progress): false | WatchNeed {
  if (isReturn(goal) || !shift || !plan) return false;
  const { services, percent, at, provenAt, since = at } = shift;
  // A share may come into force long after it was decided on: a throttled write, a run that was cut short.
  const need = { services, percent, plan, since, at: provenAt ?? Number.POSITIVE_INFINITY };
  const isFinal =
    goal.limits.finalBakeMs > 0 &&
    percent === 100 &&
    groupsOf(goal, plan)
      .at(-1)
      ?.includes(services[0] ?? "");
  return isFinal ? { ...need, services: Object.keys(plan), since: firstShareAt ?? since } : need;
}

/** The schema is asked about before an older release may start. */
function goesBack(goal: Goal, { plan, staged, undo }: Progress): boolean {
  if (undo !== undefined) return false;
  return goal.kind === "rollback"
    ? plan !== undefined
    : goal.kind === "deploy" && goal.migrations !== undefined && !staged;
}

/** Traffic is given back only to a colour that can take it. */
function returning(goal: Goal, progress: Progress): readonly HealthNeed[] {
  const both = (service: string) => colours.map((colour) => ({ service, colour }));
  if (goal.kind === "repair") return goal.services.flatMap(({ name }) => both(name));
  return progress.undo === undefined ? [] : Object.keys(progress.weights).flatMap(both);
}

export interface World {
  readonly aws: Aws;
  readonly table: StackTable;
  /** Absent before the first `up`. */
  readonly shape: EnvironmentShape | undefined;
  /** Alarms to watch beside the environment's own. */
  readonly alarms?: readonly string[];
  readonly migrations?: ReturnType<typeof askMigrations>;
  /** What the load balancer counted of each colour; only alarms are watched without it. */
  readonly figures?: TrafficFigures;
  /** Counts the looks at which neither could be read. */
  readonly sight?: Sight;
}

/** Reads the truth, in as few calls as the APIs allow, all at once. */
export async function observe(world: World, operation: string | undefined, wanted: Needs): Promise<Observed> {
  const { aws, table, shape } = world;
  const { watch } = wanted;
  const watching = watch && shape && { watch, shape };
  const sight = world.sight ?? new Sight();
  const [release, services, migrations, signal, seen, taskDefinitions] = await Promise.all([
    readRelease(table),
    shape ? observeServices(aws, shape, wanted) : {},
    wanted.migrations ? (world.migrations ?? askMigrations(aws, shape))() : undefined,
    operation ? readSignal(table, operation) : undefined,
    watching
      ? sight.look(
          alarmBreach(aws, [...watching.shape.alarmNames, ...(world.alarms ?? [])]),
          world.figures?.read(watching.shape, watching.watch),
        )
      : undefined,
    wanted.taskDefinitions && shape ? activeTaskDefinitions(aws, shape) : undefined,
  ]);
  const { alarm, traffic, unread } = seen ?? {};
  const worse =
    watch && shape && traffic ? trafficBreach(traffic, watch.plan, watch.percent, shape, services) : undefined;
  const breach = alarm ?? worse;
  return {
    release,
    services,
    ...(migrations && { migrations }),
    ...(signal && { signal }),
    ...(taskDefinitions && { taskDefinitions }),
    ...(isAny(traffic) && { traffic }),
    ...(breach !== undefined && { breach }),
    ...(unread && { unread }),
    ...(aws.clockSkewMs && { skewMs: aws.clockSkewMs }),
  };
}

/** What is applied; asked once under a lease, since whoever migrates needs that lease too. */
export function askMigrations(aws: Aws, shape: EnvironmentShape | undefined): () => ReturnType<typeof migrationStatus> {
  let asked: ReturnType<typeof migrationStatus> | undefined;
  return () => {
    asked ??= migrationStatus(aws, shape?.migrationFunctionName).catch((error) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
}

function isAny(traffic: Traffic | undefined): boolean {
  return traffic !== undefined && Object.keys(traffic).length > 0;
}

async function observeServices(
  aws: Aws,
  shape: EnvironmentShape,
  wanted: Needs,
): Promise<Record<string, ObservedService>> {
  const all = Object.entries(shape.services);
  const names = all.flatMap(([, s]) => colours.flatMap((c) => s[c].serviceName ?? []));
  const [weights, running, bounds, health] = await Promise.all([
    readWeights(
      aws,
      all.map(([, s]) => s),
    ),
    names.length > 0 ? describeServices(aws, shape.clusterName, names) : new Map<string, Service>(),
    wanted.scaling ? readScaling(aws, shape) : new Map<string, ScalingBounds>(),
    readHealth(aws, shape, wanted),
  ]);
  const explained = await explain(aws, shape, wanted, running);
  const found: Record<string, ObservedService> = {};
  for (const [name, service] of all) {
    const colour = (c: Colour) => {
      const { serviceName } = service[c];
      const scaling = serviceName === undefined ? undefined : bounds.get(scalingId(shape, serviceName));
      const targets = health.get(`${name}/${c}`) ?? { healthy: 0, registered: 0, reasons: [] };
      const seen = observedColour(serviceName === undefined ? undefined : running.get(serviceName), targets);
      return {
        ...seen,
        reasons: [...seen.reasons, ...(explained.get(`${name}/${c}`) ?? [])],
        ...(scaling && { scaling }),
      };
    };
    const even = { blue: 100, green: 0 };
    found[name] = {
      weights: weights.get(service.ruleArn) ?? even,
      preview: weights.get(service.previewRuleArn) ?? even,
      blue: colour("blue"),
      green: colour("green"),
    };
  }
  return found;
}

async function readHealth(aws: Aws, shape: EnvironmentShape, wanted: Needs): Promise<Map<string, TargetCounts>> {
  const asked = wanted.health.map(async ({ service, colour }) => {
    const group = (shape.services[service] as ServiceShape)[colour].targetGroupArn;
    return [`${service}/${colour}`, await targetCounts(aws, group)] as const;
  });
  return new Map(await Promise.all(asked));
}

/** What the failed tasks of the colours under way said; asked for only when there are some. */
async function explain(
  aws: Aws,
  shape: EnvironmentShape,
  wanted: Needs,
  running: ReadonlyMap<string, Service>,
): Promise<Map<string, readonly string[]>> {
  const failing = wanted.health.flatMap(({ service, colour, started }) => {
    const known = shape.services[service];
    const serviceName = known?.[colour].serviceName;
    const seen = serviceName === undefined ? undefined : running.get(serviceName);
    if (!known || serviceName === undefined || !seen) return [];
    const failed = seen.deployments?.find((d) => d.failedTasks)?.taskDefinition;
    const gone = started !== seen.taskDefinition ? started : undefined;
    const arn = failed ?? gone;
    return arn === undefined ? [] : [{ key: `${service}/${colour}`, known, serviceName, arn }];
  });
  const asked = failing.map(async (f) => {
    const reasons = await whyTasksStop(aws, shape.clusterName, f.known, f.serviceName, f.arn);
    return [f.key, reasons] as const;
  });
  return new Map(await Promise.all(asked));
}

export function scalingId(shape: EnvironmentShape, serviceName: string): string {
  return `service/${shape.clusterName}/${serviceName}`;
}

async function readScaling(aws: Aws, shape: EnvironmentShape): Promise<Map<string, ScalingBounds>> {
  const scaled = Object.values(shape.services).flatMap((s) =>
    colours.flatMap((c) =>
      s[c].scalableTargetId !== undefined && s[c].serviceName ? [scalingId(shape, s[c].serviceName)] : [],
    ),
  );
  if (scaled.length === 0) return new Map();
  const { DescribeScalableTargetsCommand } = await import("@aws-sdk/client-application-auto-scaling");
  const client = await aws.client("scaling");
  const answers = await Promise.all(
    chunks(scaled, targetsPerCall).map((ResourceIds) =>
      client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs", ResourceIds })),
    ),
  );
  return new Map(answers.flatMap((a) => a.ScalableTargets ?? []).map((t) => [t.ResourceId ?? "", boundsOf(t)]));
}

function boundsOf(target: ScalableTarget): ScalingBounds {
  const { DynamicScalingInSuspended, DynamicScalingOutSuspended } = target.SuspendedState ?? {};
  return {
    min: target.MinCapacity ?? 0,
    max: target.MaxCapacity ?? 0,
    suspended: DynamicScalingInSuspended === true && DynamicScalingOutSuspended === true,
  };
}
