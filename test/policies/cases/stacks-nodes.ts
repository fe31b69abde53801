import { type Node, unknownText as unknown } from "../support/evaluate.ts";
import { policy } from "./types.ts";

export const group = (name: string, props: Record<string, unknown> = {}): Node => ({
  type: "aws:ec2/securityGroup:SecurityGroup",
  name,
  props,
});
export const ingress = (name: string, props: Record<string, unknown>, deps: Node["deps"]): Node => ({
  type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  name,
  props: { securityGroupId: unknown, ...props },
  ...(deps === undefined ? {} : { deps }),
});
export const service: Node = {
  type: "aws:ecs/service:Service",
  name: "web-blue",
  props: { networkConfiguration: { securityGroups: [unknown] } },
  deps: { networkConfiguration: ["web-group"], loadBalancers: ["blue"] },
  ignoreChanges: ["taskDefinition", "desiredCount"],
};
export const taskOf = (containerDefinitions: string, extra: Partial<Node> = {}): Node => ({
  type: "aws:ecs/taskDefinition:TaskDefinition",
  name: "task",
  props: { containerDefinitions, executionRoleArn: unknown, taskRoleArn: unknown },
  deps: { executionRoleArn: ["execution"], taskRoleArn: ["own"], containerDefinitions: ["app"] },
  ...extra,
});
export const role = (name: string, props: Record<string, unknown> = {}): Node => ({
  type: "aws:iam/role:Role",
  name,
  props: { name, ...props },
});
export const execution: Node = {
  type: "aws:iam/rolePolicy:RolePolicy",
  name: "execution-policy",
  props: {
    role: "execution",
    policy: policy({ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "arn:a" }),
  },
  deps: { role: ["execution"], policy: ["app"] },
};
export const of = (type: string, name: string, props: Record<string, unknown>, deps: Node["deps"] = {}): Node => ({
  type,
  name,
  props,
  deps,
});
