import type { Constraint } from "libpg-query";
import { type Problem, type Rule, when } from "../rule.ts";
import { addedColumn, addedConstraint, alterations, constraintsOf, has, shown } from "../tree.ts";

const validateApart =
  "add it with NOT VALID, and give ALTER TABLE … VALIDATE CONSTRAINT a file of its own, which lets reads and writes go on";

/** The constraints added to a table that others see, each judged. */
function added(
  types: readonly Constraint["contype"][],
  problem: (table: string, constraint: Constraint) => readonly Problem[],
): Rule["check"] {
  return ({ node, schema }) =>
    alterations(node).flatMap(({ table, command }) => {
      const constraint = addedConstraint(command);
      return constraint && types.includes(constraint.contype) && !schema.made(table) ? problem(table, constraint) : [];
    });
}

export const scans: readonly Rule[] = [
  {
    name: "foreign-key-scan",
    title: "A foreign key without NOT VALID keeps writes out of both tables while every row is checked",
    check(subject) {
      const own = added(["CONSTR_FOREIGN"], (table, constraint) =>
        when(
          constraint.skip_validation !== true,
          `the foreign key keeps writes out of ${shown(table)} and of the table it refers to while every row is checked`,
          validateApart,
        ),
      )(subject);
      // Without a default every row is null, and PostgreSQL checks none.
      const filled = alterations(subject.node).flatMap(({ table, command }) => {
        const column = addedColumn(command);
        const checked =
          column && has(column, "CONSTR_FOREIGN") && has(column, "CONSTR_DEFAULT") && !subject.schema.made(table);
        return when(
          checked === true,
          `the new column ${column?.colname} refers to another table and has a default: every row is checked with both tables locked`,
          "add the column first, and the foreign key by itself with NOT VALID",
        );
      });
      return [...own, ...filled];
    },
  },
  {
    name: "check-scan",
    title: "A check without NOT VALID keeps reads and writes out of the table while every row is checked",
    check(subject) {
      const own = added(["CONSTR_CHECK"], (table, constraint) =>
        when(
          constraint.skip_validation !== true,
          `the check keeps reads and writes out of ${shown(table)} while every row is checked`,
          validateApart,
        ),
      )(subject);
      const inline = alterations(subject.node).flatMap(({ table, command }) => {
        const column = addedColumn(command);
        return when(
          column !== undefined && has(column, "CONSTR_CHECK") && !subject.schema.made(table),
          `the check of the new column keeps reads and writes out of ${shown(table)} while every row is checked`,
          `take it out of the column's definition; ${validateApart}`,
        );
      });
      return [...own, ...inline, ...domain(subject)];
    },
  },
  {
    name: "not-null-scan",
    title: "NOT NULL on a column that is there reads the whole table while nobody else may",
    check(subject) {
      const fix =
        "first ADD CONSTRAINT … CHECK (<column> IS NOT NULL) NOT VALID, then VALIDATE it in a file of its own: SET NOT NULL after that reads nothing";
      const set = alterations(subject.node).flatMap(({ table, command: { subtype, name } }) =>
        when(
          subtype === "AT_SetNotNull" && !subject.schema.made(table) && !subject.schema.provenNotNull(table, name),
          `SET NOT NULL of ${name} reads all of ${shown(table)} while it keeps reads and writes out`,
          fix,
        ),
      );
      const named = added(["CONSTR_NOTNULL"], (table, constraint) =>
        when(
          constraint.skip_validation !== true,
          `NOT NULL reads all of ${shown(table)} while it keeps reads and writes out`,
          validateApart,
        ),
      )(subject);
      return [...set, ...named];
    },
  },
  {
    name: "required-column",
    title: "A new column that is NOT NULL without a default fails on a table with rows, and the old version's inserts",
    check: ({ node, schema }) =>
      alterations(node).flatMap(({ table, command }) => {
        const column = addedColumn(command);
        const filled = column && constraintsOf(column).some(({ contype = "" as never }) => fills.includes(contype));
        const serial = /^(small|big)?serial\d?$/.test(
          column?.typeName?.names?.map((n) => ("String" in n ? n.String.sval : "")).join("") ?? "",
        );
        return when(
          column !== undefined && requires(column) && !filled && !serial && !schema.made(table),
          `the new column ${column?.colname} of ${shown(table)} is NOT NULL and has no default: it fails where there are rows, and so does every insert of the version that serves`,
          "give it a constant default, or make it NOT NULL in a later release's contract",
        );
      }),
  },
  {
    name: "constraint-builds-index",
    title: "UNIQUE, PRIMARY KEY and EXCLUDE build their index while nobody else may read or write the table",
    check(subject) {
      const own = added(["CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_EXCLUSION"], (table, constraint) =>
        when(constraint.indexname === undefined, ...buildsIndex(table)),
      )(subject);
      const inline = alterations(subject.node).flatMap(({ table, command }) => {
        const column = addedColumn(command);
        const unique = column && (has(column, "CONSTR_UNIQUE") || has(column, "CONSTR_PRIMARY"));
        return when(unique === true && !subject.schema.made(table), ...buildsIndex(table));
      });
      return [...own, ...inline];
    },
  },
  {
    name: "validate-apart",
    title: "A constraint validated in the transaction that adds it is checked under the lock of adding it",
    check: ({ node, schema }) =>
      alterations(node).flatMap(({ table, command: { subtype, name } }) =>
        when(
          subtype === "AT_ValidateConstraint" && schema.addedHere(table, name),
          `${name} is validated in the transaction that adds it: ${shown(table)} is locked while every row is checked`,
          "put the VALIDATE CONSTRAINT into the next file",
        ),
      ),
  },
  {
    name: "attach-scan",
    title: "ATTACH PARTITION reads the whole partition, and the default one, while nobody else may",
    check: ({ node, schema }) =>
      alterations(node).flatMap(({ command: { subtype, def } }) => {
        const partition = def && "PartitionCmd" in def ? def.PartitionCmd.name : undefined;
        const name = `${partition?.schemaname ?? "public"}.${partition?.relname}`;
        return when(
          subtype === "AT_AttachPartition" && !schema.made(name),
          `ATTACH PARTITION keeps everybody out of ${shown(name)} while every row is checked`,
          "validate a check on it that says the same as its bounds first; then allow this with that reason",
        );
      }),
  },
];

const fills: readonly string[] = ["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"];

function requires(column: NonNullable<ReturnType<typeof addedColumn>>): boolean {
  return has(column, "CONSTR_NOTNULL") || has(column, "CONSTR_PRIMARY");
}

function buildsIndex(table: string): [what: string, fix: string] {
  return [
    `the constraint builds its index while reads and writes are kept out of ${shown(table)}`,
    "CREATE UNIQUE INDEX CONCURRENTLY in a file before, then ADD CONSTRAINT … UNIQUE USING INDEX (EXCLUDE knows no such way: allow it with a reason)",
  ];
}

function domain({ node, schema }: Parameters<Rule["check"]>[0]): readonly Problem[] {
  if (!("AlterDomainStmt" in node)) return [];
  const { subtype, def, typeName } = node.AlterDomainStmt;
  const parts = (typeName ?? []).flatMap((n) => ("String" in n ? [n.String.sval ?? ""] : []));
  const name = `${parts.at(-2) ?? "public"}.${parts.at(-1)}`;
  const constraint = def && "Constraint" in def ? def.Constraint : undefined;
  const checks = (subtype === "C" && constraint?.skip_validation !== true) || subtype === "O";
  return when(
    checks && !schema.made(name),
    `the constraint of ${shown(name)} reads every table with a column of it while it keeps writes out`,
    "write NOT VALID, and validate it in a file of its own (SET NOT NULL of a domain knows no such way: use a check)",
  );
}
