import { SwitchyardError } from "../../programs/errors.ts";
import { isMapping } from "../../programs/stack-values.ts";
import type { Surroundings } from "../surroundings.ts";
import type { StackConfig } from "./settings.ts";

/** Where values that Pulumi encrypted stand: `{ secure: … }`, at any depth. */
export function securePaths(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => securePaths(each, [...path, String(index)]));
  if (!isMapping(value)) return [];
  const keys = Object.keys(value);
  if (keys.length === 1 && typeof value["secure"] === "string") return [path];
  return keys.flatMap((key) => securePaths(value[key], [...path, key]));
}

/**
 * A stack's configuration with its encrypted values as the engine decrypts them. Without one, the engine is not asked.
 *
 * @throws SwitchyardError `invalid-config` for one that a service would have in plain, or that cannot be decrypted.
 */
export async function decrypted(where: Surroundings, name: string, config: StackConfig): Promise<StackConfig> {
  const paths = securePaths(config).filter(([key]) => key?.startsWith("switchyard:"));
  if (paths.length === 0) return config;
  const inService = paths.find(([key]) => key === "switchyard:services");
  if (inService !== undefined) throw inPlain(inService.join("."), inService[1] ?? "<service>");
  const { LocalWorkspace } = await import("@pulumi/pulumi/automation/index.js");
  const [pulumiCommand, workDir] = await Promise.all([where.pulumi(), where.workDir(name)]);
  try {
    const stack = await LocalWorkspace.selectStack(
      { stackName: name, workDir },
      { pulumiCommand, envVars: { ...where.engineEnv } },
    );
    const all = await stack.getAllConfig();
    const keys = new Set(paths.map(([key]) => key ?? ""));
    return { ...config, ...Object.fromEntries([...keys].map((key) => [key, plain(all[key]?.value ?? "")])) };
  } catch (cause) {
    throw new SwitchyardError("invalid-config", {
      what: "it is encrypted, and the engine could not decrypt it",
      where: paths[0]?.join(".") ?? name,
      fix: "give the passphrase (PULUMI_CONFIG_PASSPHRASE) or the right to use the key of the stack's secretsprovider, or write the value in plain: no key of Switchyard's own needs a secret",
      cause,
    });
  }
}

/** A service's settings are in its task definition and in the driver's ledger, where everyone may read them. */
export function inPlain(where: string, service: string): SwitchyardError {
  return new SwitchyardError("invalid-config", {
    what: "it is encrypted (secure:), and would be decrypted into the task definition and the ledger",
    where,
    fix: `Name a key of the service's secret under switchyard:services.${service}.secrets, and put the value into Secrets Manager`,
  });
}

function plain(text: string): unknown {
  return /^\s*[[{]/.test(text) ? JSON.parse(text) : text;
}
