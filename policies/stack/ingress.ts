import type { StackFinding, StackResource, StackView } from "../rule.ts";
import { given } from "../unknown.ts";
import { madeFrom, securityGroup, targets } from "./graph.ts";

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

/** Every rule that lets something in, by the group it opens. */
export function ingressByGroup(stack: StackView<unknown>): ReadonlyMap<StackResource, readonly Rule[]> {
  const opened = new Map<StackResource, Rule[]>();
  for (const shape of rules) {
    for (const resource of stack.of(shape.type) as readonly StackResource[]) {
      if ("type" in resource.props && resource.props["type"] !== "ingress") continue;
      for (const group of targets(stack, resource, "securityGroupId", securityGroup)) {
        opened.set(group, [...(opened.get(group) ?? []), { resource, shape }]);
      }
    }
  }
  return opened;
}

/**
 * Findings for everything that lets something other than the allowed groups into a group: addresses, prefix lists,
 * itself, groups that are not allowed, and sources that cannot be told.
 */
export function* onlyFrom(
  stack: StackView<unknown>,
  group: StackResource,
  opened: readonly Rule[],
  { allowed, whom }: { readonly allowed: (source: StackResource) => boolean; readonly whom: string },
): Iterable<StackFinding> {
  // After a refresh a group's outputs list the rules of other resources too; only an input has dependencies recorded.
  if ("ingress" in group.propertyDependencies && given(group.props, "ingress")) {
    yield { resource: group, what: "ingress is written inline, where its sources cannot be told apart" };
  }
  for (const { resource, shape } of opened) {
    const wide = shape.open.filter((property) => given(resource.props, property));
    for (const property of wide) yield { resource, what: `${property} lets in more than ${whom}` };
    if (wide.length > 0) continue;
    const sources = targets(stack, resource, shape.source, securityGroup);
    if (sources.length === 0) yield { resource, what: `${shape.source} is not a security group of this stack` };
    else if (!sources.every(allowed)) yield { resource, what: `${shape.source} lets in more than ${whom}` };
    else if (madeFrom(resource, shape.source).length > sources.length) {
      yield {
        resource,
        what: `${shape.source} is made from more than one resource, so what it lets in cannot be told`,
      };
    }
  }
}
