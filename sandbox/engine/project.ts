import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Document, parseDocument } from "yaml";
import { EngineError } from "./errors.ts";
import { writeAtomically } from "./files.ts";
import { getPath, type PathStep, parsePath, setPath } from "./paths.ts";
import type { Crypter } from "./secrets.ts";
import { isObject, type Properties, type Value } from "./values.ts";

/** One configuration value as programs get it: a string, which is JSON when `object`. */
export interface ConfigValue {
  readonly string: string;
  readonly secret: boolean;
  readonly object: boolean;
}
export type Config = Record<string, ConfigValue>;

export interface Project {
  readonly name: string;
  readonly directory: string;
  readonly main?: string;
  readonly runtime: { readonly name: string; readonly options: Properties };
  readonly backendUrl?: string;
  readonly config: Properties;
}

export function readProject(directory: string): Project {
  const path = settingsFile(directory, "Pulumi");
  if (path === undefined) {
    const what = "no Pulumi.yaml project file found";
    throw new EngineError("invalid-argument", { where: directory, what, fix: "Run in a directory that has one" });
  }
  const settings = parse(path).toJS() as Properties | null;
  if (typeof settings?.["name"] !== "string") {
    throw new EngineError("invalid-argument", { where: `${path}: name`, what: "is missing", fix: "Name the project" });
  }
  const runtime = settings["runtime"];
  const { main, backend } = settings;
  return {
    name: settings["name"],
    directory,
    ...(typeof main === "string" && { main }),
    runtime: isObject(runtime)
      ? { name: String(runtime["name"]), options: (runtime["options"] ?? {}) as Properties }
      : { name: String(runtime), options: {} },
    ...(isObject(backend) && typeof backend["url"] === "string" && { backendUrl: backend["url"] }),
    config: (settings["config"] ?? {}) as Properties,
  };
}

function settingsFile(directory: string, name: string): string | undefined {
  return [".yaml", ".yml", ".json"]
    .map((extension) => join(directory, name + extension))
    .find((path) => existsSync(path));
}

function parse(path: string): Document {
  const document = parseDocument(readFileSync(path, "utf8"));
  const [error] = document.errors;
  if (error) {
    throw new EngineError("invalid-argument", {
      where: path,
      what: `is not YAML: ${error.message}`,
      fix: "Correct it",
    });
  }
  return document;
}

/** The configuration file of one stack. */
export class StackConfig {
  readonly path: string;
  private readonly project: Project;
  private readonly crypter: () => Crypter;

  constructor(project: Project, stack: string, crypter: () => Crypter, file?: string) {
    this.project = project;
    this.crypter = crypter;
    const standard =
      settingsFile(project.directory, `Pulumi.${stack}`) ?? join(project.directory, `Pulumi.${stack}.yaml`);
    this.path = file === undefined ? standard : resolve(project.directory, file);
  }

  /** Every value of the stack, with the project's defaults. */
  values(): Config {
    const values: Config = {};
    for (const [key, entry] of Object.entries(this.project.config)) {
      const value = projectDefault(entry);
      if (value !== undefined) values[this.qualify(key)] = this.value(value, key);
    }
    for (const [key, value] of Object.entries(this.entries())) values[this.qualify(key)] = this.value(value, key);
    return values;
  }

  get(key: string, asPath: boolean): ConfigValue {
    const [name, steps] = this.locate(key, asPath);
    const value = getPath(this.entry(name), steps);
    if (value === undefined) {
      const inherited = steps.length === 0 ? this.values()[name] : undefined;
      if (inherited) return inherited;
      const where = `configuration key '${key}'`;
      throw new EngineError("invalid-argument", { where, what: `not found in ${this.path}`, fix: "Set it" });
    }
    return this.value(value, key);
  }

  set(key: string, text: string, options: { secret: boolean; path: boolean }): void {
    const [name, steps] = this.locate(key, options.path);
    const plain = options.path && !options.secret ? typed(text) : text;
    this.put(name, steps, options.secret ? { secure: this.crypter().encrypt(text) } : plain);
  }

  setValue(key: string, { string, secret, object }: ConfigValue): void {
    if (secret && object) this.put(key, [], secureLeaves(JSON.parse(string) as Value, this.crypter()));
    else this.put(key, [], secret ? { secure: this.crypter().encrypt(string) } : object ? JSON.parse(string) : string);
  }

  remove(key: string, asPath: boolean): void {
    const [name, steps] = this.locate(key, asPath);
    this.put(name, steps, undefined);
  }

  private put(name: string, steps: readonly PathStep[], value: Value | undefined): void {
    const document = existsSync(this.path) ? parse(this.path) : parseDocument("{}\n");
    const written = this.writtenKey(name);
    let content: Value | undefined = value;
    if (steps.length > 0) {
      const current = this.entry(name);
      const root =
        isObject(current) || Array.isArray(current) ? structuredClone(current) : typeof steps[0] === "number" ? [] : {};
      setPath(root as Properties, steps, value);
      content = root;
    }
    if (content === undefined) document.deleteIn(["config", written]);
    else document.setIn(["config", written], document.createNode(content));
    if (document.contents && "flow" in document.contents) document.contents.flow = false;
    writeAtomically(
      this.path,
      this.path.endsWith(".json") ? `${JSON.stringify(document.toJS(), null, 4)}\n` : String(document),
    );
  }

  private entries(): Properties {
    if (!existsSync(this.path)) return {};
    const config = (parse(this.path).toJS() as Properties | null)?.["config"] ?? {};
    if (isObject(config)) return config;
    throw new EngineError("invalid-argument", {
      where: `${this.path}: config`,
      what: "is not a map",
      fix: "Make it one",
    });
  }

  private entry(name: string): Value | undefined {
    return this.entries()[this.writtenKey(name)];
  }

  /** The key as the file has it: the project's own keys may stand there without its name. */
  private writtenKey(name: string): string {
    return Object.keys(this.entries()).find((key) => this.qualify(key) === name) ?? name;
  }

  private locate(key: string, asPath: boolean): [string, PathStep[]] {
    if (!asPath) return [this.qualify(key), []];
    const cut = key.indexOf(":");
    const [first, ...rest] = parsePath(key.slice(cut + 1));
    return [this.qualify(`${key.slice(0, cut + 1)}${first}`), rest];
  }

  private qualify(key: string): string {
    return key.includes(":") ? key.replace(/^([^:]+):config:/, "$1:") : `${this.project.name}:${key}`;
  }

  private value(written: Value, key: string): ConfigValue {
    const found = { secret: false };
    const plain = this.decrypt(written, key, found);
    const object = isObject(plain) || Array.isArray(plain);
    const string = object ? JSON.stringify(sorted(plain)) : plain === null ? "" : String(plain);
    return { string, secret: found.secret, object };
  }

  private decrypt(value: Value, key: string, found: { secret: boolean }): Value {
    if (Array.isArray(value)) return value.map((item) => this.decrypt(item, key, found));
    if (!isObject(value)) return value;
    if (typeof value["secure"] === "string" && Object.keys(value).length === 1) {
      found.secret = true;
      return this.crypter().decrypt(value["secure"], `${this.path}: ${key}`);
    }
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.decrypt(item, key, found)]));
  }
}

/** A project's entry is a value, or a declaration with a `value` or a `default`. */
function projectDefault(entry: Value): Value | undefined {
  const declares = isObject(entry) && ["type", "default", "value", "description"].some((key) => key in entry);
  return declares ? (entry["value"] ?? entry["default"]) : entry;
}

function typed(text: string): Value {
  if (text === "true" || text === "false") return text === "true";
  return /^(0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

function secureLeaves(value: Value, crypter: Crypter): Value {
  if (Array.isArray(value)) return value.map((item) => secureLeaves(item, crypter));
  if (!isObject(value)) return { secure: crypter.encrypt(String(value)) };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, secureLeaves(item, crypter)]));
}

function sorted(value: Value): Value {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}
