import type alias from "@pulumi/pulumi/proto/alias_pb.js";
import type rpc from "@pulumi/pulumi/proto/resource_pb.js";
import { unsupported } from "./errors.ts";
import { sourceOf } from "./source.ts";
import type { Resource, Timeouts } from "./state.ts";
import { makeUrn, nameOf, qualifiedType } from "./urn.ts";
import { fromStruct, lowerOutputs, type Properties } from "./values.ts";

/** What a program asks a resource to be. */
export interface Goal {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent?: string;
  readonly inputs: Properties;
  readonly provider?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly deleteBeforeReplace?: boolean;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: { readonly [key: string]: readonly string[] };
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly aliases: readonly Alias[];
  readonly importId?: string;
  readonly customTimeouts: Timeouts;
  readonly deletedWith?: string;
  readonly replaceWith: readonly string[];
  /** Where the program asks it, as the state keeps it. */
  readonly source?: Pick<Resource, "sourcePosition" | "stackTrace">;
}

export type Alias =
  | { readonly urn: string }
  | {
      readonly name?: string;
      readonly type?: string;
      readonly stack?: string;
      readonly project?: string;
      readonly parent?: string;
      readonly noParent?: boolean;
    };

/** @param directory the project's */
export function goalOf(request: rpc.RegisterResourceRequest, directory: string): Goal {
  refuse(request);
  const inputs = fromStruct(request.getObject());
  const propertyDependencies: Record<string, string[]> = {};
  for (const [key, list] of request.getPropertydependenciesMap().entries()) {
    propertyDependencies[key] = list.getUrnsList();
  }
  const protect = request.hasProtect() ? request.getProtect() : undefined;
  const retain = request.hasRetainondelete() ? request.getRetainondelete() : undefined;
  const before = request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined;
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    inputs: request.getRemote() ? inputs : lowerOutputs(inputs),
    dependencies: [...request.getDependenciesList()].sort(),
    propertyDependencies,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [...request.getAliasurnsList().map((urn) => ({ urn })), ...request.getAliasesList().map(aliasOf)],
    customTimeouts: timeoutsOf(request.getCustomtimeouts()),
    replaceWith: request.getReplaceWithList(),
    source: sourceOf(request, directory),
    ...(request.getParent() && { parent: request.getParent() }),
    ...(request.getProvider() && { provider: request.getProvider() }),
    ...(request.getImportid() && { importId: request.getImportid() }),
    ...(request.getDeletedwith() && { deletedWith: request.getDeletedwith() }),
    ...(protect !== undefined && { protect }),
    ...(retain !== undefined && { retainOnDelete: retain }),
    ...(before !== undefined && { deleteBeforeReplace: before }),
  };
}

function refuse(request: rpc.RegisterResourceRequest): void {
  const where = `resource ${request.getName()} [${request.getType()}]`;
  if (request.getTransformsList().length > 0) throw unsupported(where, "the resource option `transforms`");
  if (request.getReplacementTrigger()) throw unsupported(where, "the resource option `replacementTrigger`");
  if (request.getPackageref() !== "") throw unsupported(where, "parameterized packages");
  if (request.getEnvvarmappingsMap().getLength() > 0) throw unsupported(where, "the option `envVarMappings`");
  const hooks = Object.values(request.getHooks()?.toObject() ?? {});
  if (hooks.some((list) => list.length > 0)) throw unsupported(where, "the resource option `hooks`");
}

function aliasOf(message: alias.Alias): Alias {
  const spec = message.getSpec();
  if (!spec) return { urn: message.getUrn() };
  return {
    ...(spec.getName() && { name: spec.getName() }),
    ...(spec.getType() && { type: spec.getType() }),
    ...(spec.getStack() && { stack: spec.getStack() }),
    ...(spec.getProject() && { project: spec.getProject() }),
    ...(spec.getParenturn() && { parent: spec.getParenturn() }),
    ...(spec.getNoparent() && { noParent: true }),
  };
}

function timeoutsOf(message: rpc.RegisterResourceRequest.CustomTimeouts | undefined): Timeouts {
  const [create, update] = [message?.getCreate(), message?.getUpdate()];
  const [remove, read] = [message?.getDelete(), message?.getRead()];
  return {
    ...(create && { create: seconds(create) }),
    ...(update && { update: seconds(update) }),
    ...(remove && { delete: seconds(remove) }),
    ...(read && { read: seconds(read) }),
  };
}

/** Reads a duration like "1h30m", "45s" or "250ms". */
function seconds(text: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
  const parts = [...text.matchAll(/([\d.]+)(h|ms|us|µs|ns|m|s)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}

/** Every URN the resource may have had: its aliases, its parent's former URN, and both together. */
export function aliasUrns(
  goal: Goal,
  context: { stack: string; project: string; formerUrn: (urn: string) => string | undefined },
): string[] {
  const urns = new Set<string>();
  const own = goal.aliases.map((alias) => collapse(goal, alias, context));
  for (const urn of own) urns.add(urn);
  const formerParent = goal.parent && context.formerUrn(goal.parent);
  if (goal.parent && formerParent) {
    urns.add(inherit(goal.type, goal.name, goal.parent, formerParent, context));
    for (const urn of own) {
      const type = qualifiedType(urn).split("$").at(-1) ?? goal.type;
      urns.add(inherit(type, nameOf(urn), goal.parent, formerParent, context));
    }
  }
  return [...urns];
}

function collapse(goal: Goal, alias: Alias, context: { stack: string; project: string }): string {
  if ("urn" in alias) return alias.urn;
  const parent = alias.noParent ? undefined : (alias.parent ?? goal.parent);
  const { stack = context.stack, project = context.project, type = goal.type, name = goal.name } = alias;
  return makeUrn(stack, project, parent, type, name);
}

/** Children are often named after their parent: then the alias follows the parent's former name. */
function inherit(
  type: string,
  name: string,
  parent: string,
  formerParent: string,
  context: { stack: string; project: string },
): string {
  const parentName = nameOf(parent);
  const formerName = name.startsWith(parentName) ? nameOf(formerParent) + name.slice(parentName.length) : name;
  return makeUrn(context.stack, context.project, formerParent, type, formerName);
}
