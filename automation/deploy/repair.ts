import { colours, type ReleaseDocument } from "../../programs/release.ts";
import { including, warmUntil } from "./documents.ts";
import { isWithin } from "./drift.ts";
import { scalingWrites } from "./finish.ts";
import type { Decision, Mutation } from "./model.ts";
import {
  allOn,
  awaitPropagation,
  awsNow,
  backTo,
  end,
  giveUp,
  otherColour,
  propagatedAt,
  type Situation,
  sameWeights,
  step,
  wait,
} from "./situation.ts";

/** Puts the live colour's task count and the production weights back to what the ledger says. */
export function repair(s: Situation): Decision {
  const { goal, observed, progress } = s;
  const counts = goal.services.flatMap(({ name }) => recount(s, name));
  if (counts.length > 0) return step("repair", "put the task counts back as the ledger says", counts);
  const waiting = awaitCounts(s);
  if (waiting) return waiting;
  const writes: Mutation[] = [];
  for (const { name } of goal.services) {
    const live = observed.release.services[name]?.live;
    const service = observed.services[name];
    if (live === undefined || !service || sameWeights(service.weights, allOn(live))) continue;
    if (service[live].running === 0)
      return giveUp(`${name}: the ledger says ${live} is live but nothing runs there; adopt what serves, or deploy`);
    if (service[live].healthy === 0 && service[otherColour(live)].healthy > 0)
      return giveUp(
        `${name}: the ledger says ${live} is live but no task of it is healthy; mend it, or adopt what serves`,
      );
    writes.push(backTo(name, live));
  }
  if (writes.length > 0) return step("repair", "put the weights back as the ledger says", writes);
  const left = awaitLeft(s);
  if (left) return left;
  const changed = Object.keys(progress.weights).length + Object.keys(progress.counts).length > 0;
  return end(changed ? "succeeded" : "unchanged", "weights and task counts are what the ledger says");
}

/** The nearest count the ledger allows, where the live colour has another. */
function recount({ observed }: Situation, name: string): Mutation[] {
  const { live, scale } = observed.release.services[name] ?? {};
  const colour = live && observed.services[name]?.[live];
  if (!live || !scale || colour?.taskDefinitionArn === undefined || isWithin(scale, colour.desired)) return [];
  const { taskDefinitionArn } = colour;
  const desired = Math.min(Math.max(colour.desired, scale.min), scale.max);
  return [{ kind: "update-service", service: name, colour: live, taskDefinitionArn, desired, reconfigure: false }];
}

/** Tasks that were asked for take their time; traffic goes to them when they are well. */
function awaitCounts({ goal, observed, progress, now }: Situation): Decision | undefined {
  const short = Object.keys(progress.counts).filter((name) => {
    const live = observed.release.services[name]?.live;
    const colour = live && observed.services[name]?.[live];
    return colour && colour.healthy < colour.desired;
  });
  if (short.length === 0) return undefined;
  const until = (progress.startedAt ?? now) + goal.limits.healthyMs;
  if (now < until) return wait("repair", `${short.join(", ")} to have all tasks healthy`, until);
  return giveUp(`${short.join(", ")}: not all tasks became healthy`);
}

/** A colour a hand gave traffic that nothing keeps warm: a sweep could stop it while some node still sends it requests. */
function awaitLeft(s: Situation): Decision | undefined {
  const { goal, observed, now } = s;
  const left = goal.services.flatMap(({ name }) => {
    const { live, warmUntil } = observed.release.services[name] ?? {};
    const until = propagatedAt(s, name);
    if (live === undefined || until === undefined || until <= now) return [];
    const running = observed.services[name]?.[otherColour(live)].desired ?? 0;
    const warm = warmUntil !== undefined && Date.parse(warmUntil) - awsNow(s) >= until - now;
    return running > 0 && !warm ? [name] : [];
  });
  return left.length === 0 ? undefined : awaitPropagation(s, "repair", left);
}

/** The colour that was adopted scales from now on, the other one does not. */
function scaleAdopted({ goal, observed }: Situation): Decision {
  const writes = goal.services.flatMap(({ name }) => {
    const live = observed.release.services[name]?.live;
    return live ? scalingWrites(goal, name, observed.services[name], live) : [];
  });
  if (writes.length > 0) return step("repair", "let autoscaling run on what serves", writes);
  return end("succeeded", "the ledger says what is");
}

/** Makes the ledger agree with weights and task counts set by hand; only all or nothing can be recorded. */
export function adopt(s: Situation): Decision {
  const { goal, observed, progress } = s;
  if (progress.recorded) return scaleAdopted(s);
  let document: ReleaseDocument = observed.release;
  for (const { name } of goal.services) {
    const release = observed.release.services[name];
    const service = observed.services[name];
    if (release?.live === undefined || !service) continue;
    const serving = colours.find((c) => sameWeights(service.weights, allOn(c)));
    if (serving === undefined)
      return giveUp(
        `${name} is split (blue ${service.weights.blue}, green ${service.weights.green}); only all on one colour can be adopted: repair, or set the weights to 100`,
      );
    const { desired, taskDefinitionArn } = service[serving];
    const { scale } = release;
    if (serving === release.live && (!scale || isWithin(scale, desired))) continue;
    if (release[serving] === undefined || release[serving].taskDefinitionArn !== taskDefinitionArn)
      return giveUp(`${name} ${serving} does not run a release the ledger knows: repair, or deploy`);
    if (desired === 0) return giveUp(`${name} ${serving} has no tasks: nothing serves that could be adopted; repair`);
    const kept = serving !== release.live && { warmUntil: warmUntil(s) };
    const adopted = { ...release, live: serving, scale: including(scale, desired), ...kept };
    document = { ...document, services: { ...document.services, [name]: adopted } };
  }
  if (document === observed.release) return end("unchanged", "the ledger already says what is");
  return step("repair", "record what serves", [
    { kind: "record-release", document: { ...document, revision: document.revision + 1 } },
  ]);
}
