import type { Node } from "libpg-query";
import { type Rule, when } from "../rule.ts";
import { below, names, shown, tableName } from "../tree.ts";

/** As long as the runner lets a migration wait for a table's lock, in milliseconds. */
const longestWaitMs = 5_000;

export const locks: readonly Rule[] = [
  {
    name: "table-lock",
    title: "LOCK TABLE, TRUNCATE and REFRESH MATERIALIZED VIEW keep others out until the transaction ends",
    check({ node, schema }) {
      const theirs = (relations: readonly Node[] | undefined) =>
        (relations ?? [])
          .flatMap((r) => ("RangeVar" in r ? [tableName(r.RangeVar)] : []))
          .filter((t) => !schema.made(t));
      if ("LockStmt" in node) {
        const tables = theirs(node.LockStmt.relations);
        return when(
          tables.length > 0 && (node.LockStmt.mode ?? 8) > 3,
          `LOCK TABLE keeps others out of ${tables.map(shown).join(", ")} until the file's end`,
          "leave it out: each statement takes the lock that it needs",
        );
      }
      if ("TruncateStmt" in node) {
        const tables = theirs(node.TruncateStmt.relations);
        return when(
          tables.length > 0,
          `TRUNCATE keeps reads and writes out of ${tables.map(shown).join(", ")} until the file's end`,
          "delete the rows in parts, or allow it with the reason why nobody uses the table",
        );
      }
      return when(
        "RefreshMatViewStmt" in node &&
          node.RefreshMatViewStmt.concurrent !== true &&
          !schema.made(tableName(node.RefreshMatViewStmt.relation)),
        "REFRESH MATERIALIZED VIEW keeps its readers out until it is done",
        "write REFRESH MATERIALIZED VIEW CONCURRENTLY; the view needs a unique index for that",
      );
    },
  },
  {
    name: "lock-timeout",
    title: "A file that takes away, or lengthens, the 5 seconds a migration waits for a lock",
    check({ node }) {
      const asked = "VariableSetStmt" in node ? [settingOf(node)] : below<Call>(node, "FuncCall").map(setConfig);
      return asked.flatMap((value) =>
        when(
          value !== undefined && !(value > 0 && value <= longestWaitMs),
          "without the limit of 5 s on waiting for a lock every query on the table waits behind the migration",
          "take it out: the runner sets the limit (of a pg_dump, take out all settings at its beginning)",
        ),
      );
    },
  },
];

type Call = Extract<Node, { FuncCall: unknown }>["FuncCall"];
type Set = Extract<Node, { VariableSetStmt: unknown }>;

/** The lock timeout that a SET sets, in milliseconds; not a number where it is taken back to the server's. */
function settingOf({ VariableSetStmt: { kind, name, args } }: Set): number | undefined {
  if (kind === "VAR_RESET_ALL") return Number.NaN;
  if (name !== "lock_timeout") return undefined;
  return kind === "VAR_SET_VALUE" ? milliseconds(args?.[0]) : Number.NaN;
}

function setConfig({ funcname, args }: Call): number | undefined {
  const [name, value] = args ?? [];
  const setting = name && "A_Const" in name ? name.A_Const.sval?.sval : undefined;
  return names(funcname).at(-1) === "set_config" && setting === "lock_timeout" ? milliseconds(value) : undefined;
}

const units: Readonly<Record<string, number>> = { "": 1, us: 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, d: 8.64e7 };

function milliseconds(value: Node | undefined): number {
  if (value === undefined || !("A_Const" in value)) return Number.NaN;
  const { ival, sval } = value.A_Const;
  if (sval === undefined) return ival?.ival ?? 0;
  const { number, unit } = /^\s*(?<number>[\d.]+)\s*(?<unit>[a-z]*)\s*$/.exec(sval.sval ?? "")?.groups ?? {};
  return Number(number) * (units[unit ?? ""] ?? Number.NaN);
}
