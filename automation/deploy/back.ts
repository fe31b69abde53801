import { hasStaged, withoutNext } from "./documents.ts";
import { scalingWrites } from "./finish.ts";
import type { Decision, Mutation, Observed, ObservedColour, ServicePlan } from "./model.ts";
import { allOn, end, type Planned, type Situation, sameWeights, step, wait } from "./situation.ts";

/** Traffic first, then the idle colour, then autoscaling, then the ledger; each only where it is not yet as it was. */
export function turnBack(s: Situation, reason: string): Decision {
  const { goal, observed, progress } = s;
  // What was adopted since as live is nothing to take traffic from, or to stop.
  const planned = Object.entries(progress.plan ?? {});
  const plan = Object.fromEntries(planned.filter(([name, { to }]) => observed.release.services[name]?.live !== to));
  const back = Object.entries(plan).flatMap(([name, { from }]): Mutation[] =>
    from && !isHome({ ...s, plan }, name)
      ? [{ kind: "set-weights", service: name, rule: "production", weights: allOn(from) }]
      : [],
  );
  const lost = back.flatMap((w) =>
    w.kind === "set-weights" && !canReturn({ ...s, plan }, w.service) ? w.service : [],
  );
  if (lost.length > 0) return awaitOld(s, lost, reason);
  if (back.length > 0) return step("undo", `return traffic: ${reason}`, back);
  const restore = Object.entries(plan).flatMap(([name, move]) => restoreIdle(name, move, observed, s.now));
  if (restore.length > 0) return step("undo", "put the idle colour back as it was", restore);
  const scaling = Object.entries(plan).flatMap(([name, { from }]) =>
    from ? scalingWrites(goal, name, observed.services[name], from) : [],
  );
  if (scaling.length > 0) return step("undo", "let autoscaling run on the live colour", scaling);
  if (goal.kind === "deploy" && hasStaged(observed.release))
    return step("undo", "stage the live version again", [
      { kind: "record-release", document: withoutNext(observed.release) },
    ]);
  return end("failed", reason);
}

/** Weights read as home prove nothing while a write of this operation may still come into force, or was not yet seen. */
function isHome({ observed, plan, progress }: Planned, name: string): boolean {
  const service = observed.services[name];
  const from = plan[name]?.from;
  if (!service || !from) return true;
  const written = progress.weights[name];
  const settled =
    !written || (written.intended === undefined && (!written.known || sameWeights(written.known, allOn(from))));
  return settled && sameWeights(service.weights, allOn(from));
}

/** Users are better served by tasks that are refused than by none: an old colour without a healthy task is waited for. */
function canReturn({ observed, plan }: Planned, name: string): boolean {
  const service = observed.services[name];
  const move = plan[name];
  return !service || !move?.from || service[move.from].healthy > 0 || service[move.to].healthy === 0;
}

function awaitOld({ goal, progress, now }: Situation, names: readonly string[], reason: string): Decision {
  const until = (progress.undoAt ?? now) + goal.limits.healthyMs;
  const why = `${names.join(", ")}: the old colour has no healthy task to return traffic to (${reason})`;
  if (now < until) return wait("undo", why, until);
  return { kind: "halt", why, fix: "bring its tasks back (`switchyard status` shows them), then run this again" };
}

/** The idle colour goes back to the release it held, running if that one was still kept warm, else to none. */
function restoreIdle(name: string, move: ServicePlan, observed: Observed, now: number): Mutation[] {
  const idle = observed.services[name]?.[move.to];
  if (!idle || move.from === undefined) return stopFirst(name, move, idle);
  const warmUntil = observed.release.services[name]?.warmUntil;
  const warm = move.before !== undefined && warmUntil !== undefined && Date.parse(warmUntil) > now;
  const desired = warm ? move.beforeDesired : 0;
  const arn = move.before?.taskDefinitionArn ?? idle.taskDefinitionArn ?? move.target.taskDefinitionArn;
  if (idle.desired === desired && idle.taskDefinitionArn === arn) return [];
  const reconfigure = idle.taskDefinitionArn !== arn;
  return [{ kind: "update-service", service: name, colour: move.to, taskDefinitionArn: arn, desired, reconfigure }];
}

/** A first release that failed leaves nothing running. */
function stopFirst(name: string, move: ServicePlan, idle: ObservedColour | undefined): Mutation[] {
  if (!idle || idle.desired === 0) return [];
  const arn = idle.taskDefinitionArn ?? move.target.taskDefinitionArn;
  return [
    {
      kind: "update-service",
      service: name,
      colour: move.to,
      taskDefinitionArn: arn,
      desired: 0,
      reconfigure: false,
    },
  ];
}
