import { speaksOfAction } from "@switchyard/iam/decide.ts";
import type { Statement } from "@switchyard/iam/document.ts";
import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { readContainers } from "../rules/containers.ts";
import { allowedBy } from "../rules/iam-documents.ts";
import { peek, unknown } from "../unknown.ts";
import { ancestors, madeFrom, targets } from "./graph.ts";
import { rolePolicies } from "./role-policies.ts";
import { serviceNeeds, serviceOf } from "./services.ts";

const task = "aws:ecs/taskDefinition:TaskDefinition";
const role = "aws:iam/role:Role";
const secret = "aws:secretsmanager/secret:Secret";
const reads = [
  "secretsmanager:GetSecretValue",
  "secretsmanager:BatchGetSecretValue",
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "ssm:GetParameterHistory",
];

export const executionRoles = stackRule(
  [task, role, "aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy", secret],
  {
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
      const policiesOf = rolePolicies(stack);
      for (const [one, tasks] of executing) {
        const { documents, arns, unknownOf } = policiesOf(one);
        if (unknownOf !== undefined)
          yield { resource: one, what: `a policy attached by ${unknownOf} is not known yet`, undecided: true };
        for (const arn of arns)
          if (readsEverySecret.test(arn)) yield { resource: one, what: "an attached policy of AWS reads every secret" };
        const named = namedBy(stack, one, tasks);
        for (const document of [one, ...documents])
          for (const finding of beyond(document, named)) yield { resource: document, ...finding };
      }
    },
  },
);

/** AWS's own policies that read secrets or parameters without limit. */
const readsEverySecret =
  /:iam::aws:policy\/(.*\/)?(SecretsManagerReadWrite|AmazonSSM(FullAccess|ReadOnlyAccess|ManagedInstanceCore)|ReadOnlyAccess|PowerUserAccess|AdministratorAccess)$/;

interface Named {
  /** What the tasks' containers name, secrets and parameters; undefined while definitions are not known. */
  readonly values: readonly string[] | undefined;
  /** Secrets the definitions were made from, and those the service needs: a revision that still runs may name them. */
  readonly secrets: ReadonlySet<StackResource>;
}

/** What holds the secrets of the database that services start with. */
const ofDatabase = new Set(["switchyard:data:DatabaseUser", "switchyard:data:DatabaseUrl"]);

function namedBy(stack: StackView<unknown>, one: StackResource, tasks: readonly StackResource[]): Named {
  const service = serviceOf(one);
  const own = stack.of(secret).filter((each) => {
    if (service === undefined) return false;
    const inside = [...ancestors(each)];
    if (inside.includes(service)) return true;
    return serviceNeeds(service, "database") && inside.some(({ type }) => ofDatabase.has(type));
  });
  const secrets = new Set<StackResource>([...tasks.flatMap((each) => madeFrom(each, "containerDefinitions")), ...own]);
  const definitions = tasks.map(({ props }) => peek(props, "containerDefinitions"));
  if (definitions.includes(unknown)) return { values: undefined, secrets };
  const containers = definitions.flatMap((each) => readContainers(each).list);
  const arns = own.map(({ props }) => peek(props, "arn")).filter((arn) => typeof arn === "string");
  return {
    values: [...arns, ...containers.flatMap((each) => each.secrets.map(({ valueFrom }) => valueFrom))],
    secrets,
  };
}

function* beyond(policy: StackResource, named: Named): Iterable<Omit<StackFinding, "resource">> {
  const property = "inlinePolicies" in policy.props ? "inlinePolicies" : "policy";
  if (peek(policy.props, property) === unknown) {
    if (madeFrom(policy, property).some((source) => source.type === secret && !named.secrets.has(source)))
      yield { what: `${property} reads a secret that no task of the role names` };
    else yield { what: `${property} is not known yet`, undecided: true };
    return;
  }
  for (const allowed of allowedBy(policy.props as Parameters<typeof allowedBy>[0])) {
    if ("problem" in allowed) {
      yield { what: `${allowed.at} ${allowed.problem}` };
      continue;
    }
    const what = excess(allowed.statement, named.values);
    if (what === notTold) yield { what, undecided: true };
    else if (what !== undefined) yield { what: `${allowed.at} ${what}` };
  }
}

const notTold = "containerDefinitions of the role's tasks is not known yet";

function excess(statement: Statement, named: readonly string[] | undefined): string | undefined {
  if (!reads.some((action) => speaksOfAction(statement, action))) return undefined;
  if (statement.byNotResource) return "reads secrets by a wildcard";
  // Secrets Manager adds six characters to an ARN, which a policy may leave open as -??????.
  const plain = statement.resources.map((arn) => arn.replace(/-\?+\*?$/, ""));
  if (plain.some((arn) => /[*?]/.test(arn))) return "reads secrets by a wildcard";
  if (named === undefined) return notTold;
  const isNamed = (arn: string) =>
    named.some(
      (value) => value === arn || value.startsWith(`${arn}:`) || value.startsWith(`${arn}-`) || isParameter(arn, value),
    );
  return plain.every(isNamed) ? undefined : "reads a secret that no task of the role names";
}

/** ECS takes a parameter by its name too. */
function isParameter(arn: string, name: string): boolean {
  const [, parameter = ""] = /:parameter\/(.*)$/.exec(arn) ?? [];
  return parameter !== "" && parameter === name.replace(/^\//, "");
}
