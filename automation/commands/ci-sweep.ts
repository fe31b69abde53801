import { errorCatalogue, SwitchyardError } from "../../programs/errors.ts";
import { type CommonFlags, withContext } from "./context.ts";
import { operateIn } from "./operate.ts";

export interface CiSweepFlags extends CommonFlags {
  readonly stack: string;
}

/** Stops what is warm no longer. A release that is at work is left alone: the next sweep comes within the hour. */
export function ciSweep(flags: CiSweepFlags): Promise<void> {
  return withContext(flags, async (context) => {
    try {
      await operateIn(context, "sweep", { stack: flags.stack });
    } catch (error) {
      if (!isAnothers(error)) throw error;
      context.out.line(`Left to the next time: ${error.message}`);
      context.out.document({ stack: flags.stack, left: true });
    }
  });
}

/** Another process is at work on the stack, took it over, or left something that is to be gone on with. */
export function isAnothers(error: unknown): error is SwitchyardError {
  return (
    error instanceof SwitchyardError && errorCatalogue[error.code].exitCode === errorCatalogue["lease-held"].exitCode
  );
}
