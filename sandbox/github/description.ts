/** GitHub's own description of its REST API (npm `@octokit/openapi`): which calls there are, and what each takes and answers. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv, type ValidateFunction } from "ajv";
import * as formats from "ajv-formats";

export type Json = Readonly<Record<string, unknown>>;

/** A schema of OpenAPI 3.0, as far as it is read here. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface DescribedOperation {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content | { readonly $ref: string }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

export interface Operation {
  readonly id: string;
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Of a JSON body; undefined where the operation takes none. */
  readonly body: Schema | undefined;
  /** Of an answer in JSON with a status; undefined where the description has none. */
  answer(status: number): Schema | undefined;
}

const documentId = "github";
const methods = ["get", "post", "put", "patch", "delete"];

/** Reads the description. It is 13 MB, so it is read once a process. */
export class Description {
  readonly #document: Document;
  readonly #ajv: Ajv;
  readonly #validators = new Map<Schema, ValidateFunction>();
  readonly #operations = new Map<string, Operation>();

  constructor() {
    const file = createRequire(import.meta.url).resolve("@octokit/openapi/generated/api.github.com.json");
    this.#document = JSON.parse(readFileSync(file, "utf8")) as Document;
    sayNull(this.#document);
    this.#ajv = new Ajv({ strict: false, allErrors: true, logger: false });
    formats.default.default(this.#ajv);
    this.#ajv.addSchema(this.#document as object, documentId);
    for (const [path, item] of Object.entries(this.#document.paths))
      for (const method of methods) {
        const described = item[method];
        if (described) this.#operations.set(described.operationId, this.#operation(path, method, described));
      }
  }

  /** @throws Error for an id that GitHub does not have. */
  operation(id: string): Operation {
    const found = this.#operations.get(id);
    if (!found) throw new Error(`GitHub describes no operation ${id}`);
    return found;
  }

  /** What of a value is not as its schema says; empty when it is. */
  problems(schema: Schema, value: unknown): readonly string[] {
    let validate = this.#validators.get(schema);
    if (!validate) {
      validate = this.#ajv.compile(absolute(schema) as object);
      this.#validators.set(schema, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || "/"} ${message ?? ""}`);
  }

  /** A schema without a reference at its top. */
  resolve(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : this.resolve(this.#at(schema.$ref) as Schema);
  }

  #at(pointer: string): unknown {
    const steps = pointer.slice(2).split("/");
    return steps.reduce<unknown>((at, step) => (at as Json)[unescaped(step)], this.#document);
  }

  #operation(path: string, method: string, described: DescribedOperation): Operation {
    const resolved = <T extends object>(value: T | { readonly $ref: string }): T =>
      "$ref" in value ? (this.#at(value.$ref) as T) : value;
    return {
      ...{ id: described.operationId, method: method.toUpperCase(), path },
      parameters: (described.parameters ?? []).map((one) => resolved<Parameter>(one)),
      body: described.requestBody && jsonOf(described.requestBody),
      answer: (status) => {
        const response = described.responses[String(status)];
        return response && jsonOf(resolved<Content>(response));
      },
    };
  }
}

/**
 * The validator takes `nullable` beside a `type` only, and an `enum` without null refuses it all the same, where GitHub means that
 * it may be null: null becomes an alternative.
 */
function sayNull(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  Object.values(value).forEach(sayNull);
  if (Array.isArray(value)) return;
  const { nullable, ...rest } = value as Schema;
  if (typeof nullable !== "boolean" || (rest.type !== undefined && rest.enum === undefined)) return;
  for (const key of Object.keys(value)) delete (value as Record<string, unknown>)[key];
  Object.assign(value, nullable ? { anyOf: [rest, { type: "null" }] } : rest);
}

function jsonOf({ content = {} }: Content): Schema | undefined {
  return content["application/json"]?.schema;
}

function unescaped(step: string): string {
  return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** References into the document, wherever the schema itself stands. */
function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, v]) => [
    key,
    key === "$ref" && typeof v === "string" && v.startsWith("#") ? `${documentId}${v}` : absolute(v),
  ]);
  return Object.fromEntries(entries);
}
