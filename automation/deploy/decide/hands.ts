import { colours } from "../../../programs/release.ts";
import { closed } from "../../../programs/routes.ts";
import type { Halt } from "./decision.ts";
import { drifted, miscounted, rerouted } from "./drift.ts";
import type { Goal } from "./goal.ts";
import type { Observed, ObservedService, ScalingBounds } from "./model.ts";
import { nothingYet } from "./progress.ts";
import { unset } from "./setups.ts";
import type { Situation } from "./situation.ts";

/**
 * A halt naming the services that serve by their weights and are nothing the release document calls live: the item is gone,
 * or a part of it. Nobody may take such a colour for an idle one.
 */
export function undocumented({ observed, progress }: Pick<Situation, "observed" | "progress">): Halt | undefined {
  const found = Object.entries(observed.services).flatMap(([name, service]) => {
    if (observed.release.services[name]?.live !== undefined || progress.plan?.[name] !== undefined) return [];
    if (service.rules?.production.takes === closed) return [];
    const serving = colours.filter((colour) => service.weights[colour] > 0 && service[colour].desired > 0);
    return serving.length === 0 ? [] : [`${name} on ${serving.join(" and ")}`];
  });
  if (found.length === 0) return undefined;
  return {
    kind: "halt",
    why: `the release document does not say what serves: ${found.join(", ")}`,
    fix: "`switchyard adopt` writes down what serves, read from its task definition; or restore the ledger's item release from the table's point-in-time backup",
  };
}

/**
 * True for a service that serves nobody and of which nothing is there: one that was retired, or never released, and that an
 * update without the driver has taken away. The ledger still has it, as such an update tells it nothing.
 */
export function isLeftOver({ release, services }: Observed, name: string): boolean {
  const { live, next } = release.services[name] ?? {};
  const seen = services[name];
  if (!seen || live !== undefined || next !== undefined || seen.gone?.length !== 2) return false;
  return colours.every((colour) => seen[colour].gone === "ECS service" || seen[colour].taskDefinitionArn === undefined);
}

/** What `status` says of such services. */
export function leftOver(observed: Observed, stack: string): Halt | undefined {
  const names = Object.keys(observed.services).filter((name) => isLeftOver(observed, name));
  if (names.length === 0) return undefined;
  const each = names.map(
    (name) => `${name} (${observed.release.services[name]?.retired ? "retired" : "never released"})`,
  );
  return {
    kind: "halt",
    why: `deleted by an update without Switchyard: ${each.join(", ")}`,
    fix: `\`switchyard up ${stack} --refresh\` makes what is configured anew, and has the ledger forget the rest`,
  };
}

/** A halt naming what the environment's outputs name and AWS has not. */
export function deleted({ observed }: Pick<Situation, "observed">): Halt | undefined {
  return deletion(
    standing(observed).flatMap(([name, service]) => [
      ...(service.gone ?? []).map((rule) => `${name}'s ${rule} rule`),
      ...colours.flatMap((colour) => {
        const { gone } = service[colour];
        return gone === undefined
          ? []
          : [`${gone === "autoscaling" ? "the scaling" : `the ${gone}`} of ${name} ${colour}`];
      }),
    ]),
  );
}

/** A halt naming the production rules that are gone: nobody can say where their traffic goes, or send it elsewhere. */
export function unruled({ observed }: Pick<Situation, "observed">): Halt | undefined {
  const services = standing(observed).filter(([, { gone }]) => gone?.includes("production"));
  return deletion(services.map(([name]) => `${name}'s production rule`));
}

function standing(observed: Observed): readonly (readonly [string, ObservedService])[] {
  return Object.entries(observed.services).filter(([name]) => !isLeftOver(observed, name));
}

function deletion(parts: readonly string[]): Halt | undefined {
  if (parts.length === 0) return undefined;
  return {
    kind: "halt",
    why: `deleted by hand: ${parts.join(", ")}`,
    fix: "`switchyard up <stack> --refresh` makes it anew; `switchyard repair <stack>` then puts back what the ledger says",
  };
}

/** True for a service whose rule takes requests although nothing of it is released. */
export function isOpened({ release, services }: Observed, name: string): boolean {
  const rule = services[name]?.rules?.production;
  return rule !== undefined && rule.takes !== closed && release.services[name]?.live === undefined;
}

function opened({ observed }: Pick<Situation, "observed">): Halt | undefined {
  const found = Object.keys(observed.services).filter((name) => isOpened(observed, name));
  if (found.length === 0) return undefined;
  return {
    kind: "halt",
    why: `rules take requests to services of which nothing is released: ${found.join(", ")}`,
    fix: "`switchyard repair` closes them again; a deploy opens them",
  };
}

/** True for a preview rule that takes something else than a path with the preview header: what production should, perhaps. */
export function isExposed({ rules }: ObservedService): boolean {
  return rules !== undefined && rules.preview.takes === undefined;
}

/** A halt naming the services whose preview rule asks for something else than the preview header. */
export function exposed({ observed }: Pick<Situation, "observed">): Halt | undefined {
  const found = Object.entries(observed.services).flatMap(([name, service]) => (isExposed(service) ? [name] : []));
  if (found.length === 0) return undefined;
  return {
    kind: "halt",
    why: `preview rules were changed by hand, and may take requests of anybody: ${found.join(", ")}`,
    fix: "`switchyard repair` has them ask for the preview header again",
  };
}

/** A halt naming the live colours that run another task definition than was released there. */
export function exchanged({ observed }: Pick<Situation, "observed">): Halt | undefined {
  const found = Object.entries(observed.services).flatMap(([name, service]) => {
    const { live, ...release } = observed.release.services[name] ?? {};
    const released = live && release[live]?.taskDefinitionArn;
    const runs = live && service[live].taskDefinitionArn;
    if (!released || !runs || runs === released) return [];
    return [`${name} ${live} runs ${shortOf(runs)}, the ledger says ${shortOf(released)}`];
  });
  if (found.length === 0) return undefined;
  return {
    kind: "halt",
    why: `task definitions were changed by hand: ${found.join("; ")}`,
    fix: "`switchyard repair` puts back what was released, `switchyard adopt` accepts what runs",
  };
}

/** A halt naming the live colours that autoscaling could take out of the bounds they were released with, or leaves alone. */
export function unbounded({ observed }: Pick<Situation, "observed">): Halt | undefined {
  const found = Object.entries(observed.services).flatMap(([name, service]) => {
    const { live, scale } = observed.release.services[name] ?? {};
    const scaling = live && service[live].scaling;
    if (!live || !scale || !scaling || !isUnbounded(scale, scaling)) return [];
    const is = scaling.suspended ? "is suspended" : `goes from ${scaling.min} to ${scaling.max}`;
    return [`${name} ${live} ${is}, the ledger says ${scale.min} to ${scale.max}`];
  });
  if (found.length === 0) return undefined;
  return {
    kind: "halt",
    why: `autoscaling was changed by hand: ${found.join("; ")}`,
    fix: "`switchyard repair` puts its bounds back",
  };
}

export function isUnbounded(scale: { min: number; max: number }, { min, max, suspended }: ScalingBounds): boolean {
  return suspended || min < scale.min || max > scale.max;
}

function shortOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** Everything a hand has made different from what the release document says, where no operation is in flight. */
export function changedByHand(observed: Observed, now: number): readonly Halt[] {
  const names = Object.keys(observed.services);
  const situation = { goal: onLooking(names), observed, progress: nothingYet, now };
  const looks = [undocumented, deleted, drifted, rerouted, opened, exposed, exchanged, miscounted, unbounded, unset];
  return looks.flatMap((look) => look(situation) ?? []);
}

/** What is wanted where nothing is but to look: only the services' names count. */
export function onLooking(names: readonly string[]): Goal {
  const strategy = { kind: "all-at-once" } as const;
  const limits = {
    ...{ healthyMs: 0, failedTasks: 0, approvalMs: 0, keepWarmMs: 0, propagationMs: 0, finalBakeMs: 0 },
    keepTaskDefinitions: 0,
  };
  const services = names.map((name) => ({ name, order: 0, desiredCount: 0 }));
  return { kind: "adopt", operation: "", actor: "", version: "", strategy, services, limits };
}
