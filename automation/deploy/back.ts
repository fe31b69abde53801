import { hasStaged, withoutNext } from "./documents.ts";
import { scalingWrites } from "./finish.ts";
import type { Decision, Mutation, ObservedColour, Probe, ServicePlan } from "./model.ts";
import {
  allOn,
  awaitPropagation,
  awsNow,
  backTo,
  end,
  type Planned,
  propagatedAt,
  type Situation,
  sameWeights,
  step,
  wait,
} from "./situation.ts";

/**
 * Traffic first, then autoscaling, the ledger, and the idle colour; each only where it is not yet as it was. A colour that
 * had traffic is stopped last: when the weights are surely in force everywhere, and the old version was seen to answer.
 * Where it was not, what left keeps its tasks: whatever still reaches it is answered, and the undoing ends all the same.
 */
export function turnBack(s: Situation, reason: string): Decision {
  const { goal, observed, progress } = s;
  // What was adopted since as live is nothing to take traffic from, or to stop.
  const planned = Object.entries(progress.plan ?? {});
  const plan = Object.fromEntries(planned.filter(([name, { to }]) => observed.release.services[name]?.live !== to));
  const back = Object.entries(plan).flatMap(([name, { from }]): Mutation[] =>
    from && !isHome({ ...s, plan }, name) ? [backTo(name, from)] : [],
  );
  const lost = back.flatMap((w) =>
    w.kind === "set-weights" && !canReturn({ ...s, plan }, w.service) ? w.service : [],
  );
  if (lost.length > 0) return awaitOld(s, lost, reason);
  if (back.length > 0)
    return { ...step("undo", `return traffic: ${reason}`, back), probes: proofs({ ...s, plan }, back) };
  const scaling = Object.entries(plan).flatMap(([name, { from }]) =>
    from ? scalingWrites(goal, name, observed.services[name], from) : [],
  );
  if (scaling.length > 0) return step("undo", "let autoscaling run on the live colour", scaling);
  if (goal.kind === "deploy" && hasStaged(observed.release))
    return step("undo", "stage the live version again", [
      { kind: "record-release", document: withoutNext(observed.release) },
    ]);
  return stopLeft({ ...s, plan }) ?? end("failed", reasonOf(progress, reason));
}

/** Idle colours that had no traffic go back at once, the others when nothing can reach them any more. */
function stopLeft(s: Planned): Decision | undefined {
  const { plan, progress, now } = s;
  const restore = Object.entries(plan).map(([name, move]) => ({ name, writes: restoreIdle(s, name, move) }));
  const due = restore.filter(({ name }) => (propagatedAt(s, name) ?? 0) <= now && !isUnproven(progress, name));
  const writes = due.flatMap((r) => r.writes);
  if (writes.length > 0) return step("undo", "put the idle colour back as it was", writes);
  const left = restore.filter((r) => r.writes.length > 0 && !isUnproven(progress, r.name)).map(({ name }) => name);
  return left.length === 0 ? undefined : awaitPropagation(s, "undo", left);
}

/** True for a colour that had traffic, when the old version was not seen to answer in its place. */
function isUnproven({ unproven, weights }: Situation["progress"], name: string): boolean {
  return unproven !== undefined && weights[name] !== undefined;
}

function reasonOf({ unproven }: Situation["progress"], reason: string): string {
  if (unproven === undefined) return reason;
  return `${reason}; traffic went back, but the old version was not seen to answer (${unproven}): the new one's tasks keep running until the next deploy or sweep`;
}

/** Soft: the way back must not stick to a proof that an old version, sick itself, cannot give. */
function proofs({ observed, plan }: Planned, back: readonly Mutation[]): readonly Probe[] {
  return back.flatMap((write): Probe[] => {
    const service = write.kind === "set-weights" ? write.service : "";
    const from = plan[service]?.from;
    const old = from && observed.release.services[service]?.[from];
    if (!old) return [];
    const { digest, version, taskDefinitionArn, release } = old;
    const target = { digest, version, taskDefinitionArn, release };
    return [{ kind: "prove-traffic", service, percent: 100, target, others: [], soft: true }];
  });
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
function restoreIdle(s: Situation, name: string, move: ServicePlan): Mutation[] {
  const { observed } = s;
  const idle = observed.services[name]?.[move.to];
  if (!idle || move.from === undefined) return stopFirst(name, move, idle);
  const warmUntil = observed.release.services[name]?.warmUntil;
  const warm = move.before !== undefined && warmUntil !== undefined && Date.parse(warmUntil) > awsNow(s);
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
