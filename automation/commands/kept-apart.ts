import { programOf } from "../../programs/config.ts";
import { actor } from "../actor.ts";
import type { Aws } from "../aws/clients.ts";
import { systemClock } from "../clock.ts";
import { recordShape } from "../deploy/act/stage.ts";
import { refuseUndocumented } from "../deploy/conduct/look.ts";
import { openAws, openTable, withLease } from "../deploy/conduct/session.ts";
import { audited, type Told } from "../ledger/audit.ts";
import { refuseFrozen } from "../ledger/freeze.ts";
import { type Lease, readLease } from "../ledger/lease.ts";
import type { StackTable } from "../ledger/table.ts";
import { countsLine } from "../render/counts.ts";
import type { Output } from "../render/reporter.ts";
import type { OpenStack } from "../stacks/open.ts";
import { recover, recovered } from "../stacks/recover/recover.ts";
import type { Surroundings } from "../surroundings.ts";
import { recordedByPipeline } from "./pipeline-ledger.ts";

export interface Ledger {
  readonly aws: Aws;
  readonly table: StackTable;
  readonly lease: Lease;
}

interface Applied {
  readonly outputs: Record<string, unknown>;
  readonly counts: Readonly<Record<string, number | undefined>>;
  readonly planHash: string;
}

/** What the audit says of an update that is done. */
export function appliedTold({ counts, planHash }: Omit<Applied, "outputs">): Told {
  const changed = Object.keys(counts).some((op) => op !== "same" && op !== "read");
  return { outcome: changed ? "succeeded" : "unchanged", why: countsLine(counts), planHash };
}

/**
 * Runs an update under the stack's lease, once what a killed one left is in order. An environment is shared with deploys,
 * and leaves its outputs where the driver finds them. Of a stack without a lease nothing but the engine's lock keeps
 * updates apart.
 *
 * @param work Is given an environment's ledger.
 */
export async function keptApart<T extends Applied>(
  where: Surroundings,
  open: OpenStack,
  out: Output,
  wake: AbortSignal,
  work: (signal: AbortSignal, ledger?: Ledger) => Promise<T>,
): Promise<T> {
  const aws = await openAws(where, open.name, open.values);
  const table = openTable(aws, open.name);
  const io = { aws, clock: systemClock, tell: out.line };
  try {
    if (!(await hasLease(open, table))) {
      await recover(open, { ...io, wake });
      // The pipeline's first update makes the ledger.
      return await recordedByPipeline({ where, open, out }, "apply", () => work(wake), appliedTold);
    }
    return await withLease({ where, table, clock: systemClock, wake }, `up by ${actor()}`, async (lease) => {
      const signal = AbortSignal.any([wake, lease.lost]);
      await refuseFrozen(table);
      if (isEnvironment(open)) await refuseUndocumented(aws, table);
      const update = async () => {
        if (!isEnvironment(open)) return work(signal);
        const done = await work(signal, { aws, table, lease });
        await recordShape(table, open.name, done.outputs, lease);
        return done;
      };
      const record = { table, clock: systemClock, lease };
      return recovered({ ...io, wake: signal, table, lease }, open, () =>
        audited(record, "apply", update, appliedTold),
      );
    });
  } finally {
    aws.close();
  }
}

/** The pipeline makes the ledger: it has a lease from its second update on, where its role may use one. Images need none. */
async function hasLease(open: OpenStack, table: StackTable): Promise<boolean> {
  if (isEnvironment(open)) return true;
  if (!isPipeline(open)) return false;
  return readLease(table).then(
    () => true,
    () => false,
  );
}

function isPipeline(open: OpenStack): boolean {
  return programOf(open.name, open.values) === "pipeline";
}

export function isEnvironment(open: OpenStack): boolean {
  return programOf(open.name, open.values) === "environment";
}
