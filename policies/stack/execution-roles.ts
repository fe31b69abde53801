import { covers } from "../document.ts";
import { type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { allowedBy } from "../rules/iam-documents.ts";
import { given } from "../unknown.ts";
import { madeFrom, refersTo } from "./graph.ts";

const task = "aws:ecs/taskDefinition:TaskDefinition";
const secret = "aws:secretsmanager/secret:Secret";
const read = "secretsmanager:GetSecretValue";

export const executionRoles = stackRule([task, "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy", secret], {
  name: "execution-role-scope",
  level: "mandatory",
  severity: "high",
  controls: ["CKV_AWS_249"],
  title: "An execution role reads the secrets its tasks name, and is no task's own role",
  why: "Whoever starts a task of one service could otherwise read the secrets of all.",
  fix: "Give each service two roles, and name the ARNs of its own secrets in the execution role's policy.",
  check: function* (stack): Iterable<StackFinding> {
    const tasks = stack.of(task);
    for (const role of stack.of("aws:iam/role:Role")) {
      const executed = tasks.filter((one) => refersTo(one, "executionRoleArn", role, "arn"));
      if (executed.length === 0) continue;
      for (const one of tasks) {
        if (refersTo(one, "taskRoleArn", role, "arn"))
          yield { resource: one, what: "taskRoleArn is an execution role" };
      }
      const named = new Set(
        executed.flatMap((one) => madeFrom(one, "containerDefinitions")).filter(({ type }) => type === secret),
      );
      for (const policy of stack.of("aws:iam/rolePolicy:RolePolicy")) {
        if (!refersTo(policy, "role", role, "name")) continue;
        const resource: StackResource = policy;
        if (madeFrom(policy, "policy").some((source) => source.type === secret && !named.has(source))) {
          yield { resource, what: "policy reads a secret that no task of the role names" };
        }
      }
    }
    yield* stack.each("aws:iam/rolePolicy:RolePolicy", function* (policy) {
      const role = stack.of("aws:iam/role:Role").find((one) => refersTo(policy, "role", one, "name"));
      if (
        role === undefined ||
        !given(policy.props, "policy") ||
        !tasks.some((one) => refersTo(one, "executionRoleArn", role, "arn"))
      )
        return;
      for (const allowed of allowedBy(policy.props)) {
        if ("problem" in allowed) continue;
        const { actions, resources } = allowed.statement;
        if (
          actions.some((action) => covers(action, read)) &&
          resources.some((arn) => /\*$/.test(arn) && !/-\?+\*?$/.test(arn))
        ) {
          yield `${allowed.at} reads secrets by a wildcard`;
        }
      }
    });
  },
});
