import { stackRule } from "../rule.ts";
import { readContainers } from "../rules/containers.ts";
import { peek } from "../unknown.ts";

const task = "aws:ecs/taskDefinition:TaskDefinition";
const secret = "aws:secretsmanager/secret:Secret";
const parameter = "aws:ssm/parameter:Parameter";

export const stackSecrets = stackRule([task, secret, parameter], {
  name: "secrets-of-this-stack",
  subject: task,
  level: "mandatory",
  severity: "high",
  controls: [],
  url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
  title: "Tasks take their secrets from this stack",
  why: "A secret of another environment joins the two: what reads one reads the other.",
  fix: "Refer to a secret or parameter the stack creates, in secrets, secretOptions and repositoryCredentials alike.",
  check: (stack) => {
    const all = [...stack.of(secret), ...stack.of(parameter)];
    const owned = all.map(({ props }) => peek(props, "arn")).filter((arn) => typeof arn === "string");
    // ECS takes a parameter of the same region by its name alone.
    const names = new Set(stack.of(parameter).map(({ props }) => peek(props, "name")));
    const isOwn = (from: string) => names.has(from) || owned.some((arn) => from === arn || from.startsWith(`${arn}:`));
    return stack.each(task, function* ({ props }) {
      const { list, problem } = readContainers(props.containerDefinitions);
      if (problem !== undefined) yield problem;
      for (const { at, secrets } of list)
        for (const one of secrets) if (!isOwn(one.valueFrom)) yield `${at} ${one.at} is not a secret of this stack`;
    });
  },
});
