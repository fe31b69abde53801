import { programOf } from "../../programs/config.ts";
import type { Aws } from "../aws/clients.ts";
import { refuseAbove } from "../cost/maximum.ts";
import { plannedCost, pricedConfig } from "../cost/planned.ts";
import { differenceText, estimateText } from "../cost/render.ts";
import { withAws } from "../deploy/conduct/session.ts";
import { stackName } from "../flags.ts";
import { openStack } from "../stacks/open.ts";
import { plan } from "../stacks/update.ts";
import { type CommonFlags, refuseOther, withLook } from "./context.ts";

export interface CostFlags extends CommonFlags {
  readonly stack: string;
  readonly anew: boolean;
}

/** What a month of an environment, or of the runner, costs as this checkout configures it, and what that changes of what stands. */
export function cost(flags: CostFlags): Promise<void> {
  return withLook(flags, async ({ where, out }) => {
    const name = stackName(flags.stack);
    const open = await openStack(where, name);
    const config = pricedConfig(open) ?? refuseOther(name, programOf(name, open.values));
    const work = async (aws: Aws) => {
      const directory = await where.workDir(name);
      const planned = await plannedCost(aws, open, await plan(open, {}), config, { directory, anew: flags.anew });
      const { after, difference, stands } = planned;
      out.line(estimateText(after));
      const changes = stands ? differenceText(difference) : "";
      if (changes !== "") out.line(`\n${changes}`);
      out.document({ stack: name, estimate: after, difference });
      refuseAbove(name, after.usd, config.cost.maxMonthlyUsd);
    };
    await withAws(where, name, work, open.values);
  });
}
