/** The audit of stacks that have no ledger beside them: it is in the pipeline's. */

import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { placeValues } from "../aws/place.ts";
import { systemClock } from "../clock.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { ownEntry, recorded, type Told, writeAudited } from "../ledger/audit.ts";
import type { AuditEntry } from "../ledger/chain.ts";
import type { Output } from "../render/reporter.ts";
import type { OpenStack } from "../stacks/open.ts";
import type { Surroundings } from "../surroundings.ts";
import { referredTo } from "../teardown/order.ts";

/** The stack in whose account a stack's records are. */
export async function keeperOf(where: Surroundings, stack: string): Promise<string> {
  const values = await placeValues(where, stack);
  const program = programOf(stack, values);
  return program === "environment" || program === "pipeline" ? stack : referredTo(values["pipelineStack"]);
}

/**
 * Does something to such a stack, and records how it ended; not of images, which git and their registry tell of. An
 * organization is there before any ledger, and who applies it may have no right to one: the update counts all the same.
 */
export async function recordedByPipeline<T>(
  { where, open, out }: { readonly where: Surroundings; readonly open: OpenStack; readonly out: Output },
  kind: AuditEntry["kind"],
  work: () => Promise<T>,
  told: (result: T) => Told,
): Promise<T> {
  if (programOf(open.name, open.values) === "images") return work();
  const started = systemClock.now();
  const record = (end: Told & Pick<AuditEntry, "outcome">) =>
    withAws(where, referredTo(open.values["pipelineStack"]), (aws) =>
      writeAudited(openTable(aws, open.name), [ownEntry(systemClock, started, { kind, ...end })]),
    ).catch((error: Error) => {
      const isMissing = error instanceof SwitchyardError && error.code === "not-found";
      if (!isMissing) out.line(`not in the audit: ${error.message}`);
    });
  return recorded(record, work, told);
}
