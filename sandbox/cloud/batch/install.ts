/**
 * Batch: compute environments are moto's, with the role Batch makes for itself, and with a size that changes; jobs are
 * processes.
 */
import {
  type BatchClient,
  CreateComputeEnvironmentCommand,
  DescribeComputeEnvironmentsCommand,
  UpdateComputeEnvironmentCommand,
} from "@aws-sdk/client-batch";
import { CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import type { Enter } from "../access/sessions.ts";
import type { CloudContext } from "../handlers.ts";
import { installJobs, type Jobs } from "./jobs.ts";

type Changed = Readonly<Record<string, unknown>>;

export function install(cloud: CloudContext, enter: Enter): Jobs {
  /** What updates gave each environment, by its ARN. */
  const changes = new Map<string, Changed>();
  cloud.onReset(() => changes.clear());

  cloud.handle(CreateComputeEnvironmentCommand, async (input, call) =>
    call.toMoto({ ...input, serviceRole: input.serviceRole ?? (await ownRole(call.moto(IAMClient))) }),
  );

  cloud.handle(UpdateComputeEnvironmentCommand, async (input, call) => {
    const answer = await call.toMoto();
    const arn = answer.computeEnvironmentArn ?? "";
    changes.set(arn, { ...changes.get(arn), ...input.computeResources });
    return answer;
  });

  cloud.handle(DescribeComputeEnvironmentsCommand, async (_input, call) => {
    const answer = await call.toMoto();
    const computeEnvironments = answer.computeEnvironments?.map((found) => ({
      ...found,
      ...(found.computeResources && {
        computeResources: { ...found.computeResources, ...changes.get(found.computeEnvironmentArn ?? "") },
      }),
    }));
    return { ...answer, computeEnvironments };
  });

  return installJobs(cloud, enter, async (batch: BatchClient, arn) => {
    const { computeEnvironments } = await batch.send(
      new DescribeComputeEnvironmentsCommand({ computeEnvironments: [arn] }),
    );
    return Number(changes.get(arn)?.["maxvCpus"] ?? computeEnvironments?.[0]?.computeResources?.maxvCpus);
  });
}

/** The role that is made with an account's first compute environment (AWS Batch, "Using service-linked roles"). */
async function ownRole(iam: IAMClient): Promise<string | undefined> {
  const RoleName = "AWSServiceRoleForBatch";
  try {
    return (await iam.send(new GetRoleCommand({ RoleName }))).Role?.Arn;
  } catch (error) {
    if ((error as Error).name !== "NoSuchEntityException") throw error;
  }
  const trusted = { Effect: "Allow", Principal: { Service: "batch.amazonaws.com" }, Action: "sts:AssumeRole" };
  const made = await iam.send(
    new CreateRoleCommand({
      RoleName,
      Path: "/aws-service-role/batch.amazonaws.com/",
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [trusted] }),
    }),
  );
  return made.Role?.Arn;
}
