import type { StackResource } from "./rule.ts";
import { canonicalType } from "./siblings.ts";

type Mutable = { -readonly [K in keyof StackResource]: StackResource[K] };

/** A stack whose resources of a type under its second name are of the type itself, links and all. */
export function canonicalStack(resources: readonly StackResource[]): readonly StackResource[] {
  if (resources.every(({ type }) => canonicalType(type) === type)) return resources;
  const copies = new Map<StackResource, Mutable>(
    resources.map((one) => [one, Object.assign(Object.create(one) as Mutable, { type: canonicalType(one.type) })]),
  );
  const copied = (one: StackResource): StackResource => copies.get(one) ?? one;
  for (const [one, copy] of copies) {
    copy.dependencies = one.dependencies.map(copied);
    copy.propertyDependencies = Object.fromEntries(
      Object.entries(one.propertyDependencies).map(([property, list]) => [property, list.map(copied)]),
    );
    if (one.parent !== undefined) copy.parent = copied(one.parent);
  }
  return [...copies.values()];
}
