import { type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { peek, unknown } from "../unknown.ts";
import { targets } from "./graph.ts";

const attachment = "aws:organizations/policyAttachment:PolicyAttachment";
const policy = "aws:organizations/policy:Policy";

/** AWS Organizations user guide, "Quotas"; one is FullAWSAccess or RCPFullAWSAccess, which are there of themselves. */
const mostOfOurs = 4;

const tooMany = `targetId has more than ${mostOfOurs} policies of one type`;

export const attachedPolicies = stackRule([attachment, policy], {
  name: "organization-policies-attached",
  subject: attachment,
  level: "mandatory",
  severity: "medium",
  controls: [],
  url: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html",
  title: "No root, unit or account has more policies of a type than AWS attaches",
  why: "AWS refuses the sixth, its own counted, in the middle of an update.",
  fix: "Join policies, or attach some of them to a unit above.",
  check: function* (stack): Iterable<StackFinding> {
    const attached = new Map<string, number>();
    const later: StackResource[] = [];
    for (const one of stack.of(attachment)) {
      const target = peek(one.props, "targetId");
      if (target === unknown) {
        later.push(one);
        continue;
      }
      const [found] = targets(stack, one, "policyId", policy);
      const type = (found && peek(found.props, "type")) ?? "SERVICE_CONTROL_POLICY";
      const key = `${String(type)} ${String(target)}`;
      const count = (attached.get(key) ?? 0) + 1;
      attached.set(key, count);
      if (count > mostOfOurs) yield { resource: one, what: tooMany };
    }
    // Of new units nobody knows the ids yet; by their number alone they may be too many.
    if (Math.max(0, ...attached.values()) + later.length > mostOfOurs)
      for (const resource of later) yield { resource, what: tooMany, undecided: true };
  },
});
