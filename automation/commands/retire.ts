import { SwitchyardError } from "../../programs/errors.ts";
import { retireGoal } from "../deploy/act/goals.ts";
import { readShape } from "../deploy/act/stage.ts";
import { operate } from "../deploy/conduct/operation.ts";
import { nothingMore, observeNow } from "../deploy/conduct/session.ts";
import { heirLine, heirOf, leavingOf } from "../deploy/decide/retire.ts";
import { appliedSettings } from "../deploy/observe/settings.ts";
import { knownName } from "../known-name.ts";
import { type CommonFlags, undoes, withContext, withSession } from "./context.ts";
import { askedOf, conclude } from "./deploy.ts";

export interface RetireFlags extends CommonFlags {
  readonly stack: string;
  readonly service: string;
  readonly dryRun: boolean;
  readonly report?: string;
}

/** Takes a service out that serves; it can be removed from the configuration then. */
export function retire(flags: RetireFlags): Promise<void> {
  const { service } = flags;
  return withContext(flags, ({ out, ...context }) =>
    withSession({ out, ...context }, flags.stack, undoes, async (session) => {
      const { stack, table } = session;
      const started = performance.now();
      const shape = await readShape(table);
      const settings = appliedSettings(stack, shape);
      const names = Object.keys(settings.services);
      knownName("--service", service, names);
      const observed = await observeNow(session, shape, nothingMore);
      if (observed.release.services[service]?.retired === undefined) {
        const leaving = leavingOf(observed, service);
        if ("what" in leaving) throw new SwitchyardError("service-in-use", { ...leaving, where: "--service" });
        out.line(`${flags.dryRun ? "Would retire" : "Retiring"} ${service} of ${stack}`);
        out.line(`  ${heirLine(observed, leaving)}`);
        const { path } = leaving;
        if (flags.dryRun) return out.document({ stack, service, path, by: heirOf(observed, service, path) ?? null });
      } else if (flags.dryRun) {
        out.line(`${service} of ${stack} is retired already`);
        return out.document({ stack, service, retired: true });
      }
      const asked = askedOf(session, settings, service, { strategy: "all-at-once" });
      const goal = (operation: string) => retireGoal({ ...asked, operation }, settings, service);
      const done = await operate(session, `retire ${service}`, goal);
      await conclude(out, session, done, performance.now() - started, flags.report);
    }),
  );
}
