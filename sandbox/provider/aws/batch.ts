import type {
  ComputeEnvironmentDetail,
  ComputeResource,
  JobDefinition,
  JobQueueDetail,
  JobStateTimeLimitAction,
  RetryStrategy,
} from "@aws-sdk/client-batch";
import type { batch } from "@pulumi/aws";
import { type Context, type In, type Out, type Rows, row } from "../row.ts";
import { same, satisfies } from "../values.ts";
import { first, must, pick } from "./shared.ts";

/** What Batch calls by other names than Pulumi does. */
const resourcesOf = ({ maxVcpus, minVcpus, desiredVcpus, securityGroupIds, ...rest }: ComputeInputs) =>
  ({
    ...rest,
    maxvCpus: maxVcpus,
    ...(minVcpus !== undefined && { minvCpus: minVcpus }),
    ...(desiredVcpus !== undefined && { desiredvCpus: desiredVcpus }),
    securityGroupIds: securityGroupIds ?? [],
  }) as ComputeResource;
type ComputeInputs = NonNullable<In<batch.ComputeEnvironmentArgs>["computeResources"]>;

const environmentOf = async (id: string, { batch }: Context): Promise<ComputeEnvironmentDetail | undefined> =>
  first((await batch.describeComputeEnvironments({ computeEnvironments: [id] })).computeEnvironments);

const computeEnvironment = row<batch.ComputeEnvironmentArgs, batch.ComputeEnvironment>({
  update: ["computeResources", "serviceRole", "state"],
  replace: ["name", "type"],
  required: ["type"],
  autoName: { key: "name", max: 128 },
  defaults: { state: "ENABLED" },
  computed: ["arn", "ecsClusterArn", "serviceRole", "status", "statusReason"],
  create: async ({ name, type, state, serviceRole, computeResources }, { batch, tags }) => {
    const made = await batch.createComputeEnvironment({
      computeEnvironmentName: name,
      type: type as "MANAGED",
      state: state as "ENABLED",
      serviceRole,
      ...(computeResources && { computeResources: resourcesOf(computeResources) }),
      tags,
    });
    return must(made.computeEnvironmentName, "computeEnvironmentName");
  },
  ready: (id, aws) =>
    aws.until(`compute environment ${id} to be VALID`, async () =>
      (await environmentOf(id, aws))?.status === "VALID" ? true : undefined,
    ),
  read: async (id, aws, { computeResources }) => {
    const found = await environmentOf(id, aws);
    if (found === undefined) return undefined;
    const { maxvCpus, type, subnets, securityGroupIds } = found.computeResources ?? {};
    return {
      arn: found.computeEnvironmentArn,
      name: id,
      type: found.type,
      state: found.state,
      status: found.status,
      serviceRole: found.serviceRole,
      ecsClusterArn: found.ecsClusterArn,
      ...(found.computeResources && {
        computeResources: {
          ...computeResources,
          type,
          subnets,
          securityGroupIds,
          maxVcpus: maxvCpus,
        } as Out<batch.ComputeEnvironment>["computeResources"],
      }),
      tagsAll: found.tags ?? {},
    };
  },
  write: async (computeEnvironment, { state, serviceRole, computeResources }, { batch }, { changed }) => {
    await batch.updateComputeEnvironment({
      computeEnvironment,
      ...(changed("state") && { state: state as "ENABLED" }),
      ...(changed("serviceRole") && { serviceRole }),
      ...(changed("computeResources") && {
        computeResources: pick(
          resourcesOf(computeResources as ComputeInputs),
          "maxvCpus",
          "subnets",
          "securityGroupIds",
        ),
      }),
    });
  },
  tag: (_id, tags, { batch }, { arn: resourceArn }) => batch.tagResource({ resourceArn, tags }),
  untag: (_id, tagKeys, { batch }, { arn: resourceArn }) => batch.untagResource({ resourceArn, tagKeys }),
  // What is enabled is not deleted (AWS Batch API, DeleteComputeEnvironment).
  delete: async (computeEnvironment, aws) => {
    if ((await environmentOf(computeEnvironment, aws)) === undefined) return;
    const { batch } = aws;
    await batch.updateComputeEnvironment({ computeEnvironment, state: "DISABLED" });
    await batch.deleteComputeEnvironment({ computeEnvironment });
  },
});

const queueOf = async (id: string, { batch }: Context): Promise<JobQueueDetail | undefined> =>
  first((await batch.describeJobQueues({ jobQueues: [id] })).jobQueues);

const jobQueue = row<batch.JobQueueArgs, batch.JobQueue>({
  update: ["computeEnvironmentOrders", "jobStateTimeLimitActions", "priority", "state"],
  replace: ["name"],
  required: ["priority", "state"],
  autoName: { key: "name", max: 128 },
  computed: ["arn"],
  create: async ({ name, priority, state, computeEnvironmentOrders, jobStateTimeLimitActions }, { batch, tags }) => {
    const made = await batch.createJobQueue({
      jobQueueName: name,
      priority,
      state: state as "ENABLED",
      computeEnvironmentOrder: computeEnvironmentOrders,
      jobStateTimeLimitActions: jobStateTimeLimitActions as JobStateTimeLimitAction[] | undefined,
      tags,
    });
    return must(made.jobQueueArn, "jobQueueArn");
  },
  read: async (id, aws) => {
    const found = await queueOf(id, aws);
    return (
      found && {
        arn: found.jobQueueArn,
        name: found.jobQueueName,
        priority: found.priority,
        state: found.state,
        computeEnvironmentOrders: (found.computeEnvironmentOrder ?? []).map(
          ({ order = 0, computeEnvironment = "" }) => ({ order, computeEnvironment }),
        ),
        jobStateTimeLimitActions: (found.jobStateTimeLimitActions ??
          []) as In<batch.JobQueueArgs>["jobStateTimeLimitActions"],
        tagsAll: found.tags ?? {},
      }
    );
  },
  write: async (id, { priority, state, computeEnvironmentOrders, jobStateTimeLimitActions }, { batch }) => {
    await batch.updateJobQueue({
      jobQueue: id,
      priority,
      state: state as "ENABLED",
      computeEnvironmentOrder: computeEnvironmentOrders,
      // Left out they would stay.
      jobStateTimeLimitActions: (jobStateTimeLimitActions ?? []) as JobStateTimeLimitAction[],
    });
  },
  tag: (resourceArn, tags, { batch }) => batch.tagResource({ resourceArn, tags }),
  untag: (resourceArn, tagKeys, { batch }) => batch.untagResource({ resourceArn, tagKeys }),
  // What is enabled is not deleted (AWS Batch API, DeleteJobQueue).
  delete: async (jobQueue, aws) => {
    if ((await queueOf(jobQueue, aws)) === undefined) return;
    const { batch } = aws;
    await batch.updateJobQueue({ jobQueue, state: "DISABLED" });
    await batch.deleteJobQueue({ jobQueue });
  },
});

type Definition = In<batch.JobDefinitionArgs>;

const lower = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? {}).toLowerCase());

/** The revisions that jobs may be made of. */
const activeRevisions = async (name: string | undefined, { batch }: Context): Promise<readonly JobDefinition[]> =>
  (await batch.describeJobDefinitions({ jobDefinitionName: name, status: "ACTIVE" })).jobDefinitions ?? [];

const register = async (inputs: Definition, { batch, tags }: Context): Promise<string> => {
  const { evaluateOnExits, ...retry } = inputs.retryStrategy ?? {};
  const made = await batch.registerJobDefinition({
    jobDefinitionName: inputs.name,
    type: inputs.type as "container",
    parameters: inputs.parameters ?? {},
    platformCapabilities: inputs.platformCapabilities as "FARGATE"[] | undefined,
    propagateTags: inputs.propagateTags,
    timeout: inputs.timeout,
    ...(inputs.retryStrategy && { retryStrategy: { ...retry, evaluateOnExit: evaluateOnExits } as RetryStrategy }),
    containerProperties: JSON.parse(inputs.containerProperties ?? "null"),
    tags,
  });
  return must(made.jobDefinitionArn, "jobDefinitionArn");
};

/** Batch fills in what is not said: the text as it was given, as long as that is what is there. */
function asGiven(given: string | undefined, { containerProperties }: JobDefinition): string {
  const is = given !== undefined && satisfies(containerProperties, JSON.parse(given));
  return is ? given : JSON.stringify(containerProperties);
}

/** Each change is a revision of its own, with an ARN of its own; the one before is deregistered. */
const jobDefinition = row<batch.JobDefinitionArgs, batch.JobDefinition>({
  update: ["containerProperties", "parameters", "platformCapabilities", "propagateTags", "retryStrategy", "timeout"],
  replace: ["name", "type"],
  required: ["type"],
  autoName: { key: "name", max: 128 },
  computed: ["arn", "arnPrefix", "revision"],
  recomputed: ["arn", "revision"],
  // Batch answers a retry's actions in lower case.
  equal: { retryStrategy: (left, right) => same(lower(left), lower(right)) },
  create: (inputs, aws) => register(inputs, aws),
  read: async (_id, aws, { name, containerProperties: given }) => {
    const found = [...(await activeRevisions(name, aws))].sort((a, b) => (b.revision ?? 0) - (a.revision ?? 0))[0];
    if (found === undefined) return undefined;
    const { evaluateOnExit, ...retry } = found.retryStrategy ?? {};
    return {
      arn: found.jobDefinitionArn,
      arnPrefix: found.jobDefinitionArn?.replace(/:\d+$/, ""),
      revision: found.revision,
      name: found.jobDefinitionName,
      type: found.type,
      parameters: found.parameters ?? {},
      platformCapabilities: found.platformCapabilities ?? [],
      propagateTags: found.propagateTags ?? false,
      timeout: found.timeout,
      ...(found.retryStrategy && {
        retryStrategy: { ...retry, evaluateOnExits: evaluateOnExit } as Definition["retryStrategy"],
      }),
      containerProperties: asGiven(given, found),
      tagsAll: found.tags ?? {},
    };
  },
  write: async (_id, inputs, aws) => {
    const before = await activeRevisions(inputs.name, aws);
    await register(inputs, aws);
    for (const { jobDefinitionArn } of before)
      await aws.batch.deregisterJobDefinition({ jobDefinition: jobDefinitionArn });
    return undefined;
  },
  tag: (_id, tags, { batch }, { arn: resourceArn }) => batch.tagResource({ resourceArn, tags }),
  untag: (_id, tagKeys, { batch }, { arn: resourceArn }) => batch.untagResource({ resourceArn, tagKeys }),
  delete: async (_id, aws, { name }) => {
    for (const { jobDefinitionArn } of await activeRevisions(name, aws))
      await aws.batch.deregisterJobDefinition({ jobDefinition: jobDefinitionArn });
  },
});

export const batchRows: Rows = {
  "aws:batch/computeEnvironment:ComputeEnvironment": computeEnvironment,
  "aws:batch/jobQueue:JobQueue": jobQueue,
  "aws:batch/jobDefinition:JobDefinition": jobDefinition,
};
