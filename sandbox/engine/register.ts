import { randomBytes } from "node:crypto";
import { create, keep, leave, replace, skipCreation, update } from "./change.ts";
import type { Deployment } from "./deployment.ts";
import { applyReplaceOnChanges, compareInputs, diffResource, noDiff, replaceBecause, replaces } from "./diff.ts";
import { EngineError } from "./errors.ts";
import { aliasUrns, type Goal } from "./goal.ts";
import { importResource } from "./import.ts";
import type { Checked, Diff } from "./operator.ts";
import { ignoreChanges } from "./paths.ts";
import type { Registration } from "./registration.ts";
import { deleteForReplacement } from "./replace.ts";
import type { Resource } from "./state.ts";
import { isProviderType, makeUrn, stackType } from "./urn.ts";
import { hashAssets, type Properties } from "./values.ts";

/** Brings one resource to what the program asks for; answers its new state. */
export async function registerResource(deployment: Deployment, asked: Goal): Promise<Resource> {
  const goal = withParent(deployment, { ...asked, inputs: hashAssets(asked.inputs, deployment.directory) });
  const urn = claim(deployment, goal.parent, goal.type, goal.name);
  const old = findOld(deployment, urn, aliasUrns(goal, formerNames(deployment)));
  const operator = goal.custom ? await deployment.registry.operator(goal.type, goal.provider) : undefined;
  const registration: Registration = { urn, goal, old, now: desired(goal, urn, old), operator };
  if (!deployment.targets.includes(registration.now)) return untargeted(deployment, registration);
  const oldId = old?.importID ?? old?.id;
  if (goal.custom && goal.importId && (!old || old.external || oldId !== goal.importId)) {
    const imported = await importResource(deployment, registration);
    return decide(deployment, await checked(deployment, { ...registration, old: imported }), imported);
  }
  return decide(deployment, await checked(deployment, registration));
}

function withParent(deployment: Deployment, goal: Goal): Goal {
  if (goal.parent || goal.type === stackType || isDefaultProviderGoal(goal)) return goal;
  const root = makeUrn(deployment.stack, deployment.project, undefined, stackType, rootName(deployment));
  return deployment.seen.has(root) ? { ...goal, parent: root } : goal;
}

function isDefaultProviderGoal(goal: Goal): boolean {
  return isProviderType(goal.type) && /^default(_|$)/.test(goal.name) && !goal.parent;
}

export function rootName(deployment: { project: string; stack: string }): string {
  return `${deployment.project}-${deployment.stack}`;
}

function claim(deployment: Deployment, parent: string | undefined, type: string, name: string): string {
  const urn = makeUrn(deployment.stack, deployment.project, parent, type, name);
  if (deployment.seen.has(urn)) {
    const what = `Duplicate resource URN '${urn}'`;
    throw new EngineError("resource-failed", { where: name, what, fix: "Try giving it a unique name" });
  }
  deployment.seen.add(urn);
  return urn;
}

function formerNames(deployment: Deployment) {
  const { stack, project, former } = deployment;
  return { stack, project, formerUrn: (urn: string) => former.get(urn) };
}

function findOld(deployment: Deployment, urn: string, aliases: readonly string[]): Resource | undefined {
  const own = deployment.snapshot.original.get(urn);
  if (own) return current(deployment, own);
  for (const alias of aliases) {
    const old = deployment.snapshot.original.get(alias);
    if (!old || deployment.seen.has(alias)) continue;
    deployment.seen.add(alias);
    deployment.former.set(urn, alias);
    deployment.snapshot.rename(alias, urn);
    return current(deployment, old);
  }
  return undefined;
}

/** The resource as the snapshot has it: its references may have been renamed, or it may await replacement. */
function current(deployment: Deployment, old: Resource): Resource {
  const present = deployment.snapshot.remaining().find((resource) => resource.urn === old.urn && !resource.delete);
  return present ?? old;
}

function desired(goal: Goal, urn: string, old: Resource | undefined): Resource {
  const timeouts = Object.keys(goal.customTimeouts).length > 0;
  const dependencies = Object.keys(goal.propertyDependencies).length > 0;
  return {
    urn,
    custom: goal.custom,
    type: goal.type,
    inputs: goal.inputs,
    ...(goal.parent && { parent: goal.parent }),
    ...(goal.protect && { protect: true }),
    ...(goal.dependencies.length > 0 && { dependencies: goal.dependencies }),
    ...(goal.provider && { provider: goal.provider }),
    ...(dependencies && { propertyDependencies: goal.propertyDependencies }),
    ...(goal.additionalSecretOutputs.length > 0 && { additionalSecretOutputs: goal.additionalSecretOutputs }),
    ...(timeouts && { customTimeouts: goal.customTimeouts }),
    ...(goal.importId && { importID: goal.importId }),
    ...(goal.retainOnDelete && { retainOnDelete: true }),
    ...(goal.deletedWith && { deletedWith: goal.deletedWith }),
    ...(goal.replaceWith.length > 0 && { replaceWith: goal.replaceWith }),
    ...(old?.created && { created: old.created }),
    ...(old?.modified && { modified: old.modified }),
    ...(goal.ignoreChanges.length > 0 && { ignoreChanges: goal.ignoreChanges }),
    ...(goal.replaceOnChanges.length > 0 && { replaceOnChanges: goal.replaceOnChanges }),
    ...goal.source,
  };
}

/** The registration with its inputs checked by the provider, remedied and judged by the policies. */
async function checked(deployment: Deployment, registration: Registration): Promise<Registration> {
  const { urn, goal, old, operator } = registration;
  const fresh = !old || old.external || deployment.deleted.has(urn);
  let inputs = goal.inputs;
  if (!fresh) {
    const kept = ignoreChanges(inputs, old.inputs ?? {}, goal.ignoreChanges);
    inputs = kept.inputs;
    if (kept.impossible.length > 0) {
      const paths = kept.impossible.join(", ");
      deployment.diagnose("info", `cannot ignore changes in added or removed elements of the path: "${paths}"`, urn);
    }
  }
  if (operator) inputs = valid(urn, await operator.check(urn, fresh ? undefined : old.inputs, inputs, randomBytes(32)));
  const now = { ...registration.now, inputs };
  return { ...registration, now: { ...now, inputs: await deployment.policies.judge(deployment, now) } };
}

export function valid(urn: string, { inputs, failures }: Checked): Properties {
  if (failures.length === 0) return inputs;
  const reasons = failures.map(({ property, reason }) => (property ? `property ${property}: ${reason}` : reason));
  throw new EngineError("resource-failed", { where: urn, what: reasons.join("; "), fix: "Correct the inputs" });
}

async function untargeted(deployment: Deployment, { urn, old, now }: Registration): Promise<Resource> {
  if (old) return leave(deployment, old);
  deployment.skipped.add(urn);
  return skipCreation(deployment, now);
}

async function decide(deployment: Deployment, registration: Registration, imported?: Resource): Promise<Resource> {
  const { urn, goal, old, now, operator } = registration;
  const missing = [...(now.dependencies ?? []), now.parent ?? ""].find((dependency) =>
    deployment.skipped.has(dependency),
  );
  if (missing) {
    const what = `depends on ${missing}, which was not specified in --target and does not exist yet`;
    throw new EngineError("resource-failed", { where: urn, what, fix: "Target it too, or leave --target out" });
  }
  if (!old) return create(deployment, registration);
  if (deployment.deleted.has(urn)) return replace(deployment, registration, noDiff, "after-deletion");
  if (old.external) return replace(deployment, registration, noDiff, "taking-over");
  const diff = await difference(deployment, registration);
  if (replaces(diff) || old.pendingReplacement) {
    refuseProtected(registration);
    deployment.replaced.add(urn);
    const anew = operator
      ? { ...now, inputs: valid(urn, await operator.check(urn, undefined, goal.inputs, randomBytes(32))) }
      : now;
    const before = goal.deleteBeforeReplace ?? diff.deleteBeforeReplace;
    const renewed = { ...registration, now: anew };
    if (old.pendingReplacement) return replace(deployment, renewed, diff, "after-deletion");
    if (!before) return replace(deployment, renewed, diff, "before-deletion");
    await deleteForReplacement(deployment, old);
    return replace(deployment, { ...renewed, old: current(deployment, old) }, diff, "after-deletion");
  }
  if (diff.changes || (old.initErrors ?? []).length > 0) return update(deployment, registration, diff);
  return imported ?? keep(deployment, registration);
}

function refuseProtected({ urn, old, now }: Registration): void {
  if (!now.protect || !old?.protect) return;
  const what = `unable to replace resource "${urn}" as it is currently marked for protection`;
  const fix = "To unprotect the resource, remove the `protect` flag from the resource in your program and run `up`";
  throw new EngineError("resource-failed", { where: urn, what, fix });
}

async function difference(deployment: Deployment, registration: Registration): Promise<Diff> {
  const { urn, goal, old, now, operator } = registration;
  if (!old) return noDiff;
  if (now.replaceWith?.some((other) => deployment.replaced.has(other))) return replaceBecause("replaceWith");
  if (now.deletedWith && deployment.replaced.has(now.deletedWith)) return replaceBecause("deletedWith");
  if (await providerChanged(deployment, old, now)) return replaceBecause("provider");
  const { inputs = {} } = now;
  const told = operator
    ? await diffResource(operator, { ...old, urn }, inputs, goal.ignoreChanges)
    : compareInputs(old.inputs ?? {}, inputs);
  return described(applyReplaceOnChanges(told, goal.replaceOnChanges), old, inputs);
}

/** A provider that says only that something changed: the inputs tell what. */
function described(diff: Diff, old: Resource, inputs: Properties): Diff {
  if (!diff.changes || diff.detailed || diff.changedKeys.length > 0) return diff;
  const { changedKeys, detailed } = compareInputs(old.inputs ?? {}, inputs);
  const replacing = Object.entries(detailed ?? {}).map(([path, change]) => {
    const replaced = diff.replaceKeys.some(
      (key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`),
    );
    return [path, replaced ? { ...change, diffKind: `${change.diffKind}-replace` } : change] as const;
  });
  return { ...diff, changedKeys, ...(detailed && { detailed: Object.fromEntries(replacing) }) };
}

async function providerChanged(deployment: Deployment, old: Resource, now: Resource): Promise<boolean> {
  if (old.provider === now.provider || isProviderType(now.type)) return false;
  if (!old.provider || !now.provider) return true;
  return deployment.registry.requiresReplacement(old.provider, now.provider);
}
