import { SwitchyardError } from "../../programs/errors.ts";
import { contractBlockers } from "../deploy/contract.ts";
import { invokeMigrations } from "../deploy/migrations.ts";
import type { Migration } from "../deploy/model.ts";
import { nothingMore, observeNow, withLease } from "../deploy/session.ts";
import { readShape } from "../deploy/stage.ts";
import { recordMigrations } from "../ledger/journal.ts";
import type { Lease } from "../ledger/lease.ts";
import { readRelease, writeRelease } from "../ledger/release.ts";
import type { StackTable } from "../ledger/table.ts";
import { table as rows } from "../render/reporter.ts";
import { type CommonFlags, withContext, withSession } from "./context.ts";

export interface MigrateFlags extends CommonFlags {
  readonly stack: string;
  readonly status: boolean;
  readonly contract: boolean;
}

/** Shows or applies migrations. Contract ones only when no release that needs the old schema can serve again. */
export function migrate(flags: MigrateFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, async (session) => {
      const { aws, table, stack, clock } = session;
      const shape = await readShape(table);
      const name = shape?.migrationFunctionName;
      if (name === undefined)
        throw new SwitchyardError("not-found", {
          what: "it has no migration function yet",
          where: `stack ${stack}`,
          fix: `deploy a version first: \`switchyard deploy ${stack} --tag <version>\``,
        });
      const phase = flags.contract ? "contract" : "expand";
      const answer = flags.status
        ? await invokeMigrations(aws, name, { action: "status" })
        : await withLease(session, `migrate (${phase})`, async (lease) => {
            if (flags.contract) refuseContract(stack, await observeNow(session, shape, nothingMore), clock.now());
            const runId = `${lease.token}-${phase}`;
            const permit = () => lease.permit(session.where.deadlineMs);
            const done = await invokeMigrations(aws, name, { action: "apply", phase, runId }, permit);
            if (flags.contract) await recordContract(table, lease, done.applied);
            return done;
          });
      const list = [
        ...answer.applied.map((m) => [m.name, m.kind, "applied"]),
        ...answer.pending.map((m) => [m.name, m.kind, "pending"]),
      ];
      context.out.line(list.length === 0 ? "no migrations" : rows([["MIGRATION", "KIND", "STATE"], ...list]));
      if (!flags.status)
        context.out.line(answer.ran.length === 0 ? "nothing to apply" : `applied ${answer.ran.join(", ")}`);
      context.out.document(answer);
    }),
  );
}

/** What serves now knows the contracted schema: a later rollback to it is allowed. */
async function recordContract(table: StackTable, lease: Lease, applied: readonly Migration[]): Promise<void> {
  const document = await readRelease(table);
  const migrations = applied.map((m) => m.name);
  const services = Object.fromEntries(
    Object.entries(document.services).map(([name, service]) => {
      const held = service.live && service[service.live];
      return [name, held ? { ...service, [service.live as string]: { ...held, migrations } } : service];
    }),
  );
  await writeRelease(table, lease, { ...document, revision: document.revision + 1, services });
  const versions = new Set(Object.values(services).flatMap((s) => (s.live ? (s[s.live]?.version ?? []) : [])));
  for (const version of versions) await recordMigrations(table, lease, version, migrations);
}

function refuseContract(stack: string, observed: Awaited<ReturnType<typeof observeNow>>, now: number): void {
  const weights = Object.fromEntries(Object.entries(observed.services).map(([name, s]) => [name, s.weights]));
  const blockers = contractBlockers(observed.release, weights, now);
  if (blockers.length === 0) return;
  throw new SwitchyardError("contract-refused", {
    what: blockers.join("; "),
    where: `stack ${stack}`,
    fix: "once the version the migrations belong to serves and no other is kept, run this again",
  });
}
