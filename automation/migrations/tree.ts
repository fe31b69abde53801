import type { AlterTableCmd, ColumnDef, Constraint, ConstrType, Node, RangeVar, TypeName } from "libpg-query";

/** `schema.table`, the schema `public` where a file names none: that is where the runner's sessions look. */
export function tableName(relation: RangeVar | undefined): string {
  return `${relation?.schemaname ?? "public"}.${relation?.relname ?? ""}`;
}

/** The table as a message shows it. */
export const shown = (table: string) => table.replace(/^public\./, "");

/** Text of the names in a list, such as a qualified name's parts. */
export function names(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

/** Every change an ALTER TABLE makes, with its table. */
export function alterations(node: Node): { table: string; command: AlterTableCmd }[] {
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TABLE") return [];
  const table = tableName(node.AlterTableStmt.relation);
  return (node.AlterTableStmt.cmds ?? []).flatMap((c) =>
    "AlterTableCmd" in c ? [{ table, command: c.AlterTableCmd }] : [],
  );
}

/** A column that an ALTER TABLE adds. */
export function addedColumn({ subtype, def }: AlterTableCmd): ColumnDef | undefined {
  return subtype === "AT_AddColumn" && def !== undefined && "ColumnDef" in def ? def.ColumnDef : undefined;
}

/** A constraint that an ALTER TABLE adds by itself. */
export function addedConstraint({ subtype, def }: AlterTableCmd): Constraint | undefined {
  return subtype === "AT_AddConstraint" && def !== undefined && "Constraint" in def ? def.Constraint : undefined;
}

export function constraintsOf(column: ColumnDef): Constraint[] {
  return (column.constraints ?? []).flatMap((c) => ("Constraint" in c ? [c.Constraint] : []));
}

export function has(column: ColumnDef, type: ConstrType): boolean {
  return constraintsOf(column).some(({ contype }) => contype === type);
}

/** `int4`, `notes.kind`: a type's name without the catalogue it is in. */
export function typeName(type: TypeName | undefined): string {
  return names(type?.names)
    .filter((name) => name !== "pg_catalog")
    .join(".");
}

/** Columns that an expression proves to have a value: `a IS NOT NULL AND …`. */
export function provenNotNull(expression: Node | undefined): string[] {
  if (expression === undefined) return [];
  if ("BoolExpr" in expression && expression.BoolExpr.boolop === "AND_EXPR")
    return (expression.BoolExpr.args ?? []).flatMap(provenNotNull);
  if (!("NullTest" in expression) || expression.NullTest.nulltesttype !== "IS_NOT_NULL") return [];
  const { arg } = expression.NullTest;
  return arg !== undefined && "ColumnRef" in arg ? names(arg.ColumnRef.fields).slice(-1) : [];
}

/** Every node of a kind below this one. */
export function below<T>(tree: unknown, kind: string): T[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => [
    ...(key === kind ? [value as T] : []),
    ...below<T>(value, kind),
  ]);
}

/** The name that a statement gives what it makes; undefined for those that make nothing with a name of its own. */
export function madeName(node: Node): string | undefined {
  if ("CreateFunctionStmt" in node) return names(node.CreateFunctionStmt.funcname).at(-1);
  if ("CreateTrigStmt" in node) return node.CreateTrigStmt.trigname;
  if ("ViewStmt" in node) return node.ViewStmt.view?.relname;
  if ("RuleStmt" in node) return node.RuleStmt.rulename;
  if ("DefineStmt" in node) return names(node.DefineStmt.defnames).at(-1);
  if ("CreatePolicyStmt" in node) return node.CreatePolicyStmt.policy_name;
  if ("CreatePublicationStmt" in node) return node.CreatePublicationStmt.pubname;
  if ("CreateEventTrigStmt" in node) return node.CreateEventTrigStmt.trigname;
  return undefined;
}

/** The names of what a DROP drops, schemas left out. */
export function droppedNames(node: Node): string[] {
  if (!("DropStmt" in node)) return [];
  return (node.DropStmt.objects ?? []).flatMap((object) => {
    if ("List" in object) return names(object.List.items).slice(-1);
    if ("ObjectWithArgs" in object) return names(object.ObjectWithArgs.objname).slice(-1);
    if ("TypeName" in object) return names(object.TypeName.names).slice(-1);
    return names([object]);
  });
}

/** Tables, sequences, indexes that a DROP names, with their schemas. */
export function droppedRelations(node: Node): string[] {
  if (!("DropStmt" in node)) return [];
  return (node.DropStmt.objects ?? []).flatMap((object) => {
    if (!("List" in object)) return [];
    const parts = names(object.List.items);
    return [`${parts.at(-2) ?? "public"}.${parts.at(-1)}`];
  });
}

/** `OBJECT_TABLE` as a command says it. */
export const words = (type: string) =>
  type
    .replace(/^OBJECT_/, "")
    .replaceAll("_", " ")
    .replace("MATVIEW", "MATERIALIZED VIEW");
