import { stackRule } from "../rule.ts";
import { readContainers } from "../rules/containers.ts";
import { peek } from "../unknown.ts";

export const stackSecrets = stackRule(["aws:ecs/taskDefinition:TaskDefinition", "aws:secretsmanager/secret:Secret"], {
  name: "secrets-of-this-stack",
  subject: "aws:ecs/taskDefinition:TaskDefinition",
  level: "mandatory",
  severity: "high",
  controls: [],
  url: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
  title: "Tasks take their secrets from this stack",
  why: "A secret of another environment joins the two: what reads one reads the other.",
  fix: "Refer to a secret the stack creates in valueFrom.",
  check: (stack) => {
    const secrets = stack.of("aws:secretsmanager/secret:Secret");
    const owned = secrets.map(({ props }) => peek(props, "arn")).filter((arn) => typeof arn === "string");
    return stack.each("aws:ecs/taskDefinition:TaskDefinition", function* (task) {
      for (const { at, container } of readContainers(task.props.containerDefinitions).list) {
        for (const [index, { valueFrom }] of (container.secrets ?? []).entries()) {
          if (!owned.some((arn) => valueFrom === arn || valueFrom.startsWith(`${arn}:`))) {
            yield `${at} secrets[${index}].valueFrom is not a secret of this stack`;
          }
        }
      }
    });
  },
});
