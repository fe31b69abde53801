import { type Node, parsePlPgSQLSync, parseSync } from "libpg-query";
import { quotedText, textOf } from "./constants.ts";
import { below } from "./tree.ts";

/** A statement that is run, and what of it the lint cannot read: text that a block puts together, another language. */
export interface Step {
  readonly node: Node;
  readonly unread: readonly string[];
}

/**
 * What a statement runs: itself, one that it prepares, explains or copies from, and for a DO block of PL/pgSQL each
 * statement in it, that of an EXECUTE too where its text is put together of constants alone.
 */
export function run(node: Node): readonly Step[] {
  if ("DoStmt" in node) return block(node.DoStmt.args ?? [], node);
  const inner =
    "PrepareStmt" in node
      ? node.PrepareStmt.query
      : "ExplainStmt" in node
        ? node.ExplainStmt.query
        : "CopyStmt" in node
          ? node.CopyStmt.query
          : undefined;
  return [{ node, unread: [] }, ...(inner ? run(inner) : [])];
}

function block(args: readonly Node[], node: Node): readonly Step[] {
  const option = (name: string) =>
    args.flatMap((arg) => {
      const { defname, arg: value } = "DefElem" in arg ? arg.DefElem : {};
      return defname === name && value && "String" in value ? [value.String.sval ?? ""] : [];
    })[0];
  const language = option("language") ?? "plpgsql";
  if (language.toLowerCase() !== "plpgsql") return [{ node, unread: [`a block in ${language}`] }];
  let expressions: readonly Expression[];
  try {
    expressions = expressionsOf(`DO ${quotedText(option("as") ?? "")}`);
  } catch (error) {
    return [{ node, unread: [`a block that is no PL/pgSQL (${(error as Error).message})`] }];
  }
  const steps: Step[] = [];
  const unread: string[] = [];
  for (const { query, dynamic } of expressions) {
    const text = dynamic ? constantText(query) : query;
    if (text === undefined) unread.push(`EXECUTE ${query}`);
    else steps.push(...statements(text).flatMap(run));
  }
  return [{ node, unread }, ...steps];
}

interface Expression {
  readonly query: string;
  /** Whether it gives the text of the statement, and is not one itself. */
  readonly dynamic: boolean;
}

/** Where PL/pgSQL's tree has the text of a statement that is made as it runs: EXECUTE, FOR and RETURN QUERY of it, OPEN. */
function isDynamic(kind: string, key: string): boolean {
  return key === "dynquery" || (key === "query" && /^PLpgSQL_stmt_dyn/.test(kind));
}

/** Every expression of a block, in its order. */
function expressionsOf(text: string): Expression[] {
  const found: Expression[] = [];
  const walk = (tree: unknown, kind: string, key: string): void => {
    if (typeof tree !== "object" || tree === null) return;
    for (const [at, value] of Object.entries(tree))
      if (at === "PLpgSQL_expr") found.push({ query: value.query ?? "", dynamic: isDynamic(kind, key) });
      else if (at.startsWith("PLpgSQL_")) walk(value, at, "");
      else walk(value, kind, Array.isArray(tree) ? key : at);
  };
  for (const action of below(parsePlPgSQLSync(text), "action")) walk(action, "", "");
  return found;
}

/** The text that an expression of constants gives. */
function constantText(expression: string): string | undefined {
  const [select, ...more] = statements(`SELECT ${expression}`);
  const [target, ...others] = select && "SelectStmt" in select ? (select.SelectStmt.targetList ?? []) : [];
  if (more.length > 0 || others.length > 0 || target === undefined || !("ResTarget" in target)) return undefined;
  return textOf(target.ResTarget.val);
}

/** None for what is no statement, such as a condition, or one that the server will refuse with better words. */
function statements(sql: string): Node[] {
  try {
    return (parseSync(sql).stmts ?? []).map(({ stmt }) => stmt as Node);
  } catch {
    return [];
  }
}
