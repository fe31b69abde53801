import { SwitchyardError } from "../../../programs/errors.ts";
import type { Aws } from "../../aws/clients.ts";
import { systemClock } from "../../clock.ts";
import { operationInFlight, readJournal } from "../../ledger/journal.ts";
import type { StackTable } from "../../ledger/table.ts";
import { readShape } from "../act/stage.ts";
import type { Halt } from "../decide/decision.ts";
import { changedByHand, undocumented } from "../decide/hands.ts";
import { nothingYet, progressOf } from "../decide/progress.ts";
import { observe } from "../observe/observe.ts";
import { partsChanged } from "../observe/parts.ts";
import { previewChanged } from "../observe/preview.ts";
import { nothingMore } from "./session.ts";

/** What a hand has made different from what the release document says; nothing while an operation is in flight. */
export async function lookForHands(aws: Aws, table: StackTable): Promise<readonly Halt[]> {
  const [shape, open] = await Promise.all([readShape(table), operationInFlight(table)]);
  if (open !== undefined) return [];
  const observing = observe({ aws, table, shape }, undefined, { ...nothingMore, scaling: true, setups: "all" });
  const [observed, preview, parts] = await Promise.all([
    observing,
    shape && previewChanged(aws, shape),
    observing.then((seen) => (shape ? partsChanged(aws, table.stack, shape, seen) : [])),
  ]);
  return [...changedByHand(observed, systemClock.now()), ...(preview ? [preview] : []), ...parts];
}

/**
 * Before an update: the program makes what the release document names, and takes away what it does not.
 *
 * @throws SwitchyardError `drift` where something serves that the document does not know.
 */
export async function refuseUndocumented(aws: Aws, table: StackTable): Promise<void> {
  const [shape, open] = await Promise.all([readShape(table), operationInFlight(table)]);
  const progress = open ? progressOf(await readJournal(table, open.operation)) : nothingYet;
  const observed = await observe({ aws, table, shape }, undefined, nothingMore).catch((error: unknown) => {
    if (error instanceof SwitchyardError && error.code !== "drift") throw error;
    // What cannot be looked at because it is gone is for the update to put back.
    return undefined;
  });
  const lost = observed && undocumented({ observed, progress });
  if (lost) throw new SwitchyardError("drift", { what: lost.why, where: `stack ${table.stack}`, fix: lost.fix });
}
