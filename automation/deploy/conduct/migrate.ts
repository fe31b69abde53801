import { SwitchyardError } from "../../../programs/errors.ts";
import { audited } from "../../ledger/audit.ts";
import { recordMigrations } from "../../ledger/journal.ts";
import type { Lease } from "../../ledger/lease.ts";
import { readRelease, writeRelease } from "../../ledger/release.ts";
import type { StackTable } from "../../ledger/table.ts";
import { readShape } from "../act/stage.ts";
import { contractBlockers } from "../decide/contract.ts";
import type { Migration, Observed } from "../decide/model.ts";
import { invokeMigrations, type MigrationAnswer } from "../observe/migrations.ts";
import type { EnvironmentShape } from "../observe/shape.ts";
import { nothingMore, observeNow, type Session, withLease } from "./session.ts";

/**
 * Applies migrations outside a deploy, under the lease. Contract ones only when no release that needs the old schema can
 * serve again; what serves is then recorded as knowing the new one.
 *
 * @throws SwitchyardError `not-found` before the first deploy, `contract-refused`, `migration-failed`.
 */
export async function applyMigrations(session: Session, phase: "expand" | "contract"): Promise<MigrationAnswer> {
  const { aws, table, stack, clock, where } = session;
  const { shape, name } = await migrationFunction(session);
  return withLease(session, `migrate (${phase})`, async (lease) => {
    if (phase === "contract") refuseContract(stack, await observeNow(session, shape, nothingMore), clock.now());
    const runId = `${lease.token}-${phase}`;
    const permit = () => lease.permit(where.deadlineMs);
    const apply = async () => {
      const done = await invokeMigrations(aws, name, { action: "apply", phase, runId }, permit);
      if (phase === "contract") await recordContract(table, lease, done.applied);
      return done;
    };
    return audited({ table, clock, lease }, "migrate", apply, ({ ran }) =>
      ran.length === 0 ? { outcome: "unchanged" } : { why: `applied ${ran.join(", ")}` },
    );
  });
}

/** What is applied and what is pending. */
export async function showMigrations(session: Session): Promise<MigrationAnswer> {
  const { name } = await migrationFunction(session);
  return invokeMigrations(session.aws, name, { action: "status" });
}

async function migrationFunction({ table, stack }: Session): Promise<{ shape: EnvironmentShape; name: string }> {
  const shape = await readShape(table);
  const name = shape?.migrationFunctionName;
  if (shape && name !== undefined) return { shape, name };
  throw new SwitchyardError("not-found", {
    what: "it has no migration function yet",
    where: `stack ${stack}`,
    fix: `deploy a version first: \`switchyard deploy ${stack} --tag <version>\``,
  });
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

function refuseContract(stack: string, observed: Observed, now: number): void {
  const weights = Object.fromEntries(Object.entries(observed.services).map(([name, s]) => [name, s.weights]));
  const blockers = contractBlockers(observed.release, weights, now);
  if (blockers.length === 0) return;
  throw new SwitchyardError("contract-refused", {
    what: blockers.join("; "),
    where: `stack ${stack}`,
    fix: "once the version the migrations belong to serves and no other is kept, run this again",
  });
}
