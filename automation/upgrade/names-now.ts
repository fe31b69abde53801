/** Where an environment's shared names lead now, for whoever looks. */
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { SharedNames } from "../../programs/shared-names.ts";
import type { Aws } from "../aws/clients.ts";
import type { Halt } from "../deploy/decide/model.ts";
import { readNamesWeight } from "../ledger/shared-names.ts";
import type { StackTable } from "../ledger/table.ts";
import { recordsOfAll } from "./lead.ts";
import { type Found, leadsLine } from "./names.ts";

export interface NamesNow {
  /** `www.example.com: production 0, production-2 255`. */
  readonly lines: readonly string[];
  readonly byHand: readonly Halt[];
}

/** Who only looks may have no right to the records: then nothing is said of them. */
export async function namesNow(aws: Aws, table: StackTable, names: SharedNames | undefined): Promise<NamesNow> {
  if (names === undefined) return { lines: [], byHand: [] };
  const found = await recordsOfAll(aws, names).catch(() => undefined);
  return found === undefined ? { lines: [], byHand: [] } : told(table.stack, found, await readNamesWeight(table));
}

/** @param weight what the ledger says */
export function told(stack: string, found: Found, weight: number): NamesNow {
  return {
    lines: [...found].map(([host, records]) => leadsLine(host, records)),
    byHand: [...found].flatMap(([host, records]) => changedByHand(stack, host, records, weight) ?? []),
  };
}

function changedByHand(
  stack: string,
  host: string,
  records: readonly ResourceRecordSet[],
  weight: number,
): Halt | undefined {
  const fix = `\`switchyard up ${stack} --refresh\` puts it back`;
  const own = records.find(({ SetIdentifier }) => SetIdentifier === stack);
  if (own === undefined) return { kind: "halt", why: `${host} has no record of this environment`, fix };
  if (own.Weight === weight) return undefined;
  return { kind: "halt", why: `${host} has the weight ${own.Weight} here, and the ledger says ${weight}`, fix };
}
