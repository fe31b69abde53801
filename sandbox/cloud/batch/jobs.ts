/** SubmitJob, DescribeJobs, ListJobs, TerminateJob, CancelJob; definitions and queues are moto's. */
import {
  BatchClient,
  CancelJobCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  type JobDefinition,
  type JobSummary,
  ListJobsCommand,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
} from "@aws-sdk/client-batch";
import type { Enter } from "../access/sessions.ts";
import { awsError, type CloudContext } from "../handlers.ts";
import { Job, type Queue } from "./job.ts";
import { installQueues } from "./queues.ts";
import { Room } from "./room.ts";

/** Who calls: their moto. */
type Caller = Pick<CloudContext, "moto">;

export interface Jobs {
  submit(caller: Caller, input: SubmitJobCommandInput): Promise<Job>;
}

/** @param vcpusOf How many a compute environment has at most, by its ARN. */
export function installJobs(
  cloud: CloudContext,
  enter: Enter,
  vcpusOf: (batch: BatchClient, environmentArn: string) => Promise<number>,
): Jobs {
  const jobs = new Map<string, Job>();
  /** By the ARN of their compute environment. */
  const rooms = new Map<string, Room>();
  const limitsOf = installQueues(cloud);

  const submit: Jobs["submit"] = async (caller, input) => {
    const batch = caller.moto(BatchClient);
    const { arn, priority, environmentArn } = await queueOf(batch, input.jobQueue ?? "");
    const vcpus = await vcpusOf(batch, environmentArn);
    const room = rooms.get(environmentArn) ?? new Room(vcpus);
    room.vcpus = vcpus;
    rooms.set(environmentArn, room);
    const definition = await definitionOf(batch, input.jobDefinition ?? "");
    const queue: Queue = { arn, priority, room, limits: limitsOf(arn) };
    const job = new Job(cloud, enter, definition, queue, input, dependenciesOf(input));
    jobs.set(job.detail.jobId ?? "", job);
    return job;
  };
  const dependenciesOf = ({ dependsOn = [] }: SubmitJobCommandInput): Job[] =>
    dependsOn.map(({ jobId, type }) => {
      if (type !== undefined) throw awsError("ClientException", `A dependency of type ${type} needs an array job`);
      return found(jobId);
    });
  const found = (jobId: string | undefined): Job => {
    const job = jobs.get(jobId ?? "");
    if (job === undefined) throw awsError("ClientException", `Job ${jobId} does not exist`);
    return job;
  };

  cloud.handle(SubmitJobCommand, async (input, call) => {
    const { jobId, jobArn, jobName } = (await submit(call, input)).detail;
    return { jobId, jobArn, jobName };
  });
  cloud.handle(DescribeJobsCommand, ({ jobs: asked = [] }) => ({
    jobs: asked.flatMap((id) => jobs.get(id.split("/").at(-1) ?? "")?.detail ?? []),
  }));
  cloud.handle(ListJobsCommand, async ({ jobQueue, jobStatus = "RUNNING" }, call) => {
    const { arn } = await queueOf(call.moto(BatchClient), jobQueue ?? "");
    const all = [...jobs.values()].filter(({ detail }) => detail.jobQueue === arn && detail.status === jobStatus);
    return { jobSummaryList: all.map(summary) };
  });
  cloud.handle(TerminateJobCommand, ({ jobId, reason = "" }) => {
    // Answered at once; the job ends when its process has.
    void found(jobId).terminate(reason);
    return {};
  });
  cloud.handle(CancelJobCommand, ({ jobId, reason = "" }) => {
    found(jobId).cancel(reason);
    return {};
  });
  cloud.status("jobs", () =>
    [...jobs.values()].map(({ detail: { jobId, jobName, status }, pid }) => ({ jobId, jobName, status, pid })),
  );
  const clear = async () => {
    await Promise.all([...jobs.values()].map((job) => job.kill()));
    jobs.clear();
    rooms.clear();
  };
  cloud.onReset(clear);
  cloud.onStop(clear);
  return { submit };
}

async function queueOf(batch: BatchClient, name: string) {
  const { jobQueues } = await batch.send(new DescribeJobQueuesCommand({ jobQueues: [name] }));
  const { jobQueueArn: arn, priority = 0, state, computeEnvironmentOrder = [] } = jobQueues?.[0] ?? {};
  if (arn === undefined) throw awsError("ClientException", `JobQueue ${name} not found`);
  if (state === "DISABLED") throw awsError("ClientException", `JobQueue ${name} is DISABLED`);
  return { arn, priority, environmentArn: computeEnvironmentOrder[0]?.computeEnvironment ?? "" };
}

/** By ARN, by `name:revision`, or the newest by its name. */
async function definitionOf(batch: BatchClient, given: string): Promise<JobDefinition> {
  const [name = "", revision] = (given.split("/").at(-1) ?? "").split(":");
  const { jobDefinitions = [] } = await batch.send(
    new DescribeJobDefinitionsCommand({ jobDefinitionName: name, status: "ACTIVE" }),
  );
  const newest = jobDefinitions
    .filter((each) => revision === undefined || String(each.revision) === revision)
    .sort((left, right) => (right.revision ?? 0) - (left.revision ?? 0))[0];
  if (newest === undefined) throw awsError("ClientException", `Job definition ${given} not found or not ACTIVE`);
  return newest;
}

function summary({ detail }: Job): JobSummary {
  const { jobId = "", jobArn, jobName = "", status, statusReason, createdAt, startedAt, stoppedAt, container } = detail;
  return {
    ...{ jobId, jobArn, jobName, status, statusReason, createdAt, startedAt, stoppedAt },
    container: { exitCode: container?.exitCode, reason: container?.reason },
    jobDefinition: detail.jobDefinition,
  };
}
