import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { plansOf } from "../delivery/plan-record.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { stackName } from "../flags.ts";
import { readHead } from "../ledger/audit.ts";
import { readLease } from "../ledger/lease.ts";
import type { StackTable } from "../ledger/table.ts";
import type { Context } from "./context.ts";
import { keeperOf } from "./pipeline-ledger.ts";

/**
 * Opens what the ledger has of a stack, and of the plans of pull requests for it, for a
 * command that asks nothing else of AWS.
 *
 * @throws SwitchyardError `not-found` for a stack that the ledger knows nothing of.
 */
export async function withLedger(
  { where }: Pick<Context, "where">,
  name: string,
  work: (ledger: StackTable, plans: StackTable, aws: Aws) => Promise<void>,
): Promise<void> {
  const stack = stackName(name);
  await withAws(where, await keeperOf(where, stack), async (aws) => {
    const [ledger, plans] = [openTable(aws, stack), openTable(aws, plansOf(stack))];
    const [lease, ...heads] = await Promise.all([readLease(ledger), readHead(ledger), readHead(plans)]);
    if (lease === undefined && heads.every((head) => head === undefined))
      throw new SwitchyardError("not-found", {
        what: "the ledger knows nothing of it: it was never applied since there is one",
        where: `stack ${stack}`,
        fix: "check the name",
      });
    await work(ledger, plans, aws);
  });
}
