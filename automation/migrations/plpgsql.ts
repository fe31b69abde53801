import { parsePlPgSQLSync } from "libpg-query";
import { below } from "./tree.ts";

export interface Expression {
  readonly query: string;
  /** Whether it gives the text of the statement, and is not one itself. */
  readonly dynamic: boolean;
}

/** Where PL/pgSQL's tree has the text of a statement that is made as it runs: EXECUTE, FOR and RETURN QUERY of it, OPEN. */
function isDynamic(kind: string, key: string): boolean {
  return key === "dynquery" || (key === "query" && /^PLpgSQL_stmt_dyn/.test(kind));
}

/** Every expression of a block or a function, in its order. @throws Error for what is no PL/pgSQL. */
export function expressionsOf(text: string): Expression[] {
  const found: Expression[] = [];
  const walk = (tree: unknown, kind: string, key: string): void => {
    if (typeof tree !== "object" || tree === null) return;
    for (const [at, value] of Object.entries(tree))
      if (at === "PLpgSQL_expr") found.push({ query: value.query ?? "", dynamic: isDynamic(kind, key) });
      else if (at.startsWith("PLpgSQL_")) walk(value, at, "");
      else walk(value, kind, Array.isArray(tree) ? key : at);
  };
  for (const action of below(treeOf(text), "action")) walk(action, "", "");
  return found;
}

/**
 * The parser has no catalogue: types that are taken from a column it knows in declarations alone, and fields of a row whose
 * type is a table it takes for variables that nobody declared. What it says then is mended, and it is asked again.
 */
function treeOf(text: string): unknown {
  try {
    return parsePlPgSQLSync(text);
  } catch (error) {
    const plainer = withPlainTypes(text, (error as Error).message);
    if (plainer === text) throw error;
    return treeOf(plainer);
  }
}

function withPlainTypes(text: string, problem: string): string {
  if (problem === "Not implemented") return text.replace(/[\w."]+%TYPE/gi, "text");
  const row = /^"([^".]+)\.[^"]*" is not a known variable$/.exec(problem)?.[1];
  if (row === undefined) return text;
  const declared = new RegExp(
    `(?<![\\w.])("?${row.replace(/[^\w]/g, "\\$&")}"?\\s+(?:IN\\s+|INOUT\\s+|OUT\\s+)?)(?!record\\b)[\\w."]+(?:%ROWTYPE)?(?=\\s*(?:[;,):=]|DEFAULT\\b|NOT\\b))`,
    "i",
  );
  return text.replace(declared, "$1record");
}
