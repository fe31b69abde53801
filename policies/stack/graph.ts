import type { StackResource, StackView } from "../rule.ts";
import { peek, unknown } from "../unknown.ts";

export const securityGroup = "aws:ec2/securityGroup:SecurityGroup";

/** The resources a property of this one was made from. */
export function madeFrom(resource: StackResource, property: string): readonly StackResource[] {
  return resource.propertyDependencies[property] ?? [];
}

/** A resource's parents, nearest first. */
export function* ancestors(resource: StackResource): Iterable<StackResource> {
  for (let parent = resource.parent; parent !== undefined; parent = parent.parent) yield parent;
}

/**
 * Whether a property refers to a resource: it was made from it, or from a component that holds it and cannot be told
 * apart from it, or it has the resource's id.
 */
export function refersTo(resource: StackResource, property: string, target: StackResource, idKey = "id"): boolean {
  const sources = madeFrom(resource, property);
  if (sources.includes(target)) return true;
  const [value, id] = [peek(resource.props, property), peek(target.props, idKey)];
  if (value !== unknown && id !== unknown && id !== undefined) return value === id;
  return sources.some((source) => isComponent(source) && [...ancestors(target)].includes(source));
}

export function isComponent({ type }: StackResource): boolean {
  return !/^[a-z0-9-]+:[a-z0-9]+\//i.test(type);
}

/** The security groups a property of a resource names, and how many it names that are not of this stack. */
export function groupsOf(
  stack: StackView<unknown>,
  resource: StackResource,
  property: string,
  ids: readonly unknown[],
): { readonly groups: readonly StackResource[]; readonly foreign: number } {
  const named = new Set<unknown>(ids.filter((id) => typeof id === "string"));
  const groups = stack
    .of(securityGroup)
    .filter((group) => madeFrom(resource, property).includes(group) || named.has(peek(group.props, "id")));
  return { groups, foreign: Math.max(0, ids.length - groups.length) };
}

/** The elements of a list, each one that is not known yet as `unknown`. */
export function elements(list: readonly unknown[] | undefined): unknown[] {
  return Array.from({ length: list?.length ?? 0 }, (_, index) => peek(list as object, String(index)));
}
