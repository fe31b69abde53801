import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import structs from "google-protobuf/google/protobuf/struct_pb.js";

/** A property value as it travels: JSON, with secrets, references, assets and output values as signed objects. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
export type Properties = { [key: string]: Value };

export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";

export function isObject(value: Value | undefined): value is { [key: string]: Value } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasSignature(value: Value | undefined, signature: string): value is { [key: string]: Value } {
  return isObject(value) && value[signatureKey] === signature;
}

export function isSecret(value: Value | undefined): value is { value: Value } {
  return hasSignature(value, secretSignature);
}

export function secret(value: Value): Value {
  return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

/** Applies `change` bottom-up to every value inside `value`. */
function rewrite(value: Value, change: (value: Value) => Value): Value {
  if (Array.isArray(value)) return change(value.map((item) => rewrite(item, change)));
  if (!isObject(value)) return change(value);
  const copy: Properties = {};
  for (const [key, item] of Object.entries(value)) if (item !== undefined) copy[key] = rewrite(item, change);
  return change(copy);
}

function some(value: Value | undefined, test: (value: Value) => boolean): boolean {
  if (value === undefined) return false;
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => some(item, test));
  return isObject(value) && Object.values(value).some((item) => some(item, test));
}

export function containsUnknown(value: Value | undefined): boolean {
  return some(value, (item) => item === unknownValue || (hasSignature(item, outputSignature) && !("value" in item)));
}

export function containsSecret(value: Value | undefined): boolean {
  return some(value, (item) => isSecret(item) || (hasSignature(item, outputSignature) && item["secret"] === true));
}

/** The value without its secret marks: for comparing, and for those entitled to read it. */
export function reveal<V extends Value>(value: V): V {
  return rewrite(value, (item) => (isSecret(item) ? item.value : item)) as V;
}

/** The value with every secret replaced by "[secret]". */
export function mask(value: Value): Value {
  if (isSecret(value)) return "[secret]";
  if (Array.isArray(value)) return value.map(mask);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item)]));
}

/** Output values (which only remote components exchange) become plain, unknown or secret values. */
export function lowerOutputs<V extends Value>(value: V, dependencies?: Set<string>): V {
  return rewrite(value, (item) => {
    if (!hasSignature(item, outputSignature)) return item;
    for (const urn of (item["dependencies"] as string[] | undefined) ?? []) dependencies?.add(urn);
    const plain = "value" in item ? (item["value"] as Value) : unknownValue;
    return item["secret"] === true ? secret(plain) : plain;
  }) as V;
}

/** Marks secret each output that carries, under the same name, the value of a secret input. */
export function keepSecrets(outputs: Properties, inputs: Properties, names: readonly string[] = []): Properties {
  const marked: Properties = {};
  for (const [key, value] of Object.entries(outputs)) {
    const input = inputs[key];
    const leaked = input !== undefined && containsSecret(input) && !containsSecret(value);
    marked[key] = leaked || names.includes(key) ? secret(value) : value;
  }
  return marked;
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return isDeepStrictEqual(a === undefined ? a : reveal(a), b === undefined ? b : reveal(b));
}

/** Adds to assets and archives the hash of their content, by which a change of content is a difference. */
export function hashAssets<V extends Value>(value: V, directory: string): V {
  return rewrite(value, (item) => {
    if (!hasSignature(item, assetSignature) && !hasSignature(item, archiveSignature)) return item;
    return { ...item, hash: contentHash(item, directory) };
  }) as V;
}

function contentHash(asset: Properties, directory: string): string {
  const hash = createHash("sha256");
  if (typeof asset["text"] === "string") return hash.update(asset["text"]).digest("hex");
  if (typeof asset["uri"] === "string") return hash.update(asset["uri"]).digest("hex");
  if (isObject(asset["assets"])) return hash.update(JSON.stringify(asset["assets"])).digest("hex");
  const path = asset["path"];
  if (typeof path !== "string") return "";
  return hashPath(isAbsolute(path) ? path : join(directory, path));
}

function hashPath(path: string): string {
  const hash = createHash("sha256");
  if (!statSync(path).isDirectory()) return hash.update(readFileSync(path)).digest("hex");
  for (const name of readdirSync(path).sort()) hash.update(`${name}\0${hashPath(join(path, name))}\0`);
  return hash.digest("hex");
}

export function toStruct(properties: Properties): structs.Struct {
  return structs.Struct.fromJavaScript(rewrite(properties, (item) => item) as Record<string, structs.JavaScriptValue>);
}

export function fromStruct(struct: structs.Struct | undefined): Properties {
  return (struct?.toJavaScript() ?? {}) as Properties;
}
