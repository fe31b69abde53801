import { type Node, parsePlPgSQLSync } from "libpg-query";
import { quotedText } from "../constants.ts";
import { type FunctionStatement, optionOf } from "../functions.ts";
import { type Rule, type Subject, when } from "../rule.ts";
import type { Schema, TriggerStatement } from "../schema.ts";
import { below, madeName, names, shown, tableName } from "../tree.ts";

export const hidden: readonly Rule[] = [
  {
    name: "unread-block",
    title:
      "A block, or a function that is called, runs what the lint cannot read: text put together as it runs, another language",
    check: ({ file, unread }) =>
      unread.flatMap((what) =>
        when(
          true,
          `${what.replace(/\s+/g, " ")} cannot be judged before it runs`,
          `write the statements themselves, or EXECUTE text of constants; else allow it with the reason why ${file.kind === "expand" ? "no table is locked and nothing dropped" : "no table is locked and nothing added"}`,
        ),
      ),
  },
  {
    name: "expand-swallows",
    title: "An expand with a rule or a trigger that lets writes of the version that serves disappear",
    check(subject) {
      if (subject.file.kind !== "expand") return [];
      return [...ruled(subject.node, subject.schema), ...triggered(subject)].flatMap((what) =>
        when(
          true,
          `${what}: what the version that serves writes there is lost without an error`,
          "let the write happen, and keep what comes of it up to date in an AFTER trigger; stop the writes in a contract",
        ),
      );
    },
  },
];

function ruled(node: Node, schema: Schema): string[] {
  if (!("RuleStmt" in node)) return [];
  const { instead, event, actions = [], relation, rulename } = node.RuleStmt;
  const swallows = instead === true && event !== "CMD_SELECT" && actions.length === 0;
  return swallows && !schema.made(tableName(relation))
    ? [`the rule ${rulename} does nothing instead of a write to ${shown(tableName(relation))}`]
    : [];
}

/** The trigger that is made, or those whose function is written anew. */
function triggered({ node, schema }: Subject): string[] {
  if ("CreateTrigStmt" in node) {
    const body = schema.functionOf(node.CreateTrigStmt);
    return body ? swallowed(node.CreateTrigStmt, body, schema) : [];
  }
  if (!("CreateFunctionStmt" in node)) return [];
  const triggers = schema.triggersOf(madeName(node));
  return triggers.flatMap((trigger) => swallowed(trigger, node.CreateFunctionStmt, schema));
}

/** Of PostgreSQL's catalogue, pg_trigger.h. */
const [before, onDelete] = [2, 8];

function swallowed(trigger: TriggerStatement, body: FunctionStatement, schema: Schema): string[] {
  const table = tableName(trigger.relation);
  if (trigger.timing !== before || trigger.row !== true || schema.made(table)) return [];
  const answers = answersOf(body);
  const name = names(trigger.funcname).at(-1);
  const what = `the trigger ${trigger.trigname} before a write to ${shown(table)} runs ${name}, which returns`;
  if (answers.includes("NULL")) return [`${what} NULL`];
  const deletes = ((trigger.events ?? 0) & onDelete) !== 0;
  return deletes && answers.includes("NEW") && !answers.includes("OLD") ? [`${what} NEW, which a DELETE has not`] : [];
}

interface Return {
  readonly lineno?: number;
  readonly retvarno?: number;
  readonly expr?: { readonly PLpgSQL_expr?: { readonly query?: string } };
}

/** What a trigger's function returns: NEW, OLD, NULL, or an expression as it is written. */
function answersOf({ options = [] }: FunctionStatement): string[] {
  const body = optionOf(options, "as");
  if (body === undefined) return [];
  try {
    const tree = parsePlPgSQLSync(`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ${quotedText(body)}`);
    // Each body ends with a return that nobody wrote, which has no line.
    return below<Return>(tree, "PLpgSQL_stmt_return").flatMap(({ lineno, retvarno, expr }) => {
      if (lineno === undefined) return [];
      return expr ? [(expr.PLpgSQL_expr?.query ?? "").trim().toUpperCase()] : [retvarno === 1 ? "OLD" : "NEW"];
    });
  } catch {
    return [];
  }
}
