import { rollBack } from "../deploy/conduct/rollback.ts";
import { tag } from "../flags.ts";
import { type CommonFlags, undoes, withContext, withSession } from "./context.ts";
import { askedOf, conclude } from "./deploy.ts";

export interface RollbackFlags extends CommonFlags {
  readonly stack: string;
  /** A version that served here before; the other colour's when absent. */
  readonly to?: string;
  readonly report?: string;
}

/** Moves traffic back to the other colour, or redeploys a release the ledger has recorded. */
export function rollback(flags: RollbackFlags): Promise<void> {
  const to = flags.to === undefined ? undefined : tag(flags.to, "--to");
  return withContext(flags, (context) =>
    withSession(context, flags.stack, undoes, async (session) => {
      const started = performance.now();
      context.out.line(`Rolling ${session.stack} back${to === undefined ? "" : ` to ${to}`}`);
      const done = await rollBack(session, to, (version, settings) =>
        askedOf(session, settings, version, { strategy: "all-at-once" }),
      );
      await conclude(context.out, session, done, performance.now() - started, flags.report);
    }),
  );
}
