import { covers } from "../document.ts";
import { type StackResource, stackRule } from "../rule.ts";
import { allowedBy } from "../rules/iam-documents.ts";
import { conditionsOn, githubStatements } from "../rules/oidc.ts";
import { setting } from "../settings.ts";
import { refersTo } from "./graph.ts";

const reading = /^[a-z0-9-]+:(Get|List|Describe|BatchGet|BatchCheck|Head|Lookup|Simulate|Scan|Query|Decrypt)/i;

export const deployRoles = stackRule(
  ["aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"],
  {
    name: "oidc-pull-requests-read-only",
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
      const attached = (role: StackResource) =>
        stack
          .of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
          .some((one) => refersTo(one, "role", role, "name") && !/ReadOnly|ViewOnly/.test(one.props.policyArn));
      return stack.each("aws:iam/role:Role", function* (role) {
        const subjects = githubStatements(role.props.assumeRolePolicy).flatMap((one) =>
          conditionsOn(one, "sub").flatMap(({ values }) => values),
        );
        if (!subjects.some((subject) => covers(subject, `${subject.split(":").slice(0, 2).join(":")}:pull_request`)))
          return;
        if (attached(role)) yield "assumeRolePolicy takes pull requests, and an attached policy may write";
        const policies = [
          role,
          ...stack.of("aws:iam/rolePolicy:RolePolicy").filter((one) => refersTo(one, "role", role, "name")),
        ];
        for (const policy of policies) {
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
