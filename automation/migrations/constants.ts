import type { Node } from "libpg-query";
import { names } from "./tree.ts";

/** The text of an expression that is made of constants alone; undefined for one that is not, or that gives null. */
export function textOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ("A_Const" in node) {
    const { sval, ival, fval } = node.A_Const;
    if (sval) return sval.sval ?? "";
    return ival ? String(ival.ival ?? 0) : fval?.fval;
  }
  // A cast to anything but text may change how the value is written.
  if ("TypeCast" in node) {
    const type = names(node.TypeCast.typeName?.names).at(-1) ?? "";
    const limited = (node.TypeCast.typeName?.typmods ?? []).length > 0;
    return /^(text|varchar)$/.test(type) && !limited ? textOf(node.TypeCast.arg) : undefined;
  }
  if ("A_Expr" in node) {
    const { kind, name, lexpr, rexpr } = node.A_Expr;
    return kind === "AEXPR_OP" && names(name).join(".") === "||" ? joined([lexpr, rexpr].map(textOf)) : undefined;
  }
  return "FuncCall" in node ? called(node.FuncCall) : undefined;
}

type Call = Extract<Node, { FuncCall: unknown }>["FuncCall"];

function called({ funcname, args = [], func_variadic }: Call): string | undefined {
  const texts = args.map(textOf);
  if (func_variadic === true || !texts.every((text) => text !== undefined)) return undefined;
  const [first = "", ...more] = texts;
  const name = names(funcname)
    .filter((part) => part !== "pg_catalog")
    .join(".");
  if (name === "format") return formatted(first, more);
  if (name === "concat") return joined(texts);
  if (name === "concat_ws") return more.join(first);
  if (name === "quote_ident") return quotedName(first);
  return name === "quote_literal" ? quotedText(first) : undefined;
}

function joined(texts: readonly (string | undefined)[]): string | undefined {
  return texts.every((text) => text !== undefined) ? texts.join("") : undefined;
}

/** As PostgreSQL's `format` does; undefined where a width is asked for, or an argument that is not there. */
function formatted(template: string, args: readonly string[]): string | undefined {
  let next = 0;
  const parts = template.split(/(%(?:\d+\$)?[sIL%])/).map((part, at) => {
    if (at % 2 === 0) return part.includes("%") ? undefined : part;
    if (part === "%%") return "%";
    const position = /\d+/.exec(part)?.[0];
    if (position !== undefined) next = Number(position) - 1;
    const value = args[next++];
    if (value === undefined || part.endsWith("s")) return value;
    return part.endsWith("I") ? quotedName(value) : quotedText(value);
  });
  return joined(parts);
}

/** With quotes always: what needs none means the same with them, as it has no capitals. */
const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`;
/** A text as SQL writes it. */
export const quotedText = (text: string) =>
  text.includes("\\")
    ? ` E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
