import type { ColumnDef, FuncCall, Node, TypeName } from "libpg-query";
import { type Rule, when } from "../rule.ts";
import { addedColumn, alterations, below, constraintsOf, has, names, shown, tableName, typeName } from "../tree.ts";

export const rewrites: readonly Rule[] = [
  {
    name: "type-change",
    title: "Another type for a column writes the whole table anew, and its indexes, while nobody else may read it",
    check: ({ node, schema }) =>
      alterations(node).flatMap(({ table, command: { subtype, name, def } }) => {
        if (subtype !== "AT_AlterColumnType" || schema.made(table)) return [];
        const to = def && "ColumnDef" in def ? def.ColumnDef : undefined;
        const widens = to?.raw_default === undefined && widened(schema.typeOf(table, name), to?.typeName);
        return when(
          !widens,
          `another type for ${name} writes all of ${shown(table)} anew while it keeps reads and writes out`,
          "add a column of the new type, fill it, and drop the old one in a later release's contract",
        );
      }),
  },
  {
    name: "column-rewrite",
    title: "A new column whose value differs from row to row writes the whole table anew",
    check: ({ node, schema }) =>
      alterations(node).flatMap(({ table, command }) => {
        if (schema.made(table)) return [];
        const column = addedColumn(command);
        const why = column ? differs(column) : command.subtype === "AT_SetExpression" ? "a generated value" : undefined;
        return when(
          why !== undefined,
          `${why} writes all of ${shown(table)} anew while it keeps reads and writes out`,
          "add the column without it, set the default after that for new rows, and fill the old ones in parts",
        );
      }),
  },
  {
    name: "table-rewrite",
    title: "A command that writes a whole table anew while nobody else may read it",
    check({ node, schema }) {
      const fix =
        "do it outside of a release, when nobody needs the table, or use pg_repack; then allow it with that reason";
      const what = (command: string) => `${command} writes the whole table anew while it keeps reads and writes out`;
      if ("VacuumStmt" in node) return when(optionNamed(node.VacuumStmt.options, "full"), what("VACUUM FULL"), fix);
      if ("ClusterStmt" in node) return when(true, what("CLUSTER"), fix);
      if (!("AlterTableStmt" in node) || schema.made(tableName(node.AlterTableStmt.relation))) return [];
      return (node.AlterTableStmt.cmds ?? []).flatMap((c) => {
        const command = "AlterTableCmd" in c ? rewriting[c.AlterTableCmd.subtype ?? ""] : undefined;
        return when(command !== undefined, what(command ?? ""), fix);
      });
    },
  },
];

const rewriting: Readonly<Record<string, string>> = {
  AT_SetLogged: "SET LOGGED",
  AT_SetUnLogged: "SET UNLOGGED",
  AT_SetAccessMethod: "SET ACCESS METHOD",
  AT_SetTableSpace: "SET TABLESPACE",
};

function optionNamed(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some(
    (option) => "DefElem" in option && option.DefElem.defname === name && isOn(option.DefElem.arg),
  );
}

function isOn(value: Node | undefined): boolean {
  if (value === undefined) return true;
  if ("Boolean" in value) return value.Boolean.boolval === true;
  return (
    !("String" in value && /^(false|off|0)$/i.test(value.String.sval ?? "")) &&
    !("Integer" in value && !value.Integer.ival)
  );
}

/** Why a new column's value is not one and the same for every row; undefined when it is (ALTER TABLE, "Notes"). */
function differs(column: ColumnDef): string | undefined {
  if (/^(small|big)?serial\d?$/.test(typeName(column.typeName))) return "a serial column";
  if (has(column, "CONSTR_IDENTITY")) return "an identity column";
  const constraints = constraintsOf(column);
  if (constraints.some((c) => c.contype === "CONSTR_GENERATED" && c.generated_kind !== "v"))
    return "a stored generated column";
  const defaults = constraints.filter((c) => c.contype === "CONSTR_DEFAULT");
  const call = defaults.flatMap((c) => below<FuncCall>(c.raw_expr, "FuncCall")).find((c) => !isConstant(c));
  return call && `a default that calls ${names(call.funcname).at(-1)}()`;
}

/** Functions that answer the same for every row of one statement (PostgreSQL documentation, "Function Volatility"). */
const constants = new Set(
  `now transaction_timestamp statement_timestamp current_setting current_database current_schema
  lower upper concat concat_ws replace substring left right lpad rpad btrim ltrim rtrim length repeat md5 sha256 encode decode
  json_build_object json_build_array jsonb_build_object jsonb_build_array json_object jsonb_object to_json to_jsonb array_fill
  make_date make_time make_timestamp make_timestamptz make_interval date_trunc date_part extract timezone age
  to_timestamp to_date to_char to_number int4range int8range numrange tsrange tstzrange daterange
  abs round floor ceil ceiling point uuid_nil`.split(/\s+/),
);

const isConstant = ({ funcname }: FuncCall) => constants.has(names(funcname).at(-1) ?? "");

/** Whether every value of a type is one of another as it is stored, so that nothing is written anew. */
function widened(from: TypeName | undefined, to: TypeName | undefined): boolean {
  if (from === undefined || to === undefined || isArray(from) !== isArray(to)) return false;
  const [was, is] = [typeName(from), typeName(to)];
  const [before, after] = [modifiers(from), modifiers(to)];
  const longer = after.length === 0 || (before.length > 0 && (after[0] ?? 0) >= (before[0] ?? 0));
  if (was === "varchar" || was === "text") {
    if (was === "text") return is === "text" || (is === "varchar" && after.length === 0);
    return is === "text" || (is === "varchar" && longer);
  }
  if (was !== is) return false;
  if (was === "numeric") return after.length === 0 ? true : longer && (before[1] ?? 0) === (after[1] ?? 0);
  if (was === "varbit" || /^(timestamp|timestamptz|time|timetz)$/.test(was)) return longer;
  return String(before) === String(after);
}

const isArray = ({ arrayBounds }: TypeName) => (arrayBounds ?? []).length > 0;

function modifiers({ typmods }: TypeName): number[] {
  return (typmods ?? []).map((m) => ("A_Const" in m ? (m.A_Const.ival?.ival ?? 0) : 0));
}
