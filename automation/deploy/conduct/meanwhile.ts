import { SwitchyardError } from "../../../programs/errors.ts";
import type { OperationRecord } from "../../ledger/journal.ts";

/** Operations looked at: more do not end while one command waits for the lease. */
export const looksBackTo = 20;

/**
 * What others did between the asking for a rollback and the lease for it. Two that are asked for at once are one wish: the
 * second must not go back to what the first has left.
 *
 * @param asked The newest operation when the rollback was asked for.
 * @param now The operations under the lease, newest first.
 * @returns The operation that has done it already; undefined when there is still something to go back from.
 * @throws SwitchyardError `in-flight` when a version was released that who asked could not have known of.
 */
export function wentBackMeanwhile(
  stack: string,
  asked: OperationRecord | undefined,
  now: readonly OperationRecord[],
): OperationRecord | undefined {
  const known = now.findIndex(({ operation }) => operation === asked?.operation);
  const since = known < 0 ? now : now.slice(0, asked?.outcome === undefined ? known + 1 : known);
  for (const record of since) {
    const wasInFlight = record.operation === asked?.operation;
    if (goesBack(record)) {
      if (record.outcome === "succeeded") return record;
    } else if (record.goal.kind === "deploy") {
      // The deploy that was in flight is what the rollback was asked for: undone already, or to be gone back from.
      if (wasInFlight) return record.outcome === "failed" ? record : undefined;
      if (record.outcome === "succeeded") throw changed(stack, record);
    }
  }
  return undefined;
}

/** A rollback to the other colour, or to a recorded release: that is a deploy which migrates nothing. */
function goesBack({ goal }: OperationRecord): boolean {
  return goal.kind === "rollback" || (goal.kind === "deploy" && goal.migrations !== undefined);
}

function changed(stack: string, { goal }: OperationRecord): SwitchyardError {
  return new SwitchyardError("in-flight", {
    what: `${goal.actor} has deployed ${goal.version} since this rollback was asked for`,
    where: `stack ${stack}`,
    fix: `\`switchyard status ${stack}\` shows what serves; run the rollback again if that is to be left`,
  });
}
