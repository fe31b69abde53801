import type { Node, TransactionStmtKind } from "libpg-query";
import type { MigrationFile } from "./files.ts";
import { copiesThroughClient, copyNeedsPsql, invalid, type Statement, statementsOf } from "./statements.ts";

/** A migration that has been read and may be tried. */
export interface Admitted {
  readonly file: MigrationFile;
  readonly statements: readonly Statement[];
}

/**
 * Reads a file's statements, and refuses those that could not be taken back, or could not run, where the runner runs them.
 *
 * @throws MigrateError `InvalidMigration` with the statement's line and column.
 */
export async function admit(file: MigrationFile): Promise<Admitted> {
  if (file.problem !== undefined) throw invalid(file, undefined, file.problem);
  const statements = await statementsOf(file);
  for (const [index, statement] of statements.entries()) {
    const why = refusal(file, statement.node, index);
    if (why !== undefined) throw invalid(file, statement.place, why);
  }
  return { file, statements };
}

function refusal({ transaction }: MigrationFile, node: Node, index: number): string | undefined {
  const control = controlOf(node);
  if (control !== undefined)
    return `${control} in a migration: its transaction is the runner's own, so that nothing is left of one that fails. Take it out`;
  if (copiesThroughClient(node)) return copyNeedsPsql;
  if (!transaction && index > 0)
    return "a second statement in a file with `-- transaction: none`: what ran before one that fails could not be taken back. Give it a file of its own";
  const alone = transaction ? outsideTransactions(node) : undefined;
  return alone === undefined
    ? undefined
    : `${alone} cannot run in a transaction. Give it a file of its own with \`-- transaction: none\` as the first line`;
}

/** Savepoints are left out: they do not end the transaction they are in. */
const controls: Partial<Record<TransactionStmtKind, string>> = {
  TRANS_STMT_BEGIN: "BEGIN",
  TRANS_STMT_START: "START TRANSACTION",
  TRANS_STMT_COMMIT: "COMMIT",
  TRANS_STMT_ROLLBACK: "ROLLBACK",
  TRANS_STMT_PREPARE: "PREPARE TRANSACTION",
  TRANS_STMT_COMMIT_PREPARED: "COMMIT PREPARED",
  TRANS_STMT_ROLLBACK_PREPARED: "ROLLBACK PREPARED",
};

function controlOf(node: Node): string | undefined {
  return "TransactionStmt" in node ? controls[node.TransactionStmt.kind as TransactionStmtKind] : undefined;
}

/** The statement's name where PostgreSQL refuses it in a transaction block (its documentation of each command). */
function outsideTransactions(node: Node): string | undefined {
  if (waitsForTransactions(node)) return "A statement with CONCURRENTLY";
  if ("VacuumStmt" in node) return node.VacuumStmt.is_vacuumcmd ? "VACUUM" : undefined;
  if ("CreatedbStmt" in node) return "CREATE DATABASE";
  if ("DropdbStmt" in node) return "DROP DATABASE";
  if ("AlterSystemStmt" in node) return "ALTER SYSTEM";
  if ("CreateTableSpaceStmt" in node || "DropTableSpaceStmt" in node) return "CREATE and DROP TABLESPACE";
  if ("DiscardStmt" in node) return node.DiscardStmt.target === "DISCARD_ALL" ? "DISCARD ALL" : undefined;
  return undefined;
}

/** Whether it waits for every transaction that may see the old state, which may take long and locks nobody out. */
export function waitsForTransactions(node: Node): boolean {
  if ("IndexStmt" in node) return node.IndexStmt.concurrent === true;
  if ("DropStmt" in node) return node.DropStmt.concurrent === true;
  if ("ReindexStmt" in node) {
    return (node.ReindexStmt.params ?? []).some((p) => "DefElem" in p && p.DefElem.defname === "concurrently");
  }
  if (!("AlterTableStmt" in node)) return false;
  return (node.AlterTableStmt.cmds ?? []).some(
    (c) => "AlterTableCmd" in c && c.AlterTableCmd.subtype === "AT_DetachPartition" && detaches(c.AlterTableCmd.def),
  );
}

function detaches(def: Node | undefined): boolean {
  return def !== undefined && "PartitionCmd" in def && def.PartitionCmd.concurrent === true;
}
