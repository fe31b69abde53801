import type { ReleaseDocument } from "../../programs/release.ts";
import { deployGoal, goalOf } from "../deploy/goals.ts";
import { operate } from "../deploy/operation.ts";
import type { Session } from "../deploy/session.ts";
import { otherColour } from "../deploy/situation.ts";
import { tag } from "../flags.ts";
import { recordedRelease, refuseMissing } from "../images/recorded.ts";
import { readOperations } from "../ledger/journal.ts";
import { readRelease } from "../ledger/release.ts";
import { type CommonFlags, withContext, withSession } from "./context.ts";
import { askedOf, conclude } from "./deploy.ts";

export interface RollbackFlags extends CommonFlags {
  readonly stack: string;
  /** A version that served here before; the other colour's when absent. */
  readonly to?: string;
  readonly report?: string;
}

/** Moves traffic back to the other colour, or redeploys a release the ledger has recorded. */
export function rollback(flags: RollbackFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, async (session) => {
      const started = performance.now();
      const to = flags.to === undefined ? undefined : tag(flags.to, "--to");
      context.out.line(`Rolling ${session.stack} back${to === undefined ? "" : ` to ${to}`}`);
      session.aws.wayBack();
      const document = await readRelease(session.table);
      const done =
        to === undefined || holdsIdle(document, to)
          ? await toOtherColour(session, document)
          : await redeploy(session, to);
      await conclude(context.out, session, done, performance.now() - started, flags.report);
    }),
  );
}

function toOtherColour(session: Session, document: ReleaseDocument): ReturnType<typeof operate> {
  const asked = askedOf(session, previousVersion(document), { strategy: "all-at-once" });
  return operate(session, "rollback", (operation) => goalOf("rollback", { ...asked, operation }, session.config));
}

/** Nothing is migrated and nobody is asked: it was both when it was released. */
async function redeploy(session: Session, version: string): ReturnType<typeof operate> {
  const { table, config, aws } = session;
  const release = recordedRelease(await readOperations(table), version, Object.keys(config.services));
  await refuseMissing(aws, release);
  const asked = askedOf(session, version, { strategy: "all-at-once" });
  return operate(session, `rollback to ${version}`, (operation) => ({
    ...deployGoal({ ...asked, operation }, config, release.images, undefined, false),
    migrations: release.migrations,
  }));
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
