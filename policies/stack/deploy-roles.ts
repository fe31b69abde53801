import { readDocument, type Statement } from "@switchyard/iam/document.ts";
import { writesWith } from "../meaning/reading.ts";
import { takesPullRequests } from "../meaning/trust.ts";
import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { allowedBy } from "../rules/iam-documents.ts";
import { setting } from "../settings.ts";
import { type RolePolicies, rolePolicies, untoldAttachments } from "./role-policies.ts";

const role = "aws:iam/role:Role";

export const deployRoles = stackRule(
  [
    role,
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
    "aws:iam/policyAttachment:PolicyAttachment",
  ],
  {
    name: "oidc-pull-requests-read-only",
    subject: role,
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_358"],
    url: "https://docs.github.com/en/actions/reference/security/oidc",
    title: "A pull request's token opens roles that only read",
    why: "A pull request runs code nobody has reviewed yet.",
    fix: "Bind the role to an environment or a branch, or take away the actions that write, or read every secret.",
    settings: {
      lockActions: setting.strings(
        ["s3:PutObject", "s3:DeleteObject"],
        "Writing actions allowed on the state's locks (<bucket>/.pulumi/locks/*)",
      ),
      recordActions: setting.strings(
        ["dynamodb:PutItem"],
        "Writing actions allowed on a table's partitions of plans (dynamodb:LeadingKeys ending in #plan)",
      ),
    },
    check: function* (stack): Iterable<StackFinding> {
      const policiesOf = rolePolicies(stack);
      const taking: StackResource[] = [];
      yield* stack.each(role, function* (one) {
        if (!takesPullRequests(readDocument(one.props.assumeRolePolicy))) return;
        taking.push(one);
        yield* writing(stack, one, policiesOf(one));
      });
      for (const resource of taking) {
        const { unknownOf } = policiesOf(resource);
        if (unknownOf !== undefined)
          yield { resource, what: `a policy attached by ${unknownOf} is not known yet`, undecided: true };
      }
      if (taking.length > 0) yield* untoldAttachments(stack);
    },
  },
);

const takes = "assumeRolePolicy takes pull requests, and";

function* writing(
  { settings }: StackView<Readonly<Record<"lockActions" | "recordActions", readonly string[]>>>,
  one: StackResource,
  { documents, arns }: RolePolicies,
): Iterable<string> {
  for (const arn of arns) if (!readOnly.test(arn)) yield `${takes} an attached policy may write`;
  for (const policy of [one, ...documents]) {
    for (const allowed of allowedBy(policy.props as Parameters<typeof allowedBy>[0])) {
      if ("problem" in allowed) {
        yield `${takes} ${policy.name} ${allowed.at} ${allowed.problem}`;
        continue;
      }
      const spared = [
        ...(onLocks(allowed.statement) ? settings.lockActions : []),
        ...(onPlans(allowed.statement) ? settings.recordActions : []),
      ];
      const what = writesWith(allowed.document, allowed.statement, spared);
      if (what !== undefined) yield `${takes} ${policy.name} ${allowed.at} ${what}`;
    }
  }
}

function onLocks({ resources, byNotResource }: Statement): boolean {
  return !byNotResource && resources.length > 0 && resources.every((arn) => lock.test(arn));
}

/** A call that names no partition is none of PutItem's: its item has one (DynamoDB, "Specifying conditions"). */
function onPlans({ conditions, resources, byNotResource }: Statement): boolean {
  const oneTable = !byNotResource && resources.length > 0 && resources.every((arn) => table.test(arn));
  return (
    oneTable &&
    conditions.some(
      ({ operator, key, values }) =>
        /^(ForAllValues:)?StringEquals$/i.test(operator) &&
        key.toLowerCase() === "dynamodb:leadingkeys" &&
        values.every((value) => value.endsWith("#plan")),
    )
  );
}

/** AWS's own policies that only read. */
const readOnly = /^arn:aws[a-z-]*:iam::aws:policy\/(ReadOnlyAccess|SecurityAudit|job-function\/ViewOnlyAccess)$/;

const table = /^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d+:table\/[^*?/]+$/;

/** The locks of one bucket. */
const lock = /^arn:aws[a-z-]*:s3:::[^*?/]+\/([^*?]+\/)?\.pulumi\/locks\//;
