import type { Colour, Deployed } from "../../programs/release.ts";
import { turnBack } from "./back.ts";
import { unstaged } from "./documents.ts";
import { drifted, miscounted } from "./drift.ts";
import { finish } from "./finish.ts";
import { approve, awaitHealthy, prepare, prove, start } from "./forward.ts";
import type { Decision, Observed, Probe, ServicePlan, Target } from "./model.ts";
import { hasMoved } from "./outcome.ts";
import { adopt, repair } from "./repair.ts";
import { shift } from "./shift.ts";
import { unlessBlind } from "./sight.ts";
import { end, giveUp, otherColour, type Planned, recordedUnnoticed, type Situation, step } from "./situation.ts";
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
  const drift = drifted(s);
  if (drift) return drift;
  if (goal.kind === "sweep") return sweep(s);
  if (progress.undo !== undefined) return turnBack(s, progress.undo);
  if (progress.plan && recordedUnnoticed(s)) return finish({ ...s, plan: progress.plan });
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
  return halt ?? recordedGate(s) ?? stage(s) ?? migrate(s) ?? (plan ? move({ ...s, plan }) : makePlan(s));
}

function move(s: Planned): Decision {
  const before = schemaGate(s) ?? prepare(s) ?? start(s) ?? awaitHealthy(s) ?? prove(s) ?? approve(s);
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
    const moves = Object.entries(plan).map(([name, { from, to }]) => `${name} ${from ?? "nothing"} → ${to}`);
    return { ...step("plan", moves.join(", "), []), plan };
  }
  if (s.goal.kind === "deploy" && !s.progress.verified) return verifyLive(s);
  if (s.goal.kind === "deploy" && !s.progress.recorded)
    return step("finish", `${s.goal.version} already serves`, [
      { kind: "record-release", document: unstaged(s.observed.release, s.goal) },
    ]);
  return end("unchanged", `${s.goal.version} already serves`);
}

/** The ledger is believed only when what it calls live answers. */
function verifyLive({ goal, observed }: Situation): Decision {
  const probes = goal.services.flatMap(({ name }): Probe[] => {
    const { live, ...release } = observed.release.services[name] ?? {};
    const target = live && release[live];
    return target ? [{ kind: "prove-traffic", service: name, percent: 100, target: targetOf(target), others: [] }] : [];
  });
  return { ...step("verify", `what the ledger calls ${goal.version} answers everywhere`, []), probes };
}

/** Each service's way, or why there is none. Services that already serve their target are left out. */
function planOf({ goal, observed, progress }: Situation): Record<string, ServicePlan> | string {
  const plan: Record<string, ServicePlan> = {};
  if (
    goal.kind === "rollback" &&
    goal.services.every(({ name }) => observed.release.services[name]?.live === undefined)
  )
    return "nothing was ever released here, so there is nothing to go back to";
  for (const { name } of goal.services) {
    const release = observed.release.services[name];
    const from = release?.live;
    if (goal.kind === "rollback" && from === undefined) continue;
    const to = from === undefined ? "blue" : otherColour(from);
    const idle = release?.[to];
    const target = goal.kind === "deploy" ? progress.staged?.[name] : idle;
    if (!target)
      return goal.kind === "rollback"
        ? `${name} has no earlier release to go back to`
        : `the program registered no task definition for ${name}`;
    const serves = from !== undefined && release?.[from]?.release === target.release && runs(observed, name, from);
    if (goal.kind === "deploy" && serves) continue;
    plan[name] = {
      ...(from && { from }),
      to,
      target: targetOf(target),
      ...(idle && { before: idle }),
      beforeDesired: observed.services[name]?.[to].desired ?? 0,
    };
  }
  return plan;
}

/** True when the colour runs what the ledger says it does. */
function runs({ release, services }: Observed, name: string, colour: Colour): boolean {
  return services[name]?.[colour].taskDefinitionArn === release.services[name]?.[colour]?.taskDefinitionArn;
}

function targetOf({ digest, version, taskDefinitionArn, release, migrations }: Target | Deployed): Target {
  return { digest, version, taskDefinitionArn, release, ...(migrations && { migrations }) };
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
