import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, parseDocument } from "yaml";
import { configProblems } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { isMapping, mergeStackValues } from "../../programs/stack-values.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { parseYaml, type StackConfig, stackFile, switchyardValues } from "./settings.ts";

/** One `path=value` of `--config` or `--set`. */
export interface Given {
  /** The full key (`switchyard:services`), then the steps below it. */
  readonly path: readonly string[];
  readonly text: string;
}

export type GivenFlag = "--config" | "--set";

/**
 * `services.web.environment.GREETING=hello`. A step with a dot of its own is written `tags["cost.center"]`.
 *
 * @throws SwitchyardError `invalid-flag` when it is not a path and a value.
 */
export function parseGiven(flag: GivenFlag, text: string): Given {
  const [, path = "", value = ""] = /^((?:\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[^=[])+)=(.*)$/s.exec(text) ?? [];
  const steps = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|([^.[\]]+)/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? "",
  );
  const [key, ...below] = steps;
  if (key === undefined)
    throw new SwitchyardError("invalid-flag", {
      what: `"${text.split("=")[0]}" is not path=value`,
      where: flag,
      fix: `give a path and a value, such as ${flag} services.web.desiredCount=3`,
    });
  const full = key.includes(":") ? key : `switchyard:${key}`;
  if (flag === "--set" && !full.startsWith("switchyard:"))
    throw new SwitchyardError("invalid-flag", {
      what: `${full} is the engine's own, which reads it from the stack's file`,
      where: flag,
      fix: `write it there with --config ${full}=…`,
    });
  return { path: [full, ...below], text: value };
}

/**
 * The values that were given, nested under their keys, to be laid over a stack's configuration. Each is of the type that
 * the stack's schema takes at its place: `100` is a number there, and a text where a text is wanted. `"100"` is a text.
 */
export function typedValues(stack: string, base: StackConfig, given: readonly Given[]): StackConfig {
  let over: StackConfig = {};
  for (const { path, text } of given) {
    const [first, ...others] = candidates(path, text);
    const laid = (value: unknown) => mergeStackValues(over, nested(mergeStackValues(base, over), path, value));
    const taken = (value: unknown) => !isRefused(stack, mergeStackValues(base, laid(value)), path);
    over = laid(taken(first) ? first : (others.find(taken) ?? first));
  }
  return over;
}

function candidates(path: readonly string[], text: string): readonly unknown[] {
  if (/^"(?:[^"\\]|\\.)*"$/s.test(text)) return [jsonOr(text)];
  // The engine takes texts only, and hands plain values over as texts.
  const isEngines = !path[0]?.startsWith("switchyard:");
  const isPlain = path.length === 1 && !/^\s*[[{]/.test(text);
  return isEngines || isPlain ? [text] : [jsonOr(text), text];
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isRefused(stack: string, config: StackConfig, path: readonly string[]): boolean {
  const place = path.map((step, index) => (index === 0 ? step.replace(/^[^:]*:/, "") : step));
  return configProblems(stack, switchyardValues(config)).some((problem) =>
    place.every((step, index) => String(problem[index]) === step),
  );
}

/** A value under its path. An element of a list comes with the whole list: laid over another, a list replaces it. */
function nested(base: unknown, [step, ...below]: readonly string[], value: unknown): StackConfig {
  if (step === undefined) return value as StackConfig;
  const under = isMapping(base) || Array.isArray(base) ? (base as StackConfig)[step] : undefined;
  const inner = nested(under, below, value);
  if (!Array.isArray(base) || !/^\d+$/.test(step)) return { [step]: inner };
  const merged = isMapping(under) && isMapping(inner) ? mergeStackValues(under, inner) : inner;
  const list = [...base];
  list[Number(step)] = merged;
  return list as unknown as StackConfig;
}

/**
 * Writes values into a stack's file, whose comments, order and quotes stay.
 *
 * @returns the file
 * @throws SwitchyardError `invalid-config` when the file says that place in a way only a person can change.
 */
export async function writeStackValues(dir: string, stack: string, values: StackConfig): Promise<string> {
  const file = stackFile(dir, stack);
  const text = (await readIfThere(file)) ?? "";
  const before = parseYaml(file, text);
  const document = parseDocument(text, { merge: true });
  const wanted = mergeStackValues(before, values);
  try {
    if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
    for (const { path, value } of leaves(values)) {
      // An empty mapping over another leaves that as it is.
      if (isMapping(value) && isMap(document.getIn(["config", ...path]))) continue;
      setIn(document, ["config", ...path], value);
    }
    if (!isDeepStrictEqual(parseYaml(file, String(document)), wanted))
      throw new Error("an anchor or a merge is in the way");
  } catch (cause) {
    throw new SwitchyardError("invalid-config", {
      what: `${leaves(values)[0]?.path.join(".")} cannot be changed in it (${(cause as Error).message})`,
      where: file,
      fix: "change it there by hand",
      cause,
    });
  }
  // Nothing is folded: long texts stay on one line.
  await writeAtomically(file, document.toString({ lineWidth: 0 }));
  return file;
}

function setIn(document: Document, path: readonly string[], value: unknown): void {
  document.setIn(path, typeof value === "object" && value !== null ? document.createNode(value) : value);
}

/** What is no mapping, with the way to it; an empty mapping counts as it is. */
function leaves(values: StackConfig, path: readonly string[] = []): { path: readonly string[]; value: unknown }[] {
  return Object.entries(values).flatMap(([step, value]) =>
    isMapping(value) && Object.keys(value).length > 0
      ? leaves(value, [...path, step])
      : [{ path: [...path, step], value }],
  );
}
