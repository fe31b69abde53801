/** Queues: moto's, with what they do with a job that cannot be started, which moto does not know. */
import {
  CreateJobQueueCommand,
  DeleteJobQueueCommand,
  DescribeJobQueuesCommand,
  type JobStateTimeLimitAction,
  UpdateJobQueueCommand,
} from "@aws-sdk/client-batch";
import { awsError, type CloudContext } from "../handlers.ts";

/** As far as a queue may act on them (AWS Batch, "Automatic remediation with jobStateTimeLimitActions"). */
const reasons = [
  "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
  "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
  "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
];

/** @returns what a queue does with them, by its ARN */
export function installQueues(cloud: CloudContext): (arn: string) => readonly JobStateTimeLimitAction[] {
  const limits = new Map<string, readonly JobStateTimeLimitAction[]>();
  const keep = (arn: string | undefined, given: readonly JobStateTimeLimitAction[] | undefined) => {
    if (arn !== undefined && given !== undefined) limits.set(arn, given);
  };
  cloud.onReset(() => limits.clear());

  cloud.handle(CreateJobQueueCommand, async (input, call) => {
    check(input.jobStateTimeLimitActions);
    const answer = await call.toMoto();
    keep(answer.jobQueueArn, input.jobStateTimeLimitActions);
    return answer;
  });
  cloud.handle(UpdateJobQueueCommand, async (input, call) => {
    check(input.jobStateTimeLimitActions);
    const answer = await call.toMoto();
    keep(answer.jobQueueArn, input.jobStateTimeLimitActions);
    return answer;
  });
  cloud.handle(DescribeJobQueuesCommand, async (_input, call) => {
    const answer = await call.toMoto();
    return {
      ...answer,
      jobQueues: answer.jobQueues?.map((queue) => ({
        ...queue,
        jobStateTimeLimitActions: [...(limits.get(queue.jobQueueArn ?? "") ?? [])],
      })),
    };
  });
  cloud.handle(DeleteJobQueueCommand, async ({ jobQueue = "" }, call) => {
    const answer = await call.toMoto();
    const of = `:${call.region}:${call.account}:job-queue/${jobQueue.split("/").at(-1)}`;
    for (const arn of limits.keys()) if (arn.endsWith(of)) limits.delete(arn);
    return answer;
  });
  return (arn) => limits.get(arn) ?? [];
}

function check(actions: readonly JobStateTimeLimitAction[] = []): void {
  for (const { action, maxTimeSeconds = 0, reason = "", state } of actions) {
    if (state !== "RUNNABLE" || action !== "CANCEL")
      throw awsError("ClientException", `A job of state ${state} is not to be ended by ${action}: RUNNABLE, CANCEL`);
    if (!reasons.includes(reason)) throw awsError("ClientException", `${reason} is no reason for a time limit action`);
    if (maxTimeSeconds < 600 || maxTimeSeconds > 86_400)
      throw awsError("ClientException", `maxTimeSeconds ${maxTimeSeconds} must be between 600 and 86400`);
  }
}
