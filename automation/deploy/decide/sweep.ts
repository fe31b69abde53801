import { colours, type ReleaseDocument, type ServiceRelease } from "../../../programs/release.ts";
import type { Decision, Mutation } from "./decision.ts";
import type { Observed } from "./model.ts";
import { awsNow, end, otherColour, type Situation, step } from "./situation.ts";

/** Stops idle colours that are warm no longer, then lets go of task definitions that nothing can need again. */
export function sweep(s: Situation): Decision {
  const { goal, observed, progress } = s;
  const now = awsNow(s);
  const cold = goal.services.filter(({ name }) => isCold(observed.release.services[name], now)).map(({ name }) => name);
  const stops = cold.flatMap((name) => stop(name, observed));
  if (stops.length > 0) return step("sweep", `stop what is warm no longer: ${cold.join(", ")}`, stops);
  const garbage = goal.services.flatMap(({ name }) => unneeded(name, observed, goal.limits.keepTaskDefinitions));
  if (garbage.length > 0)
    return step("sweep", `deregister ${garbage.length} old task definitions`, [
      { kind: "deregister", taskDefinitionArns: garbage },
    ]);
  if (cold.some((name) => observed.release.services[name]?.warmUntil !== undefined))
    return step("sweep", "record that they are cold", [
      { kind: "record-release", document: cooled(observed.release, cold) },
    ]);
  return end(progress.recorded ? "succeeded" : "unchanged", "nothing is left running that need not be");
}

function isCold(release: ServiceRelease | undefined, now: number): boolean {
  return release?.live !== undefined && (release.warmUntil === undefined || Date.parse(release.warmUntil) <= now);
}

/** Never a colour that carries weight, whatever the ledger says of it. */
function stop(name: string, observed: Observed): Mutation[] {
  const live = observed.release.services[name]?.live;
  const service = observed.services[name];
  if (live === undefined || !service) return [];
  const colour = otherColour(live);
  const idle = service[colour];
  if (idle.desired === 0 || service.weights[colour] > 0 || idle.taskDefinitionArn === undefined) return [];
  const { taskDefinitionArn } = idle;
  return [{ kind: "update-service", service: name, colour, taskDefinitionArn, desired: 0, reconfigure: false }];
}

/** All but the newest `keep`, those a colour runs and those the ledger may go back to. */
function unneeded(name: string, observed: Observed, keep: number): readonly string[] {
  const release = observed.release.services[name];
  const service = observed.services[name];
  const needed = new Set(colours.flatMap((c) => [release?.[c]?.taskDefinitionArn, service?.[c].taskDefinitionArn]));
  return (observed.taskDefinitions?.[name] ?? []).slice(keep).filter((arn) => !needed.has(arn));
}

function cooled(document: ReleaseDocument, names: readonly string[]): ReleaseDocument {
  const services = Object.fromEntries(
    Object.entries(document.services).map(([name, { warmUntil, ...rest }]) => [
      name,
      names.includes(name) || warmUntil === undefined ? rest : { ...rest, warmUntil },
    ]),
  );
  return { ...document, revision: document.revision + 1, services };
}
