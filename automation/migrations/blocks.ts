import { type Node, parseSync } from "libpg-query";
import { quotedText, textOf } from "./constants.ts";
import { calledBy, type Functions, optionOf, type Source, type WrittenFunction } from "./functions.ts";
import { type Expression, expressionsOf } from "./plpgsql.ts";

/** A statement that is run, and what of it the lint cannot read: text that a block puts together, another language. */
export interface Step {
  readonly node: Node;
  readonly unread: readonly string[];
}

/**
 * What a statement runs: itself, one that it prepares, explains or copies from, for a DO block of PL/pgSQL each statement
 * in it, that of an EXECUTE too where its text is put together of constants alone, and what the functions run that it
 * calls, where the files make them.
 *
 * @param inside The functions it is in: one that calls itself is followed once.
 */
export function run(source: Source, functions: Functions, inside: readonly string[] = []): readonly Step[] {
  const { node, text } = source;
  functions.learn(source);
  if ("DoStmt" in node) {
    const { args = [] } = node.DoStmt;
    const body = `DO ${quotedText(optionOf(args, "as") ?? "")}`;
    const { unread, steps } = block(optionOf(args, "language"), body, functions, inside);
    return [{ node, unread }, ...steps];
  }
  const inner =
    "PrepareStmt" in node
      ? node.PrepareStmt.query
      : "ExplainStmt" in node
        ? node.ExplainStmt.query
        : "CopyStmt" in node
          ? node.CopyStmt.query
          : undefined;
  const called = calls(node, functions, inside);
  return [
    { node, unread: called.unread },
    ...(inner ? run({ node: inner, text }, functions, inside) : []),
    ...called.steps,
  ];
}

interface Read {
  readonly unread: readonly string[];
  readonly steps: readonly Step[];
}

function calls(node: Node, functions: Functions, inside: readonly string[]): Read {
  const found = [...new Set(calledBy(node))]
    .filter((name) => !inside.includes(name))
    .flatMap((name) => functions.named(name))
    .map((one) => bodyOf(one, functions, [...inside, one.name]));
  return { unread: found.flatMap(({ unread }) => unread), steps: found.flatMap(({ steps }) => steps) };
}

function bodyOf({ name, statement, text }: WrittenFunction, functions: Functions, inside: readonly string[]): Read {
  const { options = [], sql_body } = statement;
  const language = optionOf(options, "language")?.toLowerCase() ?? "sql";
  if (language === "sql") {
    const written = sql_body ? nodesOf(sql_body).map((node) => ({ node, text })) : statements(optionOf(options, "as"));
    return { unread: [], steps: written.flatMap((source) => run(source, functions, inside)) };
  }
  const { unread, steps } = block(language, text, functions, inside);
  return { unread: unread.map((what) => `${what} in the function ${name}`), steps };
}

/** The statements of a body that is SQL itself, and no text. */
function nodesOf(body: Node): Node[] {
  return "List" in body ? (body.List.items ?? []).flatMap(nodesOf) : [body];
}

/** @param text The DO or the statement that makes the function, whole. */
function block(language = "plpgsql", text: string, functions: Functions, inside: readonly string[]): Read {
  if (language.toLowerCase() !== "plpgsql") return { unread: [`a block in ${language}`], steps: [] };
  let expressions: readonly Expression[];
  try {
    expressions = expressionsOf(text);
  } catch (error) {
    return { unread: [`a block that cannot be read as PL/pgSQL (${(error as Error).message})`], steps: [] };
  }
  const steps: Step[] = [];
  const unread: string[] = [];
  for (const { query, dynamic } of expressions) {
    const called = calls(expression(query), functions, inside);
    steps.push(...called.steps);
    unread.push(...called.unread);
    const made = dynamic ? constantText(query) : query;
    if (made === undefined) unread.push(`EXECUTE ${query}`);
    else steps.push(...statements(made).flatMap((source) => run(source, functions, inside)));
  }
  return { unread, steps };
}

/** The text that an expression of constants gives. */
function constantText(text: string): string | undefined {
  const select = expression(text);
  const [target, ...others] = "SelectStmt" in select ? (select.SelectStmt.targetList ?? []) : [];
  if (others.length > 0 || target === undefined || !("ResTarget" in target)) return undefined;
  return textOf(target.ResTarget.val);
}

/** A condition or what a variable is set to as the SELECT that PL/pgSQL makes of it; of anything else an empty one. */
function expression(text: string): Node {
  const [select, ...more] = statements(`SELECT ${text.replace(/^[\w".[\]]+\s*:?=(?!=)/, "")}`);
  return select === undefined || more.length > 0 ? { SelectStmt: {} } : select.node;
}

/** None for what is no statement, such as a condition, or one that the server will refuse with better words. */
function statements(sql = ""): Source[] {
  try {
    const bytes = Buffer.from(sql);
    return (parseSync(sql).stmts ?? []).map(({ stmt, stmt_location: start = 0, stmt_len: length }) => ({
      node: stmt as Node,
      text: bytes.toString("utf8", start, length ? start + length : bytes.length),
    }));
  } catch {
    return [];
  }
}
