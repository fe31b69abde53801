import type { AlterRoleStmt, DeleteStmt, GrantStmt, MergeStmt, Node } from "libpg-query";
import { type Rule, type Subject, when } from "../rule.ts";
import {
  addedColumn,
  alterations,
  below,
  droppedNames,
  droppedRelations,
  madeName,
  shown,
  tableName,
  words,
} from "../tree.ts";
import { created } from "./created.ts";

export const phases: readonly Rule[] = [
  {
    name: "expand-drops",
    title: "An expand that drops something, its rows or the rights to it: the version that serves still uses it",
    check: (subject) =>
      subject.file.kind === "expand"
        ? drops(subject).map((what) => ({
            what: `${what} in an expand: the version that serves may still use it`,
            fix: "put it into a contract file, of a release whose code needs it no more",
          }))
        : [],
  },
  {
    name: "expand-renames",
    title: "An expand that renames or moves something: the version that serves knows it by its old name",
    check(subject) {
      const what = subject.file.kind === "expand" ? renames(subject) : undefined;
      return when(
        what !== undefined,
        `${what} in an expand: the version that serves knows the old name only`,
        "add the new one beside it, use both for a release, and drop the old one in a contract",
      );
    },
  },
  {
    name: "contract-adds",
    title: "A contract that adds something: it runs after the release whose code would use it",
    check: (subject) =>
      subject.file.kind === "contract"
        ? adds(subject).map((what) => ({
            what: `${what} in a contract: it runs long after the release, whose code would need it from the start`,
            fix: "put it into an expand file",
          }))
        : [],
  },
];

/** Tables a statement empties, by itself or in its WITH. */
function deletesAll(node: Node, schema: Subject["schema"]): string[] {
  const [statement] = Object.values(node) as { withClause?: object }[];
  const all = [
    ...("DeleteStmt" in node ? [node.DeleteStmt] : []),
    ...below<DeleteStmt>(statement?.withClause, "DeleteStmt"),
  ].filter(({ whereClause }) => whereClause === undefined || constant(whereClause) === true);
  const merges = [
    ...("MergeStmt" in node ? [node.MergeStmt] : []),
    ...below<MergeStmt>(statement?.withClause, "MergeStmt"),
  ].filter(mergesAway);
  return [...all, ...merges].flatMap(({ relation }) => {
    const table = tableName(relation);
    return schema.made(table) ? [] : [`DELETE of every row of ${shown(table)}`];
  });
}

/** A MERGE that deletes every row: all match, or none does and those are deleted. */
function mergesAway({ joinCondition, mergeWhenClauses = [] }: MergeStmt): boolean {
  const joined = joinCondition && constant(joinCondition);
  const emptying = joined === true ? "MERGE_WHEN_MATCHED" : "MERGE_WHEN_NOT_MATCHED_BY_SOURCE";
  return (
    joined !== undefined &&
    mergeWhenClauses.some(
      (one) =>
        "MergeWhenClause" in one &&
        one.MergeWhenClause.commandType === "CMD_DELETE" &&
        (one.MergeWhenClause.matchKind ?? "MERGE_WHEN_MATCHED") === emptying &&
        (one.MergeWhenClause.condition === undefined || constant(one.MergeWhenClause.condition) === true),
    )
  );
}

/** TRUE or FALSE written as such; undefined for a condition that depends on the rows. */
function constant(condition: Node): boolean | undefined {
  const value = "A_Const" in condition ? condition.A_Const.boolval : undefined;
  return value && value.boolval === true;
}

function shutsOut({ options }: AlterRoleStmt): boolean {
  return (options ?? []).some(
    (option) =>
      "DefElem" in option &&
      option.DefElem.defname === "canlogin" &&
      option.DefElem.arg !== undefined &&
      "Boolean" in option.DefElem.arg &&
      option.DefElem.arg.Boolean.boolval !== true,
  );
}

/** What other versions do not notice: indexes and statistics change no result. */
const unnoticed = new Set(["OBJECT_INDEX", "OBJECT_STATISTIC_EXT"]);

function drops({ node, schema, before, after }: Subject): string[] {
  if ("DropStmt" in node) {
    const { removeType = "OBJECT_TABLE" } = node.DropStmt;
    if (unnoticed.has(removeType)) return [];
    const made = [...after.map(madeName), ...helpers(before)];
    const gone = droppedNames(node).filter((name) => !made.includes(name));
    const relations = droppedRelations(node);
    const earlier = before.flatMap(droppedRelations);
    const own = relations.every((relation) => schema.made(relation) && !earlier.includes(relation));
    return (own && relations.length > 0) || gone.length === 0 ? [] : [`DROP ${words(removeType)} ${gone.join(", ")}`];
  }
  if ("TruncateStmt" in node) {
    const tables = (node.TruncateStmt.relations ?? []).flatMap((r) => ("RangeVar" in r ? [tableName(r.RangeVar)] : []));
    return tables.every((table) => schema.made(table)) ? [] : [`TRUNCATE ${tables.map(shown).join(", ")}`];
  }
  const emptied = deletesAll(node, schema);
  if (emptied.length > 0) return emptied;
  if ("GrantStmt" in node) return revoked(node.GrantStmt, schema);
  if ("GrantRoleStmt" in node) return node.GrantRoleStmt.is_grant === true ? [] : ["REVOKE of a role"];
  if ("DropRoleStmt" in node) return ["DROP ROLE"];
  if ("AlterRoleStmt" in node) return shutsOut(node.AlterRoleStmt) ? ["NOLOGIN of a role"] : [];
  if ("DropOwnedStmt" in node) return ["DROP OWNED"];
  if ("DropdbStmt" in node) return ["DROP DATABASE"];
  if ("DropSubscriptionStmt" in node) return ["DROP SUBSCRIPTION"];
  if ("DropUserMappingStmt" in node) return ["DROP USER MAPPING"];
  if ("AlterPublicationStmt" in node && node.AlterPublicationStmt.action === "AP_DropObjects")
    return [`DROP of what the publication ${node.AlterPublicationStmt.pubname} has`];
  return (
    attributeDrops(node, schema) ??
    alterations(node).flatMap((alteration) => [
      ...alterationDrops(alteration, schema),
      ...stilled(alteration, schema, after),
      ...hiddenRows(alteration, schema, [...before, ...after]),
    ])
  );
}

/** From everyone takes nothing that a role was given by name. */
function revoked({ is_grant, objects = [], grantees = [] }: GrantStmt, schema: Subject["schema"]): string[] {
  const roles = grantees.flatMap((one) => ("RoleSpec" in one ? (one.RoleSpec.rolename ?? []) : []));
  const tables = objects.flatMap((one) => ("RangeVar" in one ? [tableName(one.RangeVar)] : []));
  const own = tables.length > 0 && tables.length === objects.length && tables.every((table) => schema.made(table));
  return is_grant === true || roles.length === 0 || own ? [] : [`REVOKE from ${roles.join(", ")}`];
}

/** What no longer happens when the version that serves writes; nothing where the file lets it happen again. */
function stilled(
  { table, command: { subtype = "AT_AddColumn", name = "" } }: ReturnType<typeof alterations>[number],
  schema: Subject["schema"],
  after: readonly Node[],
): string[] {
  const what = /^AT_Disable(Trig|Rule)/.exec(subtype)?.[1];
  if (what === undefined || schema.made(table)) return [];
  const again = after
    .flatMap(alterations)
    .some(
      (one) =>
        one.table === table &&
        one.command.name === (name || undefined) &&
        one.command.subtype?.startsWith(subtype.replace("Disable", "Enable")) === true,
    );
  return again ? [] : [`DISABLE ${what === "Trig" ? "TRIGGER" : "RULE"} ${name || "ALL"} of ${shown(table)}`];
}

/** Without a policy nobody but the owner sees a row. */
function hiddenRows(
  { table, command: { subtype } }: ReturnType<typeof alterations>[number],
  schema: Subject["schema"],
  others: readonly Node[],
): string[] {
  if (subtype !== "AT_EnableRowSecurity" || schema.made(table)) return [];
  const allowed = others.some(
    (one) => "CreatePolicyStmt" in one && one.CreatePolicyStmt.table && tableName(one.CreatePolicyStmt.table) === table,
  );
  return allowed ? [] : [`ENABLE ROW LEVEL SECURITY of ${shown(table)} without a policy`];
}

function alterationDrops(
  { table, command: { subtype, name, def } }: ReturnType<typeof alterations>[number],
  schema: Subject["schema"],
): string[] {
  if (schema.made(table) || schema.made(`${table}.${name}`)) return [];
  switch (subtype) {
    case "AT_DropColumn":
      return [`DROP COLUMN ${name} of ${shown(table)}`];
    case "AT_DropIdentity":
      return [`DROP IDENTITY of ${shown(table)}.${name}`];
    case "AT_DropExpression":
      return [`DROP EXPRESSION of ${shown(table)}.${name}`];
    case "AT_ColumnDefault":
      return def === undefined ? [`DROP DEFAULT of ${shown(table)}.${name}`] : [];
    case "AT_DetachPartition":
      return [`DETACH PARTITION of ${shown(table)}`];
    default:
      return [];
  }
}

/** Attributes of a composite type are dropped and added by ALTER TABLE's own commands. */
function attributeDrops(node: Node, schema: Subject["schema"]): string[] | undefined {
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TYPE") return undefined;
  const type = tableName(node.AlterTableStmt.relation);
  const dropped = (node.AlterTableStmt.cmds ?? []).some(
    (c) => "AlterTableCmd" in c && c.AlterTableCmd.subtype === "AT_DropColumn",
  );
  return dropped && !schema.made(type) ? [`DROP ATTRIBUTE of ${shown(type)}`] : [];
}

/** Nobody's queries name these. */
const nameless = new Set([
  "OBJECT_INDEX",
  "OBJECT_TABCONSTRAINT",
  "OBJECT_DOMCONSTRAINT",
  "OBJECT_TRIGGER",
  "OBJECT_POLICY",
  "OBJECT_RULE",
  "OBJECT_STATISTIC_EXT",
  "OBJECT_EVENT_TRIGGER",
  "OBJECT_TABLESPACE",
]);

function renames({ node, schema }: Subject): string | undefined {
  if ("RenameStmt" in node) {
    const { renameType = "OBJECT_TABLE", relation, subname, newname } = node.RenameStmt;
    const table = tableName(relation);
    if (nameless.has(renameType) || (relation && (schema.made(table) || schema.made(`${table}.${subname}`))))
      return undefined;
    return `RENAME ${words(renameType)} ${[relation && shown(table), subname].filter(Boolean).join(".")} TO ${newname}`;
  }
  if ("AlterObjectSchemaStmt" in node) {
    const { relation, newschema, objectType = "OBJECT_TABLE" } = node.AlterObjectSchemaStmt;
    if (relation && schema.made(tableName(relation))) return undefined;
    return `SET SCHEMA ${newschema} of a ${words(objectType).toLowerCase()}`;
  }
  if ("AlterEnumStmt" in node && node.AlterEnumStmt.oldVal) return `RENAME VALUE ${node.AlterEnumStmt.oldVal}`;
  return undefined;
}

/** What a file made for itself and was not there before: a function for a loop that it drops at its end. */
function helpers(before: readonly Node[]): (string | undefined)[] {
  const dropped = before.flatMap(droppedNames);
  return before
    .filter((node) => created(node) !== undefined)
    .map(madeName)
    .filter((name) => name === undefined || !dropped.includes(name));
}

function adds({ node, before, after }: Subject): string[] {
  const dropped = new Set([...before, ...after].flatMap(droppedNames));
  const name = madeName(node);
  if (name !== undefined && dropped.has(name)) return [];
  const what = created(node);
  if (what !== undefined) return [what];
  const gone = new Set(before.flatMap(alterations).map(({ table, command }) => `${table}.${command.name}`));
  return alterations(node).flatMap(({ table, command }) => {
    const column = addedColumn(command)?.colname;
    return column === undefined || gone.has(`${table}.${column}`) ? [] : [`ADD COLUMN ${column} to ${shown(table)}`];
  });
}
