import { colours, type ReleaseDocument } from "../../programs/release.ts";
import type { Decision, Mutation } from "./model.ts";
import { allOn, end, giveUp, otherColour, type Situation, sameWeights, step } from "./situation.ts";

/** Puts production weights back to the colour the ledger calls live. */
export function repair({ goal, observed, progress }: Situation): Decision {
  if (progress.undo !== undefined) return end("failed", progress.undo);
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
    writes.push({ kind: "set-weights", service: name, rule: "production", weights: allOn(live) });
  }
  if (writes.length > 0) return step("repair", "put the weights back as the ledger says", writes);
  const changed = Object.keys(progress.weights).length > 0;
  return end(changed ? "succeeded" : "unchanged", "weights are what the ledger says");
}

/** Makes the ledger agree with weights set by hand; only all or nothing can be recorded. */
export function adopt({ goal, observed, progress }: Situation): Decision {
  if (progress.undo !== undefined) return end("failed", progress.undo);
  if (progress.recorded) return end("succeeded", "the ledger says what the weights say");
  let document: ReleaseDocument = observed.release;
  for (const { name } of goal.services) {
    const release = observed.release.services[name];
    const service = observed.services[name];
    if (release?.live === undefined || !service || sameWeights(service.weights, allOn(release.live))) continue;
    const serving = colours.find((c) => sameWeights(service.weights, allOn(c)));
    if (serving === undefined)
      return giveUp(
        `${name} is split (blue ${service.weights.blue}, green ${service.weights.green}); only all on one colour can be adopted: repair, or set the weights to 100`,
      );
    const held = release[serving];
    if (held === undefined || held.taskDefinitionArn !== service[serving].taskDefinitionArn)
      return giveUp(`${name} ${serving} does not run a release the ledger knows: repair, or deploy`);
    document = { ...document, services: { ...document.services, [name]: { ...release, live: serving } } };
  }
  if (document === observed.release) return end("unchanged", "the ledger already says what the weights say");
  return step("repair", "record what serves", [
    { kind: "record-release", document: { ...document, revision: document.revision + 1 } },
  ]);
}
