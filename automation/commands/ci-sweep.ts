import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { keptOf, standing } from "../upgrade/decide.ts";
import { readUpgrade } from "../upgrade/record.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { operateIn } from "./operate.ts";

export interface CiSweepFlags extends CommonFlags {
  readonly stack: string;
}

/** Stops what is warm no longer. A release that is at work is left alone: the next sweep comes within the hour. */
export function ciSweep(flags: CiSweepFlags): Promise<void> {
  return withContext(flags, async (context) => {
    try {
      await operateIn(context, "sweep", { stack: flags.stack });
      const due = await overdue(context, flags.stack);
      if (due) context.out.line(`! ${flags.stack}: ${due}`);
    } catch (error) {
      if (!isAnothers(error)) throw error;
      context.out.line(`Left to the next time: ${error.message}`);
      context.out.document({ stack: flags.stack, left: true });
    }
  });
}

/** Reported and left: what destroys an environment with its data is a person. */
function overdue({ where }: Context, stack: string): Promise<string | undefined> {
  return withAws(where, stack, async (aws) => {
    const now = systemClock.now();
    const upgrade = await readUpgrade(openTable(aws, stack));
    return upgrade && keptOf(upgrade, now)?.due ? standing(upgrade, now) : undefined;
  });
}

/** Another process is at work on the stack, took it over, or left something that is to be gone on with. */
export function isAnothers(error: unknown): error is SwitchyardError {
  return (
    error instanceof SwitchyardError && errorCatalogue[error.code].exitCode === errorCatalogue["lease-held"].exitCode
  );
}
