import { describeFailure } from "../../images/migrate/src/request.ts";
import { applyMigrations, showMigrations } from "../deploy/conduct/migrate.ts";
import { table as rows } from "../render/reporter.ts";
import { type CommonFlags, type OnInterrupt, withContext, withSession } from "./context.ts";

export interface MigrateFlags extends CommonFlags {
  readonly stack: string;
  readonly status: boolean;
  readonly contract: boolean;
}

const goesOn: OnInterrupt = {
  first: "Interrupted: what the migration function has begun goes on to its end. Interrupt again to leave at once.",
  second: "Left at once: the function may still be at work; `switchyard migrate --status` shows what is applied.",
};

/** Shows or applies migrations. */
export function migrate(flags: MigrateFlags): Promise<void> {
  return withContext(flags, ({ where, out }) =>
    withSession({ where, out }, flags.stack, flags.status ? "ends at once" : goesOn, async (session) => {
      const phase = flags.contract ? "contract" : "expand";
      const answer = flags.status ? await showMigrations(session) : await applyMigrations(session, phase);
      const failures = new Map(answer.failed.map((failure) => [failure.name, failure]));
      const list = [
        ...answer.applied.map((m) => [m.name, m.kind, "applied"]),
        ...answer.pending.map((m) => [m.name, m.kind, failures.has(m.name) ? "failed" : "pending"]),
      ];
      out.line(list.length === 0 ? "no migrations" : rows([["MIGRATION", "KIND", "STATE"], ...list]));
      for (const failure of failures.values()) out.line(`failed at ${failure.at}: ${describeFailure(failure)}`);
      if (!flags.status) out.line(answer.ran.length === 0 ? "nothing to apply" : `applied ${answer.ran.join(", ")}`);
      out.document(answer);
    }),
  );
}
