import { systemClock } from "../clock.ts";
import { whereFrom } from "../ledger/audit.ts";
import { readFrozen, setFrozen } from "../ledger/freeze.ts";
import { tellSlack } from "../slack/send.ts";
import { frozenText } from "../slack/words.ts";
import { type CommonFlags, withContext } from "./context.ts";
import { withLedger } from "./ledger.ts";

export interface FreezeFlags extends CommonFlags {
  readonly stack: string;
  /** Shown to whoever is refused. */
  readonly why?: string;
}

/** Refuses `up` and `deploy` of a stack from now on, or lets them through again. */
export function freeze(kind: "freeze" | "unfreeze", flags: FreezeFlags): Promise<void> {
  return withContext(flags, (context) =>
    withLedger(context, flags.stack, async (ledger) => {
      const { out } = context;
      const done = await setFrozen(ledger, systemClock, kind === "freeze", flags.why ?? "");
      const now = await readFrozen(ledger);
      const since = now ? ` since ${now.at}, by ${now.by}${now.why === "" ? "" : `: ${now.why}`}` : "";
      const already = done ? "" : " already";
      if (now) out.line(`${ledger.stack} is frozen${already}${since}; up and deploy are refused, rollback is not`);
      else out.line(`${ledger.stack} may change${done ? " again" : "; it was not frozen"}`);
      if (now && done)
        await tellSlack(frozenText(ledger.stack, { ...now, run: whereFrom() }), context.where.pace, out.line);
      out.document({ stack: ledger.stack, frozen: now !== undefined, changed: done, ...now });
    }),
  );
}
