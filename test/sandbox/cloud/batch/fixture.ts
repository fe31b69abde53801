import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionCommandInput,
} from "@aws-sdk/client-batch";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateSecurityGroupCommand, EC2Client } from "@aws-sdk/client-ec2";
import { install as installBatch } from "../../../../sandbox/cloud/batch/install.ts";
import { Schedules } from "../../../../sandbox/cloud/schedules/schedules.ts";
import { installStates } from "../../../../sandbox/cloud/states/install.ts";
import { createNetwork, until, useInProcessCloud } from "../alb/in-process.ts";

/** Says what it was given, and ends as it is told. */
const program = `
console.log("arguments " + process.argv.slice(2).join(" "));
console.log("variables " + process.env.FROM + " " + process.env.OVER + " attempt " + process.env.AWS_BATCH_JOB_ATTEMPT);
const [what, code] = process.argv.slice(2);
if (what === "wait") { process.on("SIGTERM", () => process.exit(5)); console.log("process " + process.pid); setInterval(() => {}, 1000); }
else if (what === "whose") console.log("session " + process.env.SWITCHYARD_SANDBOX_CREDENTIALS);
else process.exitCode = Number(code ?? 0);
`;

/** A queue and an image in a cloud of the suite's own, with jobs and executions. */
export function useJobs(pace = 0.005) {
  const cloud = useInProcessCloud(pace);
  const batch = () => cloud().client(BatchClient);
  let count = 0;

  before(async function () {
    this.timeout(60_000);
    installStates(cloud().context, installBatch(cloud().context, cloud().enter), new Schedules(cloud().context));
    const rootfs = join(cloud().dir, "rootfs");
    mkdirSync(join(rootfs, "app"), { recursive: true });
    writeFileSync(join(rootfs, "app/main.mjs"), program);
    const config = { Entrypoint: ["node", "/app/main.mjs"], WorkingDir: "/app", Env: ["FROM=image", "OVER=image"] };
    cloud().images.set("runner@sha256:1", { digest: "sha256:1", rootfs, config });
    const { subnets, vpc } = await createNetwork(cloud());
    const group = new CreateSecurityGroupCommand({ GroupName: "jobs", Description: "jobs", VpcId: vpc });
    const { GroupId = "" } = await cloud().client(EC2Client).send(group);
    const { computeEnvironmentArn } = await batch().send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: "main",
        type: "MANAGED",
        computeResources: { type: "FARGATE", maxvCpus: 4, subnets, securityGroupIds: [GroupId] },
      }),
    );
    const computeEnvironmentOrder = [{ order: 1, computeEnvironment: computeEnvironmentArn }];
    await batch().send(
      new CreateJobQueueCommand({ jobQueueName: "main", state: "ENABLED", priority: 1, computeEnvironmentOrder }),
    );
  });

  async function definition(more: Partial<RegisterJobDefinitionCommandInput> = {}): Promise<string> {
    count += 1;
    const { containerProperties, ...rest } = more;
    const made = await batch().send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: `job-${count}`,
        type: "container",
        platformCapabilities: ["FARGATE"],
        ...rest,
        containerProperties: {
          image: "runner@sha256:1",
          executionRoleArn: "arn:aws:iam::123456789012:role/jobs",
          environment: [{ name: "OVER", value: "definition" }],
          resourceRequirements: [
            { type: "VCPU", value: "1" },
            { type: "MEMORY", value: "2048" },
          ],
          ...containerProperties,
        },
      }),
    );
    return made.jobDefinitionArn ?? "";
  }

  const describeJob = async (id: string | undefined): Promise<JobDetail | undefined> =>
    (await batch().send(new DescribeJobsCommand({ jobs: [id ?? ""] }))).jobs?.[0];
  const reached = (id: string | undefined, ...statuses: readonly string[]) =>
    until(`job ${id} ${statuses.join(" or ")}`, async () => {
      const job = await describeJob(id);
      return job !== undefined && statuses.includes(job.status ?? "") && job;
    });
  /** The id of a job's process, once that runs. */
  const processOf = async (id: string | undefined): Promise<number> => {
    const running = await reached(id, "RUNNING");
    const line = () => logOf(running).then((lines) => /process (\d+)/.exec(lines.join())?.[1]);
    return Number(await until("a process says its id", line));
  };
  const logOf = async (job: JobDetail) => {
    const command = new GetLogEventsCommand({
      logGroupName: "/aws/batch/job",
      logStreamName: job.container?.logStreamName,
      startFromHead: true,
    });
    return ((await cloud().client(CloudWatchLogsClient).send(command)).events ?? []).map(({ message }) => message);
  };
  return {
    cloud,
    batch,
    definition,
    describeJob,
    reached,
    ended: (id?: string) => reached(id, "SUCCEEDED", "FAILED"),
    logOf,
    processOf,
  };
}
