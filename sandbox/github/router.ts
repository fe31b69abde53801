/** From a request to what GitHub's description calls it, with what it was given checked by that description. */
import type { Handler, Handlers } from "./call.ts";
import type { Description, Json, Operation, Schema } from "./description.ts";
import { notFound, Refusal } from "./refusal.ts";

interface Route {
  readonly operation: Operation;
  readonly handler: Handler;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

export interface Matched {
  readonly operation: Operation;
  readonly handler: Handler;
  readonly path: Readonly<Record<string, string>>;
}

export class Router {
  readonly #routes: readonly Route[];
  readonly #description: Description;

  /** @throws Error when a handler is of an operation that GitHub does not describe. */
  constructor(description: Description, handlers: Handlers) {
    this.#description = description;
    this.#routes = Object.entries(handlers).map(([id, handler]) => {
      const operation = description.operation(id);
      const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
      const pattern = new RegExp(`^${operation.path.replace(/\{\w+\}/g, "([^/]+)")}$`);
      return { operation, handler, pattern, names };
    });
  }

  match(method: string, path: string): Matched {
    for (const { operation, handler, pattern, names } of this.#routes) {
      const found = operation.method === method ? pattern.exec(path) : null;
      if (!found) continue;
      const values = names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? "")]);
      return { operation, handler, path: Object.fromEntries(values) };
    }
    throw notFound();
  }

  /**
   * The parameters, as numbers where they are numbers.
   *
   * @throws Refusal for one that GitHub does not describe, or whose value it does not take.
   */
  parameters({ operation, path }: Matched, query: URLSearchParams): Json {
    const given: Readonly<Record<string, string>> = { ...Object.fromEntries(query), ...path };
    const read = Object.entries(given).map(([name, value]) => {
      const known = operation.parameters.find((one) => one.name === name);
      if (!known) throw invalid(operation, `there is no parameter ${name}`);
      const schema = this.#description.resolve(known.schema);
      const typed = typedAs(schema, value);
      // An id that is no number names nothing that there is.
      const [problem] = this.#description.problems(known.schema, typed);
      if (problem !== undefined && known.in === "path") throw notFound();
      if (problem !== undefined) throw invalid(operation, `${name}${problem}`);
      return [name, typed] as const;
    });
    return Object.fromEntries(read);
  }

  /** @throws Refusal for a body that is not as GitHub describes it, or has what it does not describe. */
  body({ operation }: Matched, given: unknown): Json {
    if (operation.body === undefined) {
      if (given === undefined) return {};
      throw invalid(operation, "it takes no body");
    }
    const value = given ?? {};
    const [problem] = this.#description.problems(operation.body, value);
    if (problem !== undefined) throw invalid(operation, problem);
    const { properties } = this.#description.resolve(operation.body);
    const unknown = Object.keys(value as Json).find((key) => properties && !(key in properties));
    if (unknown !== undefined) throw invalid(operation, `there is no property ${unknown}`);
    return value as Json;
  }
}

function typedAs({ type }: Schema, value: string): unknown {
  return type === "integer" || type === "number" ? Number(value) : type === "boolean" ? value === "true" : value;
}

function invalid({ id }: Operation, problem: string): Refusal {
  return new Refusal(422, `Invalid request.\n\n${id}: ${problem}`, { errors: [] });
}
