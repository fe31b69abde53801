import type { Service } from "@aws-sdk/client-ecs";
import { SwitchyardError } from "../../../programs/errors.ts";
import { type Colour, colours } from "../../../programs/release.ts";
import type { Aws } from "../../aws/clients.ts";
import { readRelease } from "../../ledger/release.ts";
import { readSignal } from "../../ledger/signals.ts";
import type { StackTable } from "../../ledger/table.ts";
import type { Goal, Target } from "../decide/goal.ts";
import type { Observed, ObservedService, ScalingBounds, ServicePlan, Weights } from "../decide/model.ts";
import type { Progress } from "../decide/progress.ts";
import { groupsOf, isReturn } from "../decide/situation.ts";
import { whyTasksStop } from "./diagnose.ts";
import type { Traffic, TrafficFigures, WatchedShift } from "./figures.ts";
import {
  describeServices,
  ecsSettings,
  isServiceThere,
  observedColour,
  type TargetCounts,
  targetCounts,
} from "./health.ts";
import { migrationStatus } from "./migrations.ts";
import { previewSecretWanted } from "./preview-secret.ts";
import { readScaling, scalingId } from "./scaling.ts";
import { readServing } from "./serving.ts";
import type { EnvironmentShape } from "./shape.ts";
import { Sight } from "./sight.ts";
import { withGroups } from "./target-groups.ts";
import { activeTaskDefinitions } from "./task-definitions.ts";
import { type AskedHeader, readRules } from "./traffic.ts";
import { alarmBreach, trafficBreach } from "./watch.ts";

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
  /** Whether the alarms are asked for before any traffic moves. */
  readonly alarms?: boolean;
  readonly taskDefinitions: boolean;
  /** Whether the preview rules ask for what the secret holds; that they ask for some value is seen always. */
  readonly previewSecret?: boolean;
  /** How the ECS services are set, and where all is asked for the target groups of what is kept. */
  readonly setups?: "all" | "ECS services" | false;
  /** What the running colours' task definitions say of their release. */
  readonly serving?: boolean;
}

export function needs(goal: Goal, progress: Progress): Needs {
  const plan = Object.entries(progress.plan ?? {});
  const moving = progress.plan !== undefined && !progress.recorded && progress.undo === undefined;
  const preparing = moving && !progress.proved && !progress.shift;
  const started = (target: Target) => progress.started && { started: target.taskDefinitionArn };
  const idle = plan.map(([service, { to, target }]) => ({ service, colour: to, ...started(target) }));
  return {
    health: moving ? idle : returning(goal, progress),
    scaling:
      goal.kind === "repair" || goal.kind === "retire" || preparing || progress.recorded || progress.undo !== undefined,
    migrations: goesBack(goal, progress) && progress.startedAt === undefined && !progress.shift,
    watch: moving && watched(goal, progress),
    alarms: moving && progress.proved === true && !progress.shift && !isReturn(goal),
    taskDefinitions: goal.kind === "sweep",
    previewSecret: goal.kind === "repair",
    setups: goal.kind === "repair" ? "all" : preparing && "ECS services",
    serving: goal.kind === "adopt" && !progress.recorded,
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
  if (goal.kind === "repair" || goal.kind === "adopt") return goal.services.flatMap(({ name }) => both(name));
  const asked = new Set([...Object.keys(progress.weights), ...(progress.refilled ?? [])]);
  return progress.undo === undefined ? [] : [...asked].flatMap(both);
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
  const watching = shape && (watch || wanted.alarms) ? { watch, shape } : undefined;
  const sight = world.sight ?? new Sight();
  const [release, found, migrations, signal, seen, taskDefinitions] = await Promise.all([
    readRelease(table),
    shape ? observeServices(aws, shape, wanted) : {},
    wanted.migrations ? (world.migrations ?? askMigrations(aws, shape))() : undefined,
    operation ? readSignal(table, operation) : undefined,
    watching
      ? sight.look(
          alarmBreach(aws, [...watching.shape.alarmNames, ...(world.alarms ?? [])]),
          watching.watch ? world.figures?.read(watching.shape, watching.watch) : undefined,
        )
      : undefined,
    wanted.taskDefinitions && shape ? activeTaskDefinitions(aws, shape) : undefined,
  ]);
  const services = wanted.setups === "all" && shape ? await withGroups(aws, shape, release, found) : found;
  const { alarm, traffic, unread } = seen ?? {};
  const worse =
    watch && shape && traffic ? trafficBreach(traffic, watch.plan, watch.percent, shape, services) : undefined;
  const breach = alarm ?? worse;
  const serving = wanted.serving && shape ? await readServing(aws, table, shape, services) : undefined;
  return {
    release,
    services,
    ...(migrations && { migrations }),
    ...(signal && { signal }),
    ...(taskDefinitions && { taskDefinitions }),
    ...(serving && { serving }),
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
  const [rules, running, bounds, health] = await Promise.all([
    askedHeader(aws, shape, wanted).then((header) => readRules(aws, Object.values(shape.services), header)),
    names.length > 0 ? describeServices(aws, shape.clusterName, names) : new Map<string, Service>(),
    wanted.scaling ? readScaling(aws, shape) : new Map<string, ScalingBounds>(),
    readHealth(aws, shape, wanted),
  ]);
  const explained = await explain(aws, shape, wanted, running);
  const found: Record<string, ObservedService> = {};
  for (const [name, service] of all) {
    const colour = (c: Colour) => {
      const { serviceName, scalableTargetId } = service[c];
      const scaling = serviceName === undefined ? undefined : bounds.get(scalingId(shape, serviceName));
      const scales = wanted.scaling && scalableTargetId !== undefined;
      const unscaled = scales && !scaling ? ("autoscaling" as const) : undefined;
      const gone = isServiceThere(serviceName, running) ? unscaled : ("ECS service" as const);
      const targets = health.get(`${name}/${c}`) ?? { healthy: 0, registered: 0, reasons: [] };
      const settings = serviceName === undefined ? undefined : running.get(serviceName);
      const seen = observedColour(settings, targets);
      return {
        ...seen,
        reasons: [...seen.reasons, ...(explained.get(`${name}/${c}`) ?? [])],
        ...(scaling && { scaling }),
        ...(wanted.setups && settings?.networkConfiguration && { ecs: ecsSettings(settings) }),
        ...(gone && { gone }),
      };
    };
    const [production, preview] = [rules.get(service.ruleArn), rules.get(service.previewRuleArn)];
    const gone = [...(production ? [] : (["production"] as const)), ...(preview ? [] : (["preview"] as const))];
    found[name] = {
      weights: production?.weights ?? nowhere,
      preview: preview?.weights ?? nowhere,
      ...(production && preview && { rules: { production: production.place, preview: preview.place } }),
      blue: colour("blue"),
      green: colour("green"),
      ...(gone.length > 0 && { gone }),
    };
  }
  refuseGone(found);
  return found;
}

async function askedHeader(aws: Aws, { previewHeader }: EnvironmentShape, wanted: Needs): Promise<AskedHeader> {
  const { name, secretArn } = previewHeader;
  const value = wanted.previewSecret ? await previewSecretWanted(aws, secretArn) : undefined;
  return { name, ...(value !== undefined && { value }) };
}

const nowhere: Weights = { blue: 0, green: 0 };

/** @throws SwitchyardError `drift` when nothing of an environment is there any more. */
function refuseGone(services: Readonly<Record<string, ObservedService>>): void {
  const all = Object.values(services);
  const isGone = ({ gone = [], blue, green }: ObservedService) =>
    gone.length === 2 && blue.gone === "ECS service" && green.gone === "ECS service";
  if (all.length === 0 || !all.every(isGone)) return;
  throw new SwitchyardError("drift", {
    what: "none of the rules and ECS services is there any more",
    where: `services ${Object.keys(services).join(", ")}`,
    fix: "`switchyard up <stack> --refresh` makes them anew",
  });
}

async function readHealth(aws: Aws, shape: EnvironmentShape, wanted: Needs): Promise<Map<string, TargetCounts>> {
  // A goal may name a service that is not applied yet, or not any more.
  const asked = wanted.health.flatMap(({ service, colour }) => {
    const group = shape.services[service]?.[colour].targetGroupArn;
    return group === undefined ? [] : [{ key: `${service}/${colour}`, group }];
  });
  return new Map(
    await Promise.all(asked.map(async ({ key, group }) => [key, await targetCounts(aws, group)] as const)),
  );
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
