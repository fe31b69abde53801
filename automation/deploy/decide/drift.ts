import { colours, liveRoute, type ServiceRelease } from "../../../programs/release.ts";
import type { Halt } from "./decision.ts";
import type { ObservedColour, Weights } from "./model.ts";
import type { Progress } from "./progress.ts";
import { destination, placeOf } from "./routing.ts";
import { allOn, type Situation, sameWeights, showWeights } from "./situation.ts";

/** A halt naming the differences, when production weights are not what the ledger and this operation say. */
export function drifted({ observed, progress, goal }: Situation): Halt | undefined {
  const differences = goal.services.flatMap(({ name }) => {
    const { weights: is, gone } = observed.services[name] ?? {};
    // A rule that is not there has no weights.
    if (!is || gone?.includes("production")) return [];
    const allowed = expectedWeights(observed.release.services[name], progress.weights[name], progress);
    // Before the first release is recorded, nothing says where weights belong.
    if (observed.release.services[name]?.live === undefined) return [];
    // On the way back, weights that already stand where they belong are nobody's mistake.
    const home = observed.release.services[name]?.live;
    if (progress.undo !== undefined && home !== undefined && sameWeights(allOn(home), is)) return [];
    if (allowed.length === 0 || allowed.some((w) => sameWeights(w, is))) return [];
    return [{ is, text: `${name} is ${showWeights(is)}, the ledger says ${allowed.map(showWeights).join(" or ")}` }];
  });
  if (differences.length === 0) return undefined;
  const isWhole = differences.every(({ is }) => colours.some((colour) => sameWeights(is, allOn(colour))));
  const texts = differences.map(({ text }) => text);
  return byHand("weights", texts, isWhole ? adoptable : restorable);
}

/**
 * A halt naming the live services whose production rule takes something else than the ledger says; while an operation
 * moves it, than where it came from and where it goes to.
 */
export function rerouted({ observed, progress, goal }: Situation): Halt | undefined {
  const differences = goal.services.flatMap(({ name }) => {
    const release = observed.release.services[name];
    const route = liveRoute(release);
    const rule = observed.services[name]?.rules?.production;
    if (!rule || !route) return [];
    const move = progress.plan?.[name];
    const allowed = [placeOf(route, "production"), move?.home, move && destination(move)].flatMap((one) => one ?? []);
    const { known, intended, earlier = [] } = progress.weights[name] ?? {};
    const written = [known, intended, ...earlier].flatMap((rule) => rule?.takes ?? []);
    const found: string[] = [];
    if (![...allowed.map(({ takes }) => takes), ...written].includes(rule.takes))
      found.push(`${name} takes ${rule.takes ?? "requests of another form"}, the ledger says ${route.path}`);
    if (!allowed.some(({ priority }) => priority === rule.priority))
      found.push(`${name} comes at ${rule.priority}, the ledger says ${allowed[0]?.priority}`);
    return found;
  });
  return differences.length === 0 ? undefined : byHand("routes", differences, adoptable);
}

/**
 * A halt naming the colours that run another number of tasks than the ledger allows or this operation asked for.
 * No reason to keep traffic from going back: only the way forward asks.
 */
export function miscounted({ observed, progress, goal }: Situation): Halt | undefined {
  const differences = goal.services.flatMap(({ name }) => {
    const service = observed.services[name];
    if (!service) return [];
    const { live, scale } = observed.release.services[name] ?? {};
    const found: string[] = [];
    if (live && scale && !service[live].gone && !isWithin(scale, service[live].desired))
      found.push(`${name} ${live} has ${tasks(service[live])}, the ledger says ${range(scale)}`);
    const move = progress.recorded ? undefined : progress.plan?.[name];
    const asked = move && progress.counts[name];
    const allowed = asked ? [asked.known ?? move.beforeDesired, asked.intended ?? asked.known] : [];
    if (move && allowed.length > 0 && !allowed.includes(service[move.to].desired))
      found.push(`${name} ${move.to} has ${tasks(service[move.to])}, ${allowed.at(-1)} were asked for`);
    return found;
  });
  return differences.length === 0 ? undefined : byHand("task counts", differences, adoptable);
}

export function isWithin({ min, max }: { min: number; max: number }, count: number): boolean {
  return count >= min && count <= max;
}

/** The count nearest to another that the ledger allows; the same where it says nothing. */
export function nearestWithin(scale: { min: number; max: number } | undefined, count: number): number {
  return scale ? Math.min(Math.max(count, scale.min), scale.max) : count;
}

function tasks({ desired }: ObservedColour): string {
  return desired === 1 ? "1 task" : `${desired} tasks`;
}

function range({ min, max }: { min: number; max: number }): string {
  return min === max ? String(min) : `${min} to ${max}`;
}

const restorable = "`switchyard repair` restores what the ledger says; then run this again";
const adoptable = `\`switchyard adopt\` accepts what is, ${restorable}`;

function byHand(what: string, differences: readonly string[], fix: string): Halt {
  return { kind: "halt", why: `${what} were changed by hand: ${differences.join("; ")}`, fix };
}

/** Weights that may be in force: this operation's last write, known or under way, else what the release document says. */
export function expectedWeights(
  release: ServiceRelease | undefined,
  written: Progress["weights"][string] | undefined,
  progress: Progress,
): readonly Weights[] {
  const baseline = release?.live !== undefined && !progress.recorded ? allOn(release.live) : undefined;
  if (!written) return release?.live === undefined ? [] : [allOn(release.live)];
  const before = written.known ?? baseline;
  const all = [before, ...(written.earlier ?? []), written.intended].flatMap((w) => (w ? [w] : []));
  return all.filter((w, i) => all.findIndex((other) => sameWeights(w, other)) === i);
}
