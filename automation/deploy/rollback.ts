import type { ReleaseDocument } from "../../programs/release.ts";
import { recordedRelease, refuseMissing } from "../images/recorded.ts";
import { readOperations } from "../ledger/journal.ts";
import { readRelease } from "../ledger/release.ts";
import { type Asked, deployGoal, goalOf } from "./goals.ts";
import type { Goal } from "./model.ts";
import { type Enough, type Operated, operate } from "./operation.ts";
import type { Session } from "./session.ts";
import { otherColour } from "./situation.ts";

/** What is asked for, once the version is known. */
export type AskedFor = (version: string) => Omit<Asked, "operation">;

/**
 * Moves traffic back to the other colour, or to a release the ledger has recorded. Where a deploy was in flight, undoing
 * that is the rollback.
 *
 * @param to A version that served here before; the one before the live one when absent.
 */
export async function rollBack(session: Session, to: string | undefined, asked: AskedFor): Promise<Operated> {
  session.aws.wayBack();
  if (to === undefined)
    return toOtherColour(session, asked, (undone, release) => (wasDeploy(undone) ? live(release) : undefined));
  const serves = (_: readonly Goal[], release: ReleaseDocument) => (live(release) === to ? to : undefined);
  if (holdsIdle(await readRelease(session.table), to)) return toOtherColour(session, asked, serves);
  return redeploy(session, to, asked, serves);
}

function toOtherColour(session: Session, asked: AskedFor, enough: Enough): Promise<Operated> {
  const goal = (operation: string, release: ReleaseDocument) =>
    goalOf("rollback", { ...asked(previousVersion(release)), operation }, session.config);
  return operate(session, "rollback", goal, enough);
}

/** Nothing is migrated and nobody is asked: it was both when it was released. */
async function redeploy(session: Session, version: string, asked: AskedFor, enough: Enough): Promise<Operated> {
  const { table, config, aws } = session;
  const release = recordedRelease(await readOperations(table), version, Object.keys(config.services));
  await refuseMissing(aws, release);
  const goal = (operation: string) => ({
    ...deployGoal({ ...asked(version), operation }, config, release.images, undefined, false),
    migrations: release.migrations,
  });
  return operate(session, `rollback to ${version}`, goal, enough);
}

function wasDeploy(undone: readonly Goal[]): boolean {
  return undone.some(({ kind }) => kind === "deploy");
}

/** True when the idle colour of every service that serves holds this version. */
export function holdsIdle({ services }: ReleaseDocument, version: string): boolean {
  const idle = Object.values(services).flatMap((s) => (s.live ? [s[otherColour(s.live)]?.version] : []));
  return idle.length > 0 && idle.every((v) => v === version);
}

/** What the idle colours hold, for the record; the services may differ. */
export function previousVersion({ services }: ReleaseDocument): string {
  const versions = Object.values(services).flatMap((s) => (s.live ? (s[otherColour(s.live)]?.version ?? []) : []));
  return [...new Set(versions)].join("+") || "previous";
}

/** What the live colours hold; empty when none is live. */
function live({ services }: ReleaseDocument): string {
  const versions = Object.values(services).flatMap((s) => (s.live ? (s[s.live]?.version ?? []) : []));
  return [...new Set(versions)].join("+");
}
