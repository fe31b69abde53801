import type { OpMap } from "@pulumi/pulumi/automation/index.js";
import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import { systemClock } from "../clock.ts";
import { openAws, openTable, withLease } from "../deploy/conduct/session.ts";
import { stackName } from "../flags.ts";
import { closeEnvironment } from "../ledger/close.ts";
import { moveToRoot, unitsIn } from "../organization/to-root.ts";
import { countsLine } from "../render/counts.ts";
import { seconds } from "../render/reporter.ts";
import { destroyStack, refuseProtected, stateResources } from "../stacks/destroy.ts";
import { refuseUsedNetwork } from "../stacks/network-users.ts";
import { openStack } from "../stacks/open.ts";
import { recover, recovered } from "../stacks/recover/recover.ts";
import { liftProtections } from "../stacks/unprotect.ts";
import { refused } from "../upgrade/begin.ts";
import { keptFromDestroy } from "../upgrade/decide.ts";
import { readUpgrade } from "../upgrade/record.ts";
import { type CommonFlags, type Context, stoppable, withContext } from "./context.ts";
import { recordedByPipeline } from "./pipeline-ledger.ts";

export interface DestroyFlags extends CommonFlags {
  readonly stack: string;
  readonly yes: boolean;
  /** Lift what keeps resources from deletion. */
  readonly unprotect?: boolean;
}

/** Deletes every resource of a stack; refused before anything is deleted where one is kept from it. */
export function destroy(flags: DestroyFlags): Promise<void> {
  return withContext(flags, async (context) => {
    const name = stackName(flags.stack);
    if (!flags.yes)
      throw new SwitchyardError("invalid-flag", {
        what: `destroy deletes every resource of ${name}`,
        where: "--yes",
        fix: `run \`switchyard destroy ${name} --yes\` if that is what you want`,
      });
    const { unprotect = false } = flags;
    context.out.document({ stack: name, counts: await destroyAll(context, name, unprotect) });
  });
}

/** @throws SwitchyardError `protected` before anything is deleted where a resource is kept from it. */
export async function destroyAll(context: Context, name: string, unprotect = false): Promise<OpMap> {
  const { out } = context;
  const started = performance.now();
  out.line(`Destroying ${name}`);
  const counts = await stoppable(out, name, (wake) => destroyed(context, name, { wake, unprotect }));
  out.line(`${name}: ${countsLine(counts)} in ${seconds(performance.now() - started)}`);
  return counts;
}

/** An environment is shared with deploys: it is destroyed under the lease, and its ledger says that it ended. */
async function destroyed(
  { where, out }: Context,
  name: string,
  { wake, unprotect }: { readonly wake: AbortSignal; readonly unprotect: boolean },
): Promise<OpMap> {
  const open = await openStack(where, name);
  const aws = await openAws(where, name, open.values);
  const clock = systemClock;
  const work = async (signal: AbortSignal) => {
    await refuseUsedNetwork(open, aws);
    if (unprotect) {
      await liftProtections(where, open, { signal, tell: out.line });
      const units = unitsIn(await stateResources(open.stack));
      if (units.length > 0) await moveToRoot(aws, units);
    }
    await refuseProtected(open);
    return destroyStack(open, { signal });
  };
  const destroyedTold = (counts: OpMap) => ({ why: countsLine(counts) });
  try {
    if (programOf(name, open.values) !== "environment") {
      await recover(open, { aws, clock, tell: out.line, wake });
      return await recordedByPipeline({ where, open, out }, "destroy", () => work(wake), destroyedTold);
    }
    const table = openTable(aws, name);
    return await withLease({ where, table, clock, wake }, `destroy by ${actor()}`, async (lease) => {
      const signal = AbortSignal.any([wake, lease.lost]);
      const kept = keptFromDestroy(name, await readUpgrade(table), clock.now());
      if (kept) throw refused(name, kept.what, kept.fix);
      return recovered({ aws, clock, tell: out.line, wake: signal, table, lease }, open, async () => {
        const started = clock.now();
        const counts = await work(signal);
        await closeEnvironment({ table, lease, clock }, { by: actor(), why: "it was destroyed" }, started);
        return counts;
      });
    });
  } finally {
    aws.close();
  }
}
