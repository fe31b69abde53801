import type { Node, TypeName } from "libpg-query";
import { names } from "./tree.ts";

/** A statement as it is written. */
export interface Source {
  readonly node: Node;
  readonly text: string;
}

export type FunctionStatement = Extract<Node, { CreateFunctionStmt: unknown }>["CreateFunctionStmt"];

export interface WrittenFunction {
  readonly name: string;
  readonly statement: FunctionStatement;
  /** The whole statement that makes it. */
  readonly text: string;
}

/** The functions and procedures that the files make, as they are written last. */
export class Functions {
  /** By name and types of arguments: those of one name may be several. */
  readonly #written = new Map<string, WrittenFunction>();

  learn({ node, text }: Source): void {
    if ("DropStmt" in node && /^OBJECT_(FUNCTION|PROCEDURE|ROUTINE)$/.test(node.DropStmt.removeType ?? ""))
      for (const object of node.DropStmt.objects ?? []) this.#forget(object);
    if (!("CreateFunctionStmt" in node)) return;
    const statement = node.CreateFunctionStmt;
    const name = names(statement.funcname).at(-1) ?? "";
    this.#written.set(signature(name, argumentTypes(statement)), { name, statement, text });
  }

  named(name: string): WrittenFunction[] {
    return [...this.#written.values()].filter((one) => one.name === name);
  }

  #forget(object: Node): void {
    if (!("ObjectWithArgs" in object)) return;
    const { objname, objargs = [], args_unspecified } = object.ObjectWithArgs;
    const name = names(objname).at(-1) ?? "";
    if (!args_unspecified) this.#written.delete(signature(name, objargs.map(typeOf)));
    else for (const [key, one] of this.#written) if (one.name === name) this.#written.delete(key);
  }
}

const signature = (name: string, types: readonly string[]) => `${name}(${types.join(", ")})`;

function argumentTypes({ parameters = [] }: FunctionStatement): string[] {
  return parameters.flatMap((parameter) => {
    if (!("FunctionParameter" in parameter)) return [];
    const { mode, argType } = parameter.FunctionParameter;
    return mode === "FUNC_PARAM_OUT" || mode === "FUNC_PARAM_TABLE" ? [] : [written(argType)];
  });
}

const typeOf = (node: Node) => ("TypeName" in node ? written(node.TypeName) : "");

function written(type: TypeName | undefined): string {
  return `${names(type?.names).at(-1)}${"[]".repeat((type?.arrayBounds ?? []).length)}`;
}

/** The text of one of a statement's options, such as `language`. */
export function optionOf(options: readonly Node[], wanted: string): string | undefined {
  return options.flatMap((option) => {
    const { defname, arg } = "DefElem" in option ? option.DefElem : {};
    if (defname !== wanted || arg === undefined) return [];
    if ("String" in arg) return [arg.String.sval ?? ""];
    return "List" in arg ? names(arg.List.items).slice(0, 1) : [];
  })[0];
}

/** Names of the functions that a statement calls as it runs; what it only defines calls nothing yet. */
export function calledBy(node: Node): string[] {
  if ("CallStmt" in node) return [...calledName(node.CallStmt.funccall?.funcname), ...callsIn(node)];
  return Object.keys(node).some((kind) => running.has(kind)) ? callsIn(node) : [];
}

const running = new Set([
  "AlterTableStmt",
  "CreateTableAsStmt",
  "DeclareCursorStmt",
  "DeleteStmt",
  "ExecuteStmt",
  "InsertStmt",
  "MergeStmt",
  "ReturnStmt",
  "SelectStmt",
  "UpdateStmt",
]);

function callsIn(tree: unknown): string[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => [
    ...(key === "FuncCall" ? calledName(value.funcname) : []),
    ...callsIn(value),
  ]);
}

function calledName(qualified: readonly Node[] | undefined): string[] {
  const parts = names(qualified);
  return parts.length > 1 && parts[0] === "pg_catalog" ? [] : parts.slice(-1);
}
