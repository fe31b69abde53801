import type { Node } from "libpg-query";
import { names, shown, tableName, words } from "../tree.ts";

/** Statements that add whatever else they say. */
const others = {
  CreateDomainStmt: "CREATE DOMAIN",
  CreatePublicationStmt: "CREATE PUBLICATION",
  CreateSubscriptionStmt: "CREATE SUBSCRIPTION",
  CreateEventTrigStmt: "CREATE EVENT TRIGGER",
  CreateFdwStmt: "CREATE FOREIGN DATA WRAPPER",
  CreateUserMappingStmt: "CREATE USER MAPPING",
  ImportForeignSchemaStmt: "IMPORT FOREIGN SCHEMA",
  CreatePLangStmt: "CREATE LANGUAGE",
  CreateAmStmt: "CREATE ACCESS METHOD",
  CreateOpClassStmt: "CREATE OPERATOR CLASS",
  CreateOpFamilyStmt: "CREATE OPERATOR FAMILY",
  CreateConversionStmt: "CREATE CONVERSION",
  CreateTransformStmt: "CREATE TRANSFORM",
  CreateTableSpaceStmt: "CREATE TABLESPACE",
  CreatedbStmt: "CREATE DATABASE",
} as const;

/** What a statement adds for the release to use. */
export function created(node: Node): string | undefined {
  if ("CreateStmt" in node) return relationMade("CREATE TABLE", node.CreateStmt.relation);
  if ("CreateTableAsStmt" in node) return relationMade("CREATE TABLE AS", node.CreateTableAsStmt.into?.rel);
  if ("SelectStmt" in node && node.SelectStmt.intoClause)
    return relationMade("SELECT INTO", node.SelectStmt.intoClause.rel);
  if ("CreateSeqStmt" in node) return relationMade("CREATE SEQUENCE", node.CreateSeqStmt.sequence);
  if ("CreateForeignTableStmt" in node) return "CREATE FOREIGN TABLE";
  if ("ViewStmt" in node) return node.ViewStmt.replace ? undefined : relationMade("CREATE VIEW", node.ViewStmt.view);
  // A unique index makes the schema stricter, which is what a contract is for.
  if ("IndexStmt" in node)
    return node.IndexStmt.unique ? undefined : `CREATE INDEX ${node.IndexStmt.idxname ?? ""}`.trim();
  if ("CreateFunctionStmt" in node)
    return node.CreateFunctionStmt.replace
      ? undefined
      : `CREATE FUNCTION ${names(node.CreateFunctionStmt.funcname).at(-1)}`;
  if ("CreateTrigStmt" in node)
    return node.CreateTrigStmt.replace ? undefined : `CREATE TRIGGER ${node.CreateTrigStmt.trigname}`;
  if ("AlterEnumStmt" in node) return node.AlterEnumStmt.oldVal ? undefined : `ADD VALUE ${node.AlterEnumStmt.newVal}`;
  if ("CreateSchemaStmt" in node) return `CREATE SCHEMA ${node.CreateSchemaStmt.schemaname ?? ""}`.trim();
  if ("CreateExtensionStmt" in node) return `CREATE EXTENSION ${node.CreateExtensionStmt.extname}`;
  if ("CreateRoleStmt" in node) return `CREATE ROLE ${node.CreateRoleStmt.role}`;
  if ("RuleStmt" in node) return node.RuleStmt.replace ? undefined : `CREATE RULE ${node.RuleStmt.rulename}`;
  if ("DefineStmt" in node)
    return node.DefineStmt.replace
      ? undefined
      : `CREATE ${words(node.DefineStmt.kind ?? "")} ${names(node.DefineStmt.defnames).at(-1)}`;
  if ("CreateCastStmt" in node) return "CREATE CAST";
  if ("CreateForeignServerStmt" in node) return `CREATE SERVER ${node.CreateForeignServerStmt.servername}`;
  if ("AlterPublicationStmt" in node)
    return node.AlterPublicationStmt.action === "AP_AddObjects" ? "ALTER PUBLICATION … ADD" : undefined;
  if ("CreateEnumStmt" in node || "CompositeTypeStmt" in node || "CreateRangeStmt" in node) return "CREATE TYPE";
  return Object.entries(others).find(([kind]) => kind in node)?.[1];
}

function relationMade(command: string, relation: Parameters<typeof tableName>[0]): string | undefined {
  return relation?.relpersistence === "t" ? undefined : `${command} ${shown(tableName(relation))}`;
}
