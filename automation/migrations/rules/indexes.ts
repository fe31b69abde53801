import { waitsForTransactions } from "../../../images/migrate/src/refusals.ts";
import { type Rule, when } from "../rule.ts";
import { droppedRelations, shown, tableName } from "../tree.ts";

const apart = "in a file of its own that begins with `-- transaction: none`";

export const indexes: readonly Rule[] = [
  {
    name: "create-index",
    title: "CREATE INDEX without CONCURRENTLY keeps writes out of the table until the index is built",
    check({ node, schema }) {
      if (!("IndexStmt" in node) || node.IndexStmt.concurrent) return [];
      const table = tableName(node.IndexStmt.relation);
      return when(
        !schema.made(table),
        `CREATE INDEX keeps every write out of ${shown(table)} until the index is built`,
        `write CREATE INDEX CONCURRENTLY IF NOT EXISTS, ${apart}`,
      );
    },
  },
  {
    name: "drop-index",
    title: "DROP INDEX without CONCURRENTLY waits for the table's readers and keeps all others out meanwhile",
    check({ node, schema }) {
      if (!("DropStmt" in node) || node.DropStmt.removeType !== "OBJECT_INDEX" || node.DropStmt.concurrent) return [];
      const theirs = droppedRelations(node).filter((index) => !schema.made(index));
      return when(
        theirs.length > 0,
        `DROP INDEX of ${theirs.map(shown).join(", ")} keeps reads and writes out of its table while it waits`,
        `write DROP INDEX CONCURRENTLY IF EXISTS, ${apart}`,
      );
    },
  },
  {
    name: "reindex",
    title: "REINDEX without CONCURRENTLY keeps writes out of the table, and reads that would use the index",
    check({ node }) {
      return when(
        "ReindexStmt" in node && !waitsForTransactions(node),
        "REINDEX keeps writes out of the table until the index is built again",
        `write REINDEX … CONCURRENTLY, ${apart}`,
      );
    },
  },
  {
    name: "repeatable",
    title: "A statement outside a transaction that cannot be run again after it was cut off",
    check({ node, file }) {
      const fix = "name it, and write IF NOT EXISTS or IF EXISTS";
      if (file.transaction) return [];
      if ("IndexStmt" in node)
        return when(
          node.IndexStmt.idxname === undefined || node.IndexStmt.if_not_exists !== true,
          "an index that was built but not recorded, because the run was cut off, stands in the way of the next run",
          fix,
        );
      const drops = "DropStmt" in node && node.DropStmt.missing_ok !== true;
      const adds =
        "AlterEnumStmt" in node && !node.AlterEnumStmt.oldVal && node.AlterEnumStmt.skipIfNewValExists !== true;
      return when(
        drops || adds,
        "once it ran but was not recorded, because the run was cut off, it fails for ever",
        fix,
      );
    },
  },
];
