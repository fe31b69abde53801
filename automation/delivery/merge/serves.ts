import { systemClock } from "../../clock.ts";
import { askedOfServing, askingIn, untilAnswered } from "../../deploy/act/answers.ts";
import { readShape } from "../../deploy/act/stage.ts";
import { readRelease } from "../../ledger/release.ts";
import type { StackTable } from "../../ledger/table.ts";
import type { Surroundings } from "../../surroundings.ts";

/**
 * What serves in an environment answers; of another stack, and of one that has released nothing, there is nothing to ask.
 *
 * @throws Error naming what does not answer.
 */
export async function proveServing(where: Surroundings, table: StackTable): Promise<void> {
  const shape = await readShape(table);
  if (shape === undefined) return;
  const asked = askedOfServing(shape, await readRelease(table));
  const wrong = await untilAnswered(shape, asked, askingIn(where, systemClock));
  if (wrong !== undefined) throw new Error(`it is applied again, and what serves does not answer: ${wrong}`);
}
