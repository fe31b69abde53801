import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { type ConfigValues, configValues } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { readIfThere } from "../files.ts";
import { previewsFile, pullOf } from "../previews/name.ts";

export type StackConfig = Readonly<Record<string, unknown>>;

/** Pulumi.<stack>.yaml of a directory; for a preview environment without one, what all of them have. @throws SwitchyardError `not-found` naming the stacks that exist. */
export async function readStackFile(dir: string, stack: string): Promise<{ config: StackConfig }> {
  const own = stackFile(dir, stack);
  const isOwn = pullOf(stack) === undefined || existsSync(own);
  const file = isOwn ? own : join(dir, previewsFile);
  const text = await readIfThere(file);
  if (text === undefined) {
    const names = (await readdir(dir)).flatMap((f) => /^Pulumi\.(.+)\.yaml$/.exec(f)?.[1] ?? []);
    throw new SwitchyardError("not-found", {
      what: `there is no file Pulumi.${stack}.yaml`,
      where: `stack ${stack}`,
      fix: `stacks here: ${names.join(", ")}`,
    });
  }
  return { config: parseYaml(file, text) };
}

export function stackFile(dir: string, stack: string): string {
  return join(dir, `Pulumi.${stack}.yaml`);
}

/** The configuration in a stack's file, anchors and merges resolved. @throws SwitchyardError `invalid-config`. */
export function parseYaml(file: string, text: string): StackConfig {
  try {
    const content = (parse(text, { merge: true }) ?? {}) as { config?: StackConfig };
    return content.config ?? {};
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
