import type { ResourceType, StackResource, StackView, TypedResource } from "../rule.ts";
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
 * The resources of a type a property refers to: those it was made from; else those with the id it has; else, while that
 * is not known, all below the component it was made from, which cannot be told apart yet.
 */
export function targets<T extends ResourceType>(
  stack: StackView<unknown>,
  resource: StackResource,
  property: string,
  type: T,
  idKey = "id",
): readonly TypedResource<T>[] {
  const sources = madeFrom(resource, property);
  const direct = sources.filter((source) => source.type === type);
  if (direct.length > 0) return direct as TypedResource<T>[];
  const value = peek(resource.props, property);
  if (typeof value === "string") return (identified(stack, type, idKey).get(value) ?? []) as TypedResource<T>[];
  const components = sources.filter(isComponent);
  if (value !== unknown || components.length === 0) return [];
  return stack.of(type).filter((one) => [...ancestors(one)].some((parent) => components.includes(parent)));
}

const indexes = new WeakMap<readonly StackResource[], Map<string, ReadonlyMap<string, readonly StackResource[]>>>();

/** A stack's resources of a type by the value of one property, kept: rules ask for each resource of a large stack. */
function identified(
  stack: StackView<unknown>,
  type: ResourceType,
  key: string,
): ReadonlyMap<string, readonly StackResource[]> {
  const kept = indexes.get(stack.resources) ?? new Map<string, ReadonlyMap<string, readonly StackResource[]>>();
  indexes.set(stack.resources, kept);
  const name = `${type} ${key}`;
  const known = kept.get(name);
  if (known !== undefined) return known;
  const index = Map.groupBy(
    (stack.of(type) as readonly StackResource[]).filter(({ props }) => typeof peek(props, key) === "string"),
    ({ props }) => peek(props, key) as string,
  );
  kept.set(name, index);
  return index;
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
  const byId = identified(stack, securityGroup, "id");
  const named = ids.flatMap((id) => (typeof id === "string" ? (byId.get(id) ?? []) : []));
  const groups = new Set([...madeFrom(resource, property).filter(({ type }) => type === securityGroup), ...named]);
  return { groups: [...groups], foreign: Math.max(0, ids.length - groups.size) };
}

/** The elements of a list, each one that is not known yet as `unknown`. */
export function elements(list: readonly unknown[] | undefined): unknown[] {
  return Array.from({ length: list?.length ?? 0 }, (_, index) => peek(list as object, String(index)));
}
