import { covers } from "../document.ts";
import { type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { allowedBy } from "../rules/iam-documents.ts";
import { madeFrom, targets } from "./graph.ts";

const task = "aws:ecs/taskDefinition:TaskDefinition";
const role = "aws:iam/role:Role";
const secret = "aws:secretsmanager/secret:Secret";
const read = "secretsmanager:GetSecretValue";

export const executionRoles = stackRule([task, role, "aws:iam/rolePolicy:RolePolicy", secret], {
  name: "execution-role-scope",
  subject: task,
  level: "mandatory",
  severity: "high",
  controls: ["CKV_AWS_249"],
  title: "An execution role reads the secrets its tasks name, and is no task's own role",
  why: "Whoever starts a task of one service could otherwise read the secrets of all.",
  fix: "Give each service two roles, and name the ARNs of its own secrets in the execution role's policy.",
  check: function* (stack): Iterable<StackFinding> {
    const executing = new Map<StackResource, StackResource[]>();
    for (const one of stack.of(task)) {
      for (const found of targets(stack, one, "executionRoleArn", role, "arn")) {
        executing.set(found, [...(executing.get(found) ?? []), one]);
      }
    }
    for (const one of stack.of(task)) {
      if (targets(stack, one, "taskRoleArn", role, "arn").some((found) => executing.has(found))) {
        yield { resource: one, what: "taskRoleArn is an execution role" };
      }
    }
    yield* stack.each("aws:iam/rolePolicy:RolePolicy", function* (policy) {
      const tasks = targets(stack, policy, "role", role, "name").flatMap((found) => executing.get(found) ?? []);
      if (tasks.length === 0) return;
      const named = new Set(tasks.flatMap((one) => madeFrom(one, "containerDefinitions")));
      if (madeFrom(policy, "policy").some((source) => source.type === secret && !named.has(source))) {
        yield "policy reads a secret that no task of the role names";
      }
      for (const allowed of allowedBy(policy.props)) {
        if ("problem" in allowed) continue;
        const { actions, resources } = allowed.statement;
        // Secrets Manager adds six characters to an ARN, which a policy may leave open as -??????.
        const wide = resources.some((arn) => arn.endsWith("*") && !/-\?+\*?$/.test(arn));
        if (wide && actions.some((action) => covers(action, read))) yield `${allowed.at} reads secrets by a wildcard`;
      }
    });
  },
});
