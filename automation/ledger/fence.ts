import { SwitchyardError } from "../../programs/errors.ts";
import {
  type Condition,
  journalPrefix,
  type LedgerItem,
  operationPrefix,
  type StackTable,
  type TableWrite,
} from "./table.ts";

const item = "fence";

/** The highest token ever given out, kept beside the lease: a lease that is deleted, or put back as it once was, does not turn it back. */
export interface Fence {
  readonly token: number;
  /** Writes a higher token, unless another process has written one since this was read. */
  raise(token: number): TableWrite;
}

export async function readFence(table: StackTable): Promise<Fence> {
  const stored = await table.get(item);
  if (stored === undefined)
    return { token: 0, raise: raising({ expression: "attribute_not_exists(#item)", names: { "#item": "item" } }) };
  const { token } = stored;
  if (typeof token !== "number" || !Number.isSafeInteger(token) || token < 0)
    throw new SwitchyardError("invalid-ledger", {
      what: "the fence item has no usable token",
      where: `ledger ${table.stack}/${item}`,
      fix: "restore the item from the table's point-in-time backup, or delete it when no command is running: the operations' tokens are read instead",
    });
  return {
    token,
    raise: raising({ expression: "#token = :token", names: { "#token": "token" }, values: { ":token": token } }),
  };
}

function raising(condition: Condition): Fence["raise"] {
  return (token) => ({ kind: "put", item, value: { token }, condition });
}

/** Entries looked through, newest operation first: an older operation's entries have no newer tokens. */
const looksBack = 1_000;

/** The highest token the operations tell of. Asked only where neither lease nor fence is left: it reads many items. */
export async function highestRecorded(table: StackTable): Promise<number> {
  const options = { limit: looksBack, attributes: ["token"] };
  const items = await Promise.all([operationPrefix, journalPrefix].map((prefix) => table.query(prefix, options)));
  return highestToken(items.flat());
}

/** Of items of operations, whose ids begin with the token they were begun with, and of entries, which name theirs. */
export function highestToken(items: readonly LedgerItem[]): number {
  return items.reduce((most, { item, token }) => {
    const begun = Number(/^[a-z]+#(\d{8,15})-/.exec(item)?.[1] ?? 0);
    return Math.max(most, begun, typeof token === "number" && Number.isSafeInteger(token) ? token : 0);
  }, 0);
}
