import { covers } from "../document.ts";
import { type StackResource, type StackView, stackRule } from "../rule.ts";
import { allowedBy } from "../rules/iam-documents.ts";
import { conditionsOn, githubStatements } from "../rules/oidc.ts";
import { setting } from "../settings.ts";
import { targets } from "./graph.ts";

const role = "aws:iam/role:Role";
const reading = /^[a-z0-9-]+:(Get|List|Describe|BatchGet|BatchCheck|Head|Lookup|Simulate|Scan|Query|Decrypt)/i;

export const deployRoles = stackRule(
  [role, "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"],
  {
    name: "oidc-pull-requests-read-only",
    subject: role,
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_358"],
    url: "https://docs.github.com/en/actions/reference/security/oidc",
    title: "A pull request's token opens roles that only read",
    why: "A pull request runs code nobody has reviewed yet.",
    fix: "Bind the role to an environment or a branch, or take the writing actions away.",
    settings: {
      lockActions: setting.strings(
        ["s3:PutObject", "s3:DeleteObject"],
        "Writing actions allowed on the state's locks (*/.pulumi/locks/*)",
      ),
    },
    check: (stack) => {
      const attached = ofRole(stack, stack.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment"));
      const own = ofRole(stack, stack.of("aws:iam/rolePolicy:RolePolicy"));
      return stack.each(role, function* (one) {
        if (!takesPullRequests(one.props.assumeRolePolicy)) return;
        for (const { props } of attached.get(one) ?? []) {
          if (!/ReadOnly|ViewOnly/.test(props.policyArn))
            yield "assumeRolePolicy takes pull requests, and an attached policy may write";
        }
        for (const policy of [one, ...(own.get(one) ?? [])]) {
          for (const allowed of allowedBy(policy.props)) {
            if ("problem" in allowed) continue;
            const { actions, resources } = allowed.statement;
            const locks = resources.length > 0 && resources.every((arn) => arn.includes("/.pulumi/locks/"));
            const writes = actions.some(
              (action) => !reading.test(action) && !(locks && stack.settings.lockActions.includes(action)),
            );
            if (writes) yield `assumeRolePolicy takes pull requests, and ${policy.name} ${allowed.at} may write`;
          }
        }
      });
    },
  },
);

function takesPullRequests(assumeRolePolicy: unknown): boolean {
  const subjects = githubStatements(assumeRolePolicy).flatMap((one) =>
    conditionsOn(one, "sub").flatMap(({ values }) => values),
  );
  return subjects.some((subject) => covers(subject, `${subject.split(":").slice(0, 2).join(":")}:pull_request`));
}

function ofRole<One extends StackResource>(
  stack: StackView<unknown>,
  list: readonly One[],
): ReadonlyMap<StackResource, readonly One[]> {
  const found = new Map<StackResource, One[]>();
  for (const one of list) {
    for (const target of targets(stack, one, "role", role, "name"))
      found.set(target, [...(found.get(target) ?? []), one]);
  }
  return found;
}
