/** Reads what an environment has in common with another. */
import type { SharedNames } from "../../programs/shared-names.ts";
import type { Aws } from "../aws/clients.ts";
import { recordsOfAll } from "../aws/records.ts";
import { readNamesWeight } from "../ledger/shared-names.ts";
import type { StackTable } from "../ledger/table.ts";
import { isOver } from "../upgrade/decide.ts";
import type { Found } from "../upgrade/names.ts";
import { readUpgrade } from "../upgrade/record.ts";
import type { Beside } from "./views/beside.ts";

/**
 * Route 53 answers five calls a second in an account, of whoever asks, and a call for each name: while nothing moves them they are
 * asked for this seldom, in milliseconds.
 */
const seldomMs = 30_000;

/** The names of one environment, as they were found last. */
export class BesideLook {
  readonly #aws: Aws;
  readonly #table: StackTable;
  readonly #seldomMs: number;
  #found: { readonly at: number; readonly records: Found } | undefined;

  /** @param pace Scales how seldom they are asked for. */
  constructor(aws: Aws, table: StackTable, pace: number) {
    this.#aws = aws;
    this.#table = table;
    this.#seldomMs = seldomMs * pace;
  }

  async read(names: SharedNames | undefined, now: number): Promise<Beside> {
    const upgrade = await readUpgrade(this.#table);
    if (names === undefined) return { found: new Map(), weight: 0, upgrade };
    const isMoving = upgrade !== undefined && !isOver(upgrade);
    const [weight, found] = await Promise.all([readNamesWeight(this.#table), this.#records(names, now, isMoving)]);
    return { found, weight, upgrade };
  }

  async #records(names: SharedNames, now: number, isMoving: boolean): Promise<Found> {
    if (this.#found && !isMoving && now - this.#found.at < this.#seldomMs) return this.#found.records;
    // Who only looks may have no right to the records: then nothing is said of them.
    const records = await recordsOfAll(this.#aws, names).catch((): Found => new Map());
    this.#found = { at: now, records };
    return records;
  }
}
