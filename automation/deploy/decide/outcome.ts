import type { Goal } from "./goal.ts";
import type { Progress } from "./progress.ts";
import { showWeights } from "./situation.ts";

/** What an operation that failed, or was aborted, leaves behind, in words for who has to go on from there. */
export function whatIsLeft(goal: Goal, { plan }: Pick<Progress, "plan">): string {
  switch (goal.kind) {
    case "sweep":
      return "what was stopped stays stopped, what serves was not touched";
    case "repair":
      return "what was put back stays, the rest is as it was (`switchyard status` shows it)";
    case "adopt":
      return "the ledger says what it said before";
    case "retire":
      return "the service serves as before";
    case "deploy":
    case "rollback": {
      const moves = Object.entries(plan ?? {});
      const first = moves.flatMap(([name, { from }]) => (from === undefined ? [name] : []));
      if (moves.length === 0) return "no traffic was moved";
      const [was, is] = first.length === 1 ? ["was", "is"] : ["were", "are"];
      if (first.length === moves.length) return `${first.join(" and ")} ${was} not live before, and ${is} not now`;
      const others = first.length === 0 ? "" : `; ${first.join(" and ")} ${was} never live`;
      return `traffic is where it was before${others}`;
    }
  }
}

/** True when production weights were written, or may have been. */
export function hasMoved({ weights }: Pick<Progress, "weights">): boolean {
  return Object.keys(weights).length > 0;
}

/** Where traffic is as far as an operation's own writes say, for a run that can look no more. */
export function whereTrafficIs({ weights }: Pick<Progress, "weights">): string {
  const services = Object.entries(weights).map(([name, { known, earlier = [], intended }]) => {
    const unsure = [...earlier, ...(intended ? [intended] : [])];
    const before = known ? showWeights(known) : "as it was";
    return unsure.length === 0
      ? `${name} is ${before}`
      : `${name} is ${[before, ...unsure.map(showWeights)].join(" or ")}`;
  });
  return services.length === 0 ? "no traffic was moved" : `as this run wrote them last, ${services.join(", ")}`;
}
