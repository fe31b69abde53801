import { SwitchyardError } from "../../programs/errors.ts";
import { readShape } from "../deploy/act/stage.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { duration, longest } from "../durations.ts";
import { stackName, tag } from "../flags.ts";
import { conductUpgrade, outcome } from "../upgrade/conduct.ts";
import { type Asked, keptOf, keptWords, refusedMs } from "../upgrade/decide.ts";
import { type CommonFlags, type OnInterrupt, withContext, withSession } from "./context.ts";

export interface UpgradeFlags extends CommonFlags {
  readonly stack: string;
  /** The version the environment beside runs. */
  readonly to?: string;
  readonly beside?: string;
  /** How long the environment that is replaced is kept, such as `14d`. */
  readonly keepFor?: string;
  readonly back: boolean;
  readonly settle: boolean;
}

const between: OnInterrupt = {
  first: "Interrupted: ending after the step in hand. Interrupt again to stop at once; the next run continues.",
  second: "Stopped at once, in the midst of a step. The next run takes the lease over and goes on from here.",
};

/** Replaces an environment by one beside it that is made from a copy of its data, or goes back. */
export function upgrade(flags: UpgradeFlags): Promise<void> {
  const asked = askedBy(flags);
  return withContext(flags, (context) =>
    withSession(context, flags.stack, between, async (session) => {
      const { out, where } = context;
      const { stack, clock } = session;
      const done = await conductUpgrade(context, session, asked);
      const url = (await withAws(where, done.beside, (aws) => readShape(openTable(aws, done.beside))))?.url;
      out.line(`${stack}: ${outcome(done, clock.now())}`);
      if (done.way === "forward") {
        const users = done.names ? `users of ${done.names.hosts.join(", ")} are led there` : "lead users there";
        out.line(`  ${done.beside} answers at ${url}; ${users}. ${stack} goes on reading, and answers writes with 503`);
        const kept = keptOf(done, clock.now());
        if (kept) out.line(`  ${stack} ${keptWords(kept)}; \`--keep-for\` gives it longer`);
        out.line(`  the way back, until the first write there: \`switchyard upgrade ${stack} --back\``);
      }
      out.document({ stack, ...done, url, refusedMs: refusedMs(done, clock.now()) });
    }),
  );
}

/** @throws SwitchyardError `invalid-flag` naming what is missing or too much. */
export function askedBy({ stack, to, beside, keepFor, back, settle }: Omit<UpgradeFlags, "json">): Asked {
  const ways = [to !== undefined || beside !== undefined, back, settle].filter(Boolean).length;
  if (ways !== 1)
    throw new SwitchyardError("invalid-flag", {
      what: ways === 0 ? "it says neither what to upgrade to nor to go back" : "these flags exclude each other",
      where: "--to, --back, --settle",
      fix: `one of \`--to <tag> --beside <stack>\`, \`--back\` and \`--settle\``,
    });
  if (keepFor !== undefined && (back || settle))
    throw new SwitchyardError("invalid-flag", {
      what: `with ${back ? "--back" : "--settle"} nothing is kept`,
      where: "--keep-for",
      fix: "leave it out, or give it with --to and --beside",
    });
  if (back) return { way: "back" };
  if (settle) return { way: "settle" };
  const missing = to === undefined ? "--to" : beside === undefined ? "--beside" : undefined;
  if (missing !== undefined || to === undefined || beside === undefined)
    throw new SwitchyardError("invalid-flag", {
      what: "it is missing",
      where: missing ?? "--to",
      fix: `\`switchyard upgrade ${stack} --to <tag> --beside <stack>\``,
    });
  return {
    ...{ way: "forward", beside: stackName(beside, "--beside"), version: tag(to, "--to") },
    ...(keepFor !== undefined && { keepForMs: duration("--keep-for", keepFor, longest.replaced) }),
  };
}
