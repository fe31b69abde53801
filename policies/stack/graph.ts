import type { ResourceType, StackResource, StackView, TypedResource } from "../rule.ts";
import { elements, peek, unknown } from "../unknown.ts";

export const securityGroup = "aws:ec2/securityGroup:SecurityGroup";

/** The resources a property of this one was made from. */
export function madeFrom(resource: StackResource, property: string): readonly StackResource[] {
  return resource.propertyDependencies[property] ?? [];
}

/** A resource's parents, nearest first. */
export function* ancestors(resource: StackResource): Iterable<StackResource> {
  for (let parent = resource.parent; parent !== undefined; parent = parent.parent) yield parent;
}

/** What a property refers to. */
export interface References<One extends StackResource = StackResource> {
  /** Those it names by an id that is known, or as many as it was made from where it names no more. */
  readonly certain: readonly One[];
  /** Those it may name: a value is not known yet, and it was made from more of them than it names. */
  readonly possible: readonly One[];
  /** How many of its values are nothing of this stack's. */
  readonly foreign: number;
  /** A value is not known yet and was made from none of them. */
  readonly untold: boolean;
}

/**
 * The resources of a type that values of a property refer to: by id where it is known, since an output of a component
 * may depend on everything inside it; else by what the property was made from.
 *
 * @param values of the property, each one that is not known yet as `unknown`
 * @param idKey which output of the resources the values are
 */
export function references<T extends ResourceType>(
  stack: StackView<unknown>,
  resource: StackResource,
  property: string,
  type: T,
  values: readonly unknown[] = valuesOf(resource, property),
  idKey = "id",
): References<TypedResource<T>> {
  const index = identified(stack, type, idKey);
  const known = values.filter((value) => typeof value === "string");
  const speechless = values.every((value) => typeof value !== "string" && value !== unknown);
  const named = new Set(known.flatMap((value) => index.get(value) ?? []));
  const sources = sourcesOf(stack, resource, property, type, values.includes(unknown));
  const unnamed = sources.filter((one) => !named.has(one));
  // Without an id of its own to compare, what the one value was made from is what it names.
  const nameless = unnamed.filter((one) => typeof peek(one.props, idKey) !== "string");
  const unidentified = known.filter((value) => !index.has(value)).length;
  const later = values.filter((value) => value === unknown).length;
  const open = later > 0 ? unnamed : nameless;
  const wanted = speechless ? 1 : unidentified + later;
  const told = wanted > 0 && open.length <= Math.max(wanted, 1);
  const certain = [...named, ...(told ? open : [])];
  return {
    certain: certain as unknown as TypedResource<T>[],
    possible: (told || wanted === 0 ? [] : open) as unknown as TypedResource<T>[],
    foreign: later > 0 ? unidentified : Math.max(0, unidentified - open.length),
    untold: later > 0 && open.length === 0,
  };
}

/** The resources of a type a property refers to or may refer to. */
export function targets<T extends ResourceType>(
  stack: StackView<unknown>,
  resource: StackResource,
  property: string,
  type: T,
  idKey = "id",
): readonly TypedResource<T>[] {
  const { certain, possible } = references(stack, resource, property, type, valuesOf(resource, property), idKey);
  return [...certain, ...possible];
}

/** What a property was made from, or while a component's output is not known, all of the type below the component. */
function sourcesOf(
  stack: StackView<unknown>,
  resource: StackResource,
  property: string,
  type: ResourceType,
  unknownYet: boolean,
): readonly StackResource[] {
  const sources = madeFrom(resource, property);
  const direct = [...new Set(sources.filter((source) => source.type === type))];
  const components = sources.filter(isComponent);
  if (direct.length > 0 || !unknownYet || components.length === 0) return direct;
  return (stack.of(type) as readonly StackResource[]).filter((one) =>
    [...ancestors(one)].some((parent) => components.includes(parent)),
  );
}

/** The values of a property, a list's or its only one; what is not known yet as `unknown`. */
export function valuesOf(resource: StackResource, property: string): readonly unknown[] {
  const value = peek(resource.props, property);
  return Array.isArray(value) ? elements(value) : value === undefined || value === null ? [] : [value];
}

const indexes = new WeakMap<readonly StackResource[], Map<string, ReadonlyMap<string, readonly StackResource[]>>>();

/** A stack's resources of a type by the value of one property, kept: rules ask for each resource of a large stack. */
export function identified(
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

/** The security groups an ECS service's or a function's network settings name. */
export function groupsIn(
  stack: StackView<unknown>,
  resource: StackResource,
  property: "networkConfiguration" | "vpcConfig",
): readonly StackResource[] {
  const { certain, possible } = groupReferences(stack, resource, property);
  return [...certain, ...possible];
}

const inside = { networkConfiguration: "securityGroups", vpcConfig: "securityGroupIds" } as const;

/** The same, with how many of them are not of this stack. */
export function groupReferences(
  stack: StackView<unknown>,
  resource: StackResource,
  property: keyof typeof inside,
): References<TypedResource<typeof securityGroup>> {
  const holder = peek(resource.props, property);
  const ids = typeof holder === "object" && holder !== null ? peek(holder, inside[property]) : holder;
  const values = Array.isArray(ids) ? elements(ids) : ids === unknown ? [unknown] : [];
  return references(stack, resource, property, securityGroup, values);
}
