import { SwitchyardError } from "../../programs/errors.ts";

/** @throws SwitchyardError `over-budget` where an estimate is above what a month may cost. */
export function refuseAbove(stack: string, usd: number, maxMonthlyUsd: number | undefined): void {
  if (maxMonthlyUsd === undefined || usd <= maxMonthlyUsd) return;
  throw new SwitchyardError("over-budget", {
    what: `a month of ${stack} would cost at least $${usd.toFixed(2)}, and may cost $${maxMonthlyUsd}`,
    where: "switchyard:cost.maxMonthlyUsd",
    fix: "make it smaller, or raise the maximum",
  });
}
