import type { StackFinding, StackResource, StackView } from "../rule.ts";
import { given } from "../unknown.ts";
import { madeFrom, refersTo, securityGroup } from "./graph.ts";

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

/**
 * Findings for everything that lets something other than the allowed groups into a group: addresses, prefix lists,
 * itself, groups that are not allowed, and sources that cannot be told.
 */
export function* onlyFrom(
  stack: StackView<unknown>,
  group: StackResource,
  allowed: (source: StackResource) => boolean,
  whom: string,
): Iterable<StackFinding> {
  // After a refresh a group's outputs list the rules of other resources too; only an input has dependencies recorded.
  if ("ingress" in group.propertyDependencies && given(group.props, "ingress")) {
    yield { resource: group, what: "ingress is written inline, where its sources cannot be told apart" };
  }
  for (const { type, open, source } of rules) {
    for (const rule of stack.of(type)) {
      if ("type" in rule.props && rule.props.type !== "ingress") continue;
      if (!refersTo(rule, "securityGroupId", group)) continue;
      const resource = rule as StackResource;
      for (const property of open) {
        if (given(rule.props, property)) yield { resource, what: `${property} lets in more than ${whom}` };
      }
      if (open.some((property) => given(rule.props, property))) continue;
      const sources = stack.of(securityGroup).filter((one) => refersTo(rule, source, one));
      if (sources.length === 0) yield { resource, what: `${source} is not a security group of this stack` };
      else if (!sources.every(allowed)) yield { resource, what: `${source} lets in more than ${whom}` };
      else if (madeFrom(rule, source).length > sources.length) {
        yield { resource, what: `${source} is made from more than one resource, so what it lets in cannot be told` };
      }
    }
  }
}
