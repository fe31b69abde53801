import type { ServiceRelease } from "../../programs/release.ts";
import type { Halt, Weights } from "./model.ts";
import type { Progress } from "./progress.ts";
import { allOn, type Situation, sameWeights } from "./situation.ts";

/** A halt naming the differences, when production weights are not what the ledger and this operation say. */
export function drifted({ observed, progress, goal }: Situation): Halt | undefined {
  const differences = goal.services.flatMap(({ name }) => {
    const is = observed.services[name]?.weights;
    if (!is) return [];
    const allowed = expectedWeights(observed.release.services[name], progress.weights[name], progress);
    // Before the first release is recorded, nothing says where weights belong.
    if (observed.release.services[name]?.live === undefined) return [];
    // On the way back, weights that already stand where they belong are nobody's mistake.
    const home = observed.release.services[name]?.live;
    if (progress.undo !== undefined && home !== undefined && sameWeights(allOn(home), is)) return [];
    if (allowed.length === 0 || allowed.some((w) => sameWeights(w, is))) return [];
    return [`${name} is ${show(is)}, the ledger says ${allowed.map(show).join(" or ")}`];
  });
  if (differences.length === 0) return undefined;
  return {
    kind: "halt",
    why: `weights were changed by hand: ${differences.join("; ")}`,
    fix: "`switchyard adopt` accepts what is, `switchyard repair` restores what the ledger says; then run this again",
  };
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
  return [before, written.intended].flatMap((w) => (w ? [w] : []));
}

function show(weights: Weights): string {
  return `blue ${weights.blue} green ${weights.green}`;
}
