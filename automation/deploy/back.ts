import { hasStaged, withoutNext } from "./documents.ts";
import { scalingWrites } from "./finish.ts";
import type { Decision, Mutation, Observed, ObservedColour, ServicePlan } from "./model.ts";
import { allOn, end, type Situation, sameWeights, step } from "./situation.ts";

/** Traffic first, then the idle colour, then autoscaling, then the ledger; each only where it is not yet as it was. */
export function turnBack(s: Situation, reason: string): Decision {
  const { goal, observed, progress } = s;
  const plan = progress.plan ?? {};
  const back = Object.entries(plan).flatMap(([name, { from }]): Mutation[] => {
    const service = observed.services[name];
    return from && service && !sameWeights(service.weights, allOn(from))
      ? [{ kind: "set-weights", service: name, rule: "production", weights: allOn(from) }]
      : [];
  });
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
