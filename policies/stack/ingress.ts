import type { StackFinding, StackResource, StackView } from "../rule.ts";
import { elements, given, peek, unknown } from "../unknown.ts";
import { identified, madeFrom, references, securityGroup, targets } from "./graph.ts";

/** The shapes a rule on its own takes: which of its properties are sources, and which one names a group. */
const rules = [
  {
    type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    open: ["cidrIpv4", "cidrIpv6", "prefixListId"],
    source: "referencedSecurityGroupId",
  },
  {
    type: "aws:ec2/securityGroupRule:SecurityGroupRule",
    open: ["cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self"],
    source: "sourceSecurityGroupId",
  },
] as const;

type Rule = { readonly resource: StackResource; readonly shape: (typeof rules)[number] };

export interface Ingress {
  /** Every rule that lets something in, by the group it opens. */
  readonly byGroup: ReadonlyMap<StackResource, readonly Rule[]>;
  /** Rules on a group that cannot be told yet, each a finding. */
  readonly untold: readonly StackFinding[];
}

export function ingressOf(stack: StackView<unknown>): Ingress {
  const byGroup = new Map<StackResource, Rule[]>();
  const untold: StackFinding[] = [];
  for (const shape of rules) {
    for (const resource of stack.of(shape.type) as readonly StackResource[]) {
      if ("type" in resource.props && resource.props["type"] !== "ingress") continue;
      const { certain, possible, untold: unclear } = references(stack, resource, "securityGroupId", securityGroup);
      // One that may be of several groups is judged on each.
      for (const group of [...certain, ...possible])
        byGroup.set(group, [...(byGroup.get(group) ?? []), { resource, shape }]);
      if (unclear) untold.push({ resource, what: "securityGroupId is not known yet", undecided: true });
    }
  }
  return { byGroup, untold };
}

export interface Allowed {
  readonly allowed: (source: StackResource) => boolean;
  readonly whom: string;
}

/**
 * Findings for everything that lets something other than the allowed groups into a group: addresses, prefix lists,
 * itself, groups that are not allowed, and sources that cannot be told.
 */
export function* onlyFrom(
  stack: StackView<unknown>,
  group: StackResource,
  opened: readonly Rule[],
  only: Allowed,
): Iterable<StackFinding> {
  yield* inline(stack, group, only);
  for (const { resource, shape } of opened) {
    const wide = shape.open.filter((property) => given(resource.props, property));
    for (const property of wide) yield { resource, what: `${property} lets in more than ${only.whom}` };
    if (wide.length === 0) yield* named(stack, resource, shape.source, only);
  }
}

function* named(
  stack: StackView<unknown>,
  resource: StackResource,
  property: string,
  { allowed, whom }: Allowed,
): Iterable<StackFinding> {
  const sources = targets(stack, resource, property, securityGroup);
  if (sources.length === 0) yield { resource, what: `${property} is not a security group of this stack` };
  else if (!sources.every(allowed)) yield { resource, what: `${property} lets in more than ${whom}` };
  else if (peek(resource.props, property) === unknown && madeFrom(resource, property).length > sources.length)
    yield { resource, what: `${property} is made from more than one resource, so what it lets in cannot be told` };
}

/** A group's own list. After a refresh it repeats the rules of other resources, which it names by id. */
function* inline(stack: StackView<unknown>, group: StackResource, only: Allowed): Iterable<StackFinding> {
  if ("ingress" in group.propertyDependencies && given(group.props, "ingress")) {
    yield { resource: group, what: "ingress is written inline, where its sources cannot be told apart" };
    return;
  }
  const list = peek(group.props, "ingress");
  if (!Array.isArray(list)) return;
  const byId = identified(stack, securityGroup, "id");
  for (const [index, entry] of elements(list).entries()) {
    if (typeof entry !== "object" || entry === null) continue;
    const at = `ingress[${index}]`;
    for (const property of ["cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self"])
      if (given(entry, property)) yield { resource: group, what: `${at}.${property} lets in more than ${only.whom}` };
    const ids = peek(entry, "securityGroups");
    const sources = Array.isArray(ids) ? elements(ids).filter((id) => typeof id === "string") : [];
    if (!sources.every((id) => (byId.get(id) ?? []).some(only.allowed)))
      yield { resource: group, what: `${at}.securityGroups lets in more than ${only.whom}` };
  }
}
