import type { Colour, Deployed } from "../../../programs/release.ts";
import { turnBack } from "./back.ts";
import { unlessBlind } from "./blind.ts";
import type { Decision, Probe } from "./decision.ts";
import { unstaged } from "./documents.ts";
import { drifted, miscounted, rerouted } from "./drift.ts";
import { emptied } from "./emptied.ts";
import { finish } from "./finish.ts";
import { approve, awaitHealthy, prepare, prove, setUp, start } from "./forward.ts";
import type { Target } from "./goal.ts";
import { isLeftOver, undocumented, unruled } from "./hands.ts";
import type { Observed, ServicePlan } from "./model.ts";
import { hasMoved } from "./outcome.ts";
import { adopt, repair } from "./repair.ts";
import { retire } from "./retire.ts";
import { homeOf, newPath, orderFor, passagesOf } from "./routing.ts";
import { shift } from "./shift.ts";
import {
  adoptedOver,
  end,
  giveUp,
  movedBy,
  otherColour,
  type Planned,
  recordedUnnoticed,
  type Situation,
  step,
  targetOf,
} from "./situation.ts";
import { sweep } from "./sweep.ts";

/**
 * The one decision: what to do next, given what is wanted, what is true and what this operation has already done.
 * Pure and total; asked again after every step, and after every crash.
 */
export function next(s: Situation): Decision {
  const { progress, observed, goal } = s;
  if (goal.kind === "repair") return stopped(s) ?? repair(s);
  if (goal.kind === "adopt") return stopped(s) ?? adopt(s);
  const stop = goal.kind === "sweep" ? stopped(s) : undefined;
  if (stop) return stop;
  const drift = undocumented(s) ?? unruled(s) ?? drifted(s) ?? rerouted(s);
  if (drift) return drift;
  if (goal.kind === "sweep") return sweep(s);
  if (goal.kind === "retire") return retire(s, goal);
  if (progress.undo !== undefined) return turnBack(s, progress.undo);
  if (progress.plan && recordedUnnoticed(s)) {
    const halt = miscounted({ ...s, progress: { ...progress, recorded: true } });
    return halt ?? finish({ ...s, plan: progress.plan });
  }
  const taken = adoptedOver(s);
  if (taken.length > 0) return giveUp(`${taken.join(", ")} was adopted as live meanwhile`);
  if (progress.problem !== undefined) return giveUp(progress.problem);
  if (observed.signal?.kind === "abort" && !progress.recorded)
    return giveUp(`aborted by ${observed.signal.by}`, { signal: observed.signal });
  if (observed.spent !== undefined && !progress.recorded && hasMoved(progress)) return giveUp(observed.spent);
  return onward(s);
}

/** What tends a stack has nothing to turn back: told to stop, it ends after the step in hand. */
function stopped({ goal, progress, observed: { signal } }: Situation): Decision | undefined {
  if (progress.undo !== undefined) return end("failed", progress.undo);
  if (signal?.kind !== "abort" || progress.recorded) return undefined;
  return giveUp(`the ${goal.kind} was aborted by ${signal.by}`, { signal });
}

function onward(s: Situation): Decision {
  const { plan, recorded } = s.progress;
  // A count is no reason to keep traffic from going back, but it is one not to call that a success.
  const halt = s.goal.kind === "deploy" || recorded ? miscounted(s) : undefined;
  // Nobody waits for a person while users are sent to tasks that are gone.
  if (halt && losesTasks(s)) return giveUp(halt.why);
  const empty = s.goal.kind === "deploy" && !recorded ? emptied(s) : [];
  if (empty.length > 0) return giveUp(`all tasks that serve were stopped by hand: ${empty.join(", ")}`);
  return halt ?? recordedGate(s) ?? stage(s) ?? migrate(s) ?? (plan ? move({ ...s, plan }) : makePlan(s));
}

/**
 * True when traffic was moved, a new colour has fewer tasks than this operation asked for, and the old ones can take back
 * what the new ones have.
 */
function losesTasks({ observed, progress }: Situation): boolean {
  if (progress.recorded || !hasMoved(progress)) return false;
  const moves = Object.entries(progress.plan ?? {}).flatMap(([name, { from, to }]) => {
    const service = observed.services[name];
    return service && from ? [{ service, from, to, asked: progress.counts[name]?.known ?? 0 }] : [];
  });
  const canReturn = moves.every(({ service, from, to }) => service.weights[to] === 0 || service[from].running > 0);
  return canReturn && moves.some(({ service, to, asked }) => service[to].desired < asked);
}

function move(s: Planned): Decision {
  const before = schemaGate(s) ?? setUp(s) ?? prepare(s) ?? start(s) ?? awaitHealthy(s) ?? prove(s) ?? approve(s);
  return before ?? unlessBlind(s, shift(s) ?? finish(s));
}

function stage({ goal, progress }: Situation): Decision | undefined {
  if (goal.kind !== "deploy" || progress.staged) return undefined;
  return step("stage", `register what ${goal.version} will run, change nothing that runs`, [
    { kind: "stage", images: goal.images, ...(goal.migrate && { migrate: goal.migrate }) },
  ]);
}

/** Asked for even when nothing is pending: the function's answer also tells which migrations the release stands on. */
function migrate({ goal, progress }: Situation): Decision | undefined {
  if (goal.kind !== "deploy" || progress.migrated || !goal.migrate) return undefined;
  return step("migrate", "apply expand migrations before any new task starts", [
    { kind: "migrate", phase: "expand", runId: goal.operation },
  ]);
}

function makePlan(s: Situation): Decision {
  const plan = planOf(s);
  if (typeof plan === "string") return giveUp(plan);
  if (Object.keys(plan).length > 0) {
    const moves = Object.entries(plan).map(([name, move]) => moveLine(name, move));
    const order = orderFor(passagesOf(plan, s.observed.services));
    if (typeof order === "object") return giveUp(`${order.what}: ${order.fix}`);
    return { ...step("plan", moves.join(", "), []), plan, ...(order && { order }) };
  }
  if (s.goal.kind === "deploy" && !s.progress.verified) return verifyLive(s);
  if (s.goal.kind === "deploy" && !s.progress.recorded)
    return step("finish", `${s.goal.version} already serves`, [
      { kind: "record-release", document: unstaged(s.observed.release, s.goal) },
    ]);
  return end("unchanged", `${s.goal.version} already serves`);
}

function moveLine(name: string, move: ServicePlan): string {
  const { from, to, home } = move;
  const path = from && newPath(move);
  const whole = path === undefined ? "" : ` (path ${home?.takes ?? "of another form"} → ${path} moves whole)`;
  return `${name} ${from ?? "nothing"} → ${to}${whole}`;
}

/** The ledger is believed only when what it calls live answers. */
function verifyLive({ goal, observed }: Situation): Decision {
  const probes = movedBy(goal).flatMap((name): Probe[] => {
    const { live, ...release } = observed.release.services[name] ?? {};
    const target = live && release[live];
    return target ? [{ kind: "prove-traffic", service: name, percent: 100, target: targetOf(target), others: [] }] : [];
  });
  return { ...step("verify", `what the ledger calls ${goal.version} answers everywhere`, []), probes };
}

/** Each service's way, or why there is none. Services that already serve their target are left out. */
function planOf(s: Situation): Record<string, ServicePlan> | string {
  const { goal, observed, progress } = s;
  if (goal.kind === "rollback") return planBack(s);
  const plan: Record<string, ServicePlan> = {};
  for (const name of movedBy(goal)) {
    const { live, ...release } = observed.release.services[name] ?? {};
    const target = progress.staged?.[name];
    if (!target) return `the program registered no task definition for ${name}`;
    if (live !== undefined && release[live]?.release === target.release && runs(observed, name, live)) continue;
    const held = live ?? release.retired?.colour;
    plan[name] = wayTo(observed, name, held === undefined ? "blue" : otherColour(held), target);
  }
  return plan;
}

/** To what the idle colours hold, or served until it was retired; what serves its first release is left as it is. */
function planBack({ goal, observed }: Situation): Record<string, ServicePlan> | string {
  const plan: Record<string, ServicePlan> = {};
  const first: string[] = [];
  for (const name of movedBy(goal)) {
    const { live, retired, ...release } = observed.release.services[name] ?? {};
    const to = retired?.colour ?? (live && otherColour(live));
    if (to === undefined) continue;
    const target = release[to];
    if (isLeftOver(observed, name))
      return `${name} was deleted since it was retired: \`switchyard up <stack>\` has the ledger forget it, and a rollback then takes back what was released before`;
    if (!target) first.push(name);
    else if (observed.services[name]?.[to].gone !== "ECS service") plan[name] = wayTo(observed, name, to, target);
    else
      return `the ECS service of ${name} ${to} was deleted by hand: \`switchyard up <stack> --refresh\` makes it anew`;
  }
  if (Object.keys(plan).length > 0) return plan;
  if (first.length === 0) return "nothing was ever released here, so there is nothing to go back to";
  return `${first.join(" and ")} ${first.length === 1 ? "has" : "have"} no earlier release to go back to`;
}

function wayTo({ release, services }: Observed, name: string, to: Colour, target: Target | Deployed): ServicePlan {
  const { live: from, ...held } = release.services[name] ?? {};
  const idle = held[to];
  const home = homeOf(release.services[name], services[name]);
  return {
    ...(from && { from }),
    to,
    target: targetOf(target),
    ...(idle && { before: idle }),
    beforeDesired: services[name]?.[to].desired ?? 0,
    ...(home && { home }),
  };
}

/** True when the colour runs what the ledger says it does. */
function runs({ release, services }: Observed, name: string, colour: Colour): boolean {
  return services[name]?.[colour].taskDefinitionArn === release.services[name]?.[colour]?.taskDefinitionArn;
}

/** A contract migration removes what the release before it needs: going back past one is refused. */
function schemaGate({ goal, observed, plan, progress }: Planned): Decision | undefined {
  if (goal.kind !== "rollback" || progress.startedAt !== undefined || progress.shift) return undefined;
  for (const [name, { target }] of Object.entries(plan)) {
    const refused = refusedBySchema(observed, `${name} ${target.version}`, target.migrations ?? []);
    if (refused) return refused;
  }
  return undefined;
}

/** A recorded release is gated before anything of it is staged. */
function recordedGate({ goal, observed, progress }: Situation): Decision | undefined {
  if (goal.kind !== "deploy" || goal.migrations === undefined || progress.staged) return undefined;
  return refusedBySchema(observed, goal.version, goal.migrations);
}

function refusedBySchema({ migrations }: Observed, what: string, known: readonly string[]): Decision | undefined {
  if (!migrations)
    return giveUp(
      "the migration function does not say which migrations are applied, so going back may break on the schema",
    );
  const breaking = migrations.applied.find((m) => m.kind === "contract" && !known.includes(m.name));
  return (
    breaking &&
    giveUp(
      `${what} cannot run on the schema any more: ${breaking.name} removed what it needs; fix forward: deploy a corrected version`,
    )
  );
}
