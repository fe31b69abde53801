import { SwitchyardError } from "../../programs/errors.ts";
import { explainOperation } from "../deploy/decide/explain.ts";
import { versionOf } from "../deploy/decide/situation.ts";
import { readJournal, readOperations } from "../ledger/journal.ts";
import { readApprovals } from "../ledger/signals.ts";
import type { StackTable } from "../ledger/table.ts";
import { keptOf, next, standing, told } from "../upgrade/decide.ts";
import { readUpgrade } from "../upgrade/record.ts";
import { type CommonFlags, type Context, withContext, withSession } from "./context.ts";

export interface ExplainFlags extends CommonFlags {
  readonly stack: string;
  readonly release: string;
}

/** Replays an operation's journal through the decision function and says why each step was taken. */
export function explain(flags: ExplainFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, "ends at once", async ({ table, stack, clock }) => {
      if (flags.release === "upgrade") return explainUpgrade(context, table, clock.now());
      const operations = await readOperations(table);
      const found = operations.find((o) => o.operation === flags.release || o.goal.version === flags.release);
      if (!found)
        throw new SwitchyardError("not-found", {
          what: `there is no operation or version ${flags.release}`,
          where: `ledger of ${stack}`,
          fix: `\`switchyard history ${stack}\` lists them`,
        });
      const lines = explainOperation(found.goal, await readJournal(table, found.operation));
      const approval = (await readApprovals(table, [found])).get(found.operation);
      context.out.line(`${found.operation}: ${found.goal.kind} ${versionOf(found.goal)} by ${found.goal.actor}`);
      if (approval) context.out.line(`  approved by ${approval.by} at ${approval.at}`);
      for (const line of lines) {
        context.out.line(`  ${new Date(line.at).toISOString()}  ${line.phase.padEnd(8)} ${line.why}`);
        if (!line.reproduced) context.out.line("    the decision function of this version decides otherwise");
      }
      context.out.document({
        operation: found.operation,
        goal: found.goal,
        ...(approval && { approver: approval.by }),
        decisions: lines,
      });
    }),
  );
}

/** The newest upgrade, by what the ledger keeps of it: each step, and the one that comes next. */
async function explainUpgrade({ out }: Context, table: StackTable, now: number): Promise<void> {
  const upgrade = await readUpgrade(table);
  if (upgrade === undefined)
    throw new SwitchyardError("not-found", {
      what: "it was never upgraded",
      where: `ledger of ${table.stack}`,
      fix: "docs/upgrade.md says how it is",
    });
  const { way, beside, version, snapshot } = upgrade;
  out.line(
    `upgrade to ${version} in ${beside}, from the snapshot ${snapshot}${way === "back" ? ", gone back from" : ""}`,
  );
  const steps = told(upgrade);
  for (const { step, at, why } of steps) out.line(`  ${new Date(at).toISOString()}  ${step.padEnd(8)} ${why}`);
  const kept = keptOf(upgrade, now);
  if (kept) out.line(`  ${standing(upgrade, now)}`);
  const decided = next(upgrade);
  if (decided.kind === "step") out.line(`  next: ${decided.step}`);
  out.document({ ...upgrade, steps, next: decided, ...(kept && { kept }) });
}
