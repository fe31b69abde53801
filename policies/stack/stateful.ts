import { type ResourceType, type StackFinding, type StackResource, stackRule } from "../rule.ts";
import { ancestors } from "./graph.ts";

/** What holds data that code cannot make again. */
const stateful = [
  "aws:rds/instance:Instance",
  "aws:rds/cluster:Cluster",
  "aws:rds/globalCluster:GlobalCluster",
  "aws:s3/bucket:Bucket",
  "aws:dynamodb/table:Table",
  "aws:kms/key:Key",
  "aws:kms/replicaKey:ReplicaKey",
  "aws:ecr/repository:Repository",
] as const satisfies readonly ResourceType[];

export const statefulProtected = stackRule(stateful, {
  name: "stateful-protected",
  level: "production",
  severity: "high",
  controls: [],
  url: "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
  title: "What holds data is protected",
  why: "A rename in code deletes the old resource with everything in it.",
  fix: "Create it with the resource option protect: true.",
  check: function* (stack): Iterable<StackFinding> {
    for (const resource of stack.of(...stateful) as readonly StackResource[]) {
      if (!resource.opts.protect) yield { resource, what: "the resource is not protected" };
    }
  },
});

export const statefulInComponents = stackRule(stateful, {
  name: "stateful-in-components",
  level: "mandatory",
  severity: "medium",
  controls: [],
  url: "https://www.pulumi.com/docs/iac/concepts/resources/components/",
  title: "What holds data is created by the platform's components",
  why: "The components carry its encryption, backups and protection; a bare resource has to remember them.",
  fix: "Use the component for it under programs/components.",
  check: function* (stack): Iterable<StackFinding> {
    for (const resource of stack.of(...stateful) as readonly StackResource[]) {
      if (![...ancestors(resource)].some(({ type }) => type.startsWith("switchyard:"))) {
        yield { resource, what: "the resource has no component of the platform for a parent" };
      }
    }
  },
});
