import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type ConfigValues, configValues } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";

export type StackConfig = Readonly<Record<string, unknown>>;

/** Pulumi.<stack>.yaml of a directory. @throws SwitchyardError `not-found` naming the stacks that exist. */
export async function readStackFile(dir: string, stack: string): Promise<{ config: StackConfig }> {
  const file = join(dir, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) {
    const names = (await readdir(dir)).flatMap((f) => /^Pulumi\.(.+)\.yaml$/.exec(f)?.[1] ?? []);
    throw new SwitchyardError("not-found", {
      what: `there is no file Pulumi.${stack}.yaml`,
      where: `stack ${stack}`,
      fix: `stacks here: ${names.join(", ")}`,
    });
  }
  try {
    const content = (parse(await readFile(file, "utf8")) ?? {}) as { config?: StackConfig };
    return { config: content.config ?? {} };
  } catch (cause) {
    throw new SwitchyardError("invalid-config", {
      what: "it is not readable as YAML",
      where: file,
      fix: `correct the syntax (${(cause as Error).message.split("\n")[0]})`,
      cause,
    });
  }
}

/** The `switchyard:` values of a stack, as its program's schema takes them. */
export function switchyardValues(config: StackConfig): ConfigValues {
  const flat = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return configValues(Object.fromEntries(flat) as Record<string, string>);
}

/**
 * `services.web.environment.GREETING=hello` as a nested value under its full key. Numbers and booleans keep their type.
 *
 * @throws SwitchyardError `invalid-flag` when there is no `=`.
 */
export function parseOverride(text: string): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at <= 0)
    throw new SwitchyardError("invalid-flag", {
      what: `"${text}" is not path=value`,
      where: "--config",
      fix: "give a path and a value, such as --config services.web.desiredCount=3",
    });
  const path = text.slice(0, at);
  const key = path.includes(":") ? path : `switchyard:${path}`;
  const [first, ...rest] = key.split(".");
  const value = rest.reduceRight<unknown>((inner, part) => ({ [part]: inner }), scalar(text.slice(at + 1)));
  return { [String(first)]: value };
}

function scalar(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** `over` laid over `base`; mappings are merged, everything else is replaced. */
export function mergeStackValues(base: StackConfig, over: StackConfig): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isMapping(before) && isMapping(value) ? mergeStackValues(before, value) : value;
  }
  return merged;
}

function isMapping(value: unknown): value is StackConfig {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lays values over a stack's own file. */
export async function writeStackValues(dir: string, stack: string, values: StackConfig): Promise<void> {
  const { config } = await readStackFile(dir, stack);
  const file = join(dir, `Pulumi.${stack}.yaml`);
  const whole = (parse(await readFile(file, "utf8")) ?? {}) as Record<string, unknown>;
  await writeFile(file, stringify({ ...whole, config: mergeStackValues(config, values) }));
}
