import type { ResourceType, StackFinding, StackResource, StackView } from "../rule.ts";
import { elements, peek, unknown } from "../unknown.ts";
import { identified, madeFrom, references, targets, valuesOf } from "./graph.ts";

const role = "aws:iam/role:Role";
const policy = "aws:iam/policy:Policy";

/** How each type names its roles, and the policies it gives them. */
const attaching = [
  { type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment", roles: "role", policies: "policyArn" },
  { type: "aws:iam/policyAttachment:PolicyAttachment", roles: "roles", policies: "policyArn" },
  {
    type: "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    roles: "roleName",
    policies: "policyArns",
  },
] as const satisfies readonly { type: ResourceType; roles: string; policies: string }[];

export interface RolePolicies {
  /** The stack's own documents: inline, and of policies it creates. */
  readonly documents: readonly StackResource[];
  /** Of policies that are not the stack's. */
  readonly arns: readonly string[];
  /** Name of a resource that attaches a policy which cannot be told. */
  readonly unknownOf?: string;
}

/** What a role of the stack is given, beside what stands in the role itself. */
export function rolePolicies(stack: StackView<unknown>): (one: StackResource) => RolePolicies {
  const inline = stack.of("aws:iam/rolePolicy:RolePolicy");
  const own = identified(stack, policy, "arn");
  return (one) => {
    const documents = inline.filter((each) => targets(stack, each, "role", role, "name").includes(one as never));
    const attached: StackResource[] = [...documents];
    const arns: string[] = [];
    let unknownOf: string | undefined;
    const add = (holder: StackResource, property: string) => {
      const value = peek(holder.props, property);
      const made = madeFrom(holder, property).filter(({ type }) => type === policy);
      for (const arn of Array.isArray(value) ? elements(value) : value === undefined ? [] : [value]) {
        if (typeof arn === "string") {
          const found = own.get(arn) ?? [];
          attached.push(...found);
          if (found.length === 0) arns.push(arn);
        } else if (arn === unknown && made.length > 0) attached.push(...made);
        else unknownOf = holder.name;
      }
    };
    add(one, "managedPolicyArns");
    for (const { type, roles, policies } of attaching) {
      for (const holder of stack.of(type) as readonly StackResource[]) {
        if (targets(stack, holder, roles, role, "name").includes(one as never)) add(holder, policies);
      }
    }
    return { documents: [...new Set(attached)], arns, ...(unknownOf === undefined ? {} : { unknownOf }) };
  };
}

/** Attachments to a role that is not known yet and made from none of the stack's: any role may be it. */
export function* untoldAttachments(stack: StackView<unknown>): Iterable<StackFinding> {
  for (const { type, roles } of attaching) {
    for (const resource of stack.of(type) as readonly StackResource[])
      if (references(stack, resource, roles, role, valuesOf(resource, roles), "name").untold)
        yield { resource, what: `${roles} is not known yet`, undecided: true };
  }
}
