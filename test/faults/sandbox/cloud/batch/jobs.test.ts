import assert from "node:assert/strict";
import {
  CancelJobCommand,
  CreateJobQueueCommand,
  DescribeJobQueuesCommand,
  type JobDefinition,
  ListJobsCommand,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
} from "@aws-sdk/client-batch";
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { Job } from "../../../../../sandbox/cloud/batch/job.ts";
import { Room } from "../../../../../sandbox/cloud/batch/room.ts";
import { useJobs } from "../../../../sandbox/cloud/batch/fixture.ts";

describe("jobs of Batch", () => {
  const { batch, cloud, definition, ended, logOf, processOf, reached } = useJobs();
  const submit = async (jobDefinition: string, more: Partial<SubmitJobCommandInput> = {}) =>
    (await batch().send(new SubmitJobCommand({ jobName: "job", jobQueue: "main", jobDefinition, ...more }))).jobId;

  it("run the image's entry point with what definition and submission say, and log it", async () => {
    const of = await definition({
      parameters: { code: "7", name: "default" },
      containerProperties: { command: ["exit", "Ref::code", "Ref::name", "Ref::other"] },
    });
    const id = await submit(of, {
      parameters: { code: "0" },
      containerOverrides: { environment: [{ name: "OVER", value: "submission" }] },
    });
    const job = await ended(id);
    assert.deepEqual(
      [job.status, job.statusReason, job.container?.exitCode, job.attempts?.length],
      ["SUCCEEDED", "Essential container in task exited", 0, 1],
    );
    assert.ok((job.startedAt ?? 0) >= (job.createdAt ?? 1) && (job.stoppedAt ?? 0) >= (job.startedAt ?? 1));
    assert.deepEqual(await logOf(job), ["arguments exit 0 default Ref::other", "variables image submission attempt 1"]);
  });

  it("fail with their command's exit code, and are tried again as their strategy says", async () => {
    const of = await definition({
      retryStrategy: {
        attempts: 3,
        evaluateOnExit: [
          { action: "RETRY", onExitCode: "9" },
          { action: "EXIT", onReason: "*" },
        ],
      },
    });
    const once = await ended(await submit(of, { containerOverrides: { command: ["exit", "3"] } }));
    assert.deepEqual([once.status, once.container?.exitCode, once.attempts?.length], ["FAILED", 3, 1]);
    const thrice = await ended(await submit(of, { containerOverrides: { command: ["exit", "9"] } }));
    assert.deepEqual(
      thrice.attempts?.map(({ container }) => container?.exitCode),
      [9, 9, 9],
    );
    assert.match((await logOf(thrice)).join(), /attempt 3/);
  });

  it("may do what their role may and nothing else, whoever that trusts; without one, anything", async () => {
    const iam = cloud().client(IAMClient);
    const trust = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" };
    const lists = { Effect: "Allow", Action: "dynamodb:ListTables", Resource: "*" };
    const document = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const RoleName = "lists-tables";
    const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document(trust) }));
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "lists", PolicyDocument: document(lists) }));
    const whose = async (container: object) => {
      const of = await definition({ containerProperties: { command: ["whose"], ...container } });
      return /^session (.*)$/m.exec((await logOf(await ended(await submit(of)))).join("\n"))?.[1] ?? "";
    };
    assert.equal(await whose({}), "undefined");
    const [accessKeyId = "", secretAccessKey = "", sessionToken = ""] = (
      await whose({ jobRoleArn: made.Role?.Arn })
    ).split(":");
    const { endpoint } = cloud();
    const credentials = { accessKeyId, secretAccessKey, sessionToken };
    const tables = new DynamoDBClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
    assert.ok((await tables.send(new ListTablesCommand({}))).TableNames);
    await assert.rejects(tables.send(new DescribeTableCommand({ TableName: "ledger" })), {
      name: "AccessDeniedException",
      message: /assumed-role\/lists-tables\/.* is not authorized to perform: dynamodb:DescribeTable/,
    });
    tables.destroy();
  });

  it("fail without an exit code where their image was never pushed", async () => {
    const job = await ended(await submit(await definition({ containerProperties: { image: "runner@sha256:2" } })));
    assert.deepEqual(
      [job.status, job.statusReason, job.container?.exitCode],
      ["FAILED", "Task failed to start", undefined],
    );
    assert.match(job.container?.reason ?? "", /^CannotPullContainerError: .*never pushed/);
  });

  it("end when they are terminated, with the reason given", async () => {
    const of = await definition({ containerProperties: { command: ["wait"] } });
    const id = await submit(of);
    await processOf(id);
    const { jobSummaryList } = await batch().send(new ListJobsCommand({ jobQueue: "main" }));
    assert.deepEqual(
      jobSummaryList?.map(({ jobId }) => jobId),
      [id],
    );
    await batch().send(new CancelJobCommand({ jobId: id, reason: "too late to cancel" }));
    await batch().send(new TerminateJobCommand({ jobId: id, reason: "not needed" }));
    const job = await ended(id);
    assert.deepEqual(
      [job.status, job.statusReason, job.container?.exitCode, job.isTerminated, job.isCancelled],
      ["FAILED", "not needed", 5, true, false],
    );
  });

  it("never start when they are cancelled first", async () => {
    const { context } = cloud();
    const started = Promise.withResolvers<void>();
    const clock = { ...context.clock, wait: () => started.promise };
    const arn = "arn:aws:batch:us-east-1:123456789012:job-queue/main";
    const queue = { arn, priority: 1, room: new Room(1), limits: [] };
    const submitted = { jobName: "job", jobQueue: arn, jobDefinition: "job" };
    const job = new Job(
      { ...context, clock },
      cloud().enter,
      { containerProperties: {} } as JobDefinition,
      queue,
      submitted,
    );
    job.cancel("changed my mind");
    started.resolve();
    const { attempts, isCancelled, status, statusReason } = await job.ended;
    assert.deepEqual([status, statusReason, attempts, isCancelled], ["FAILED", "changed my mind", [], true]);
  });

  const capacity = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE";
  const cancelAfter = (maxTimeSeconds: number) => ({
    ...{ reason: capacity, state: "RUNNABLE" as const, action: "CANCEL" as const, maxTimeSeconds },
  });

  it("are cancelled by their queue where they ask for more than there can be, and never ran", async () => {
    const { jobQueues } = await batch().send(new DescribeJobQueuesCommand({ jobQueues: ["main"] }));
    const { computeEnvironmentOrder = [] } = jobQueues?.[0] ?? {};
    const queue = (more: object) =>
      batch().send(
        new CreateJobQueueCommand({
          ...{ jobQueueName: "limited", state: "ENABLED", priority: 2, computeEnvironmentOrder },
          ...more,
        }),
      );
    for (const wrong of [{ maxTimeSeconds: 599 }, { action: "TERMINATE" as const }, { reason: "UNDETERMINED" }]) {
      const refused = queue({ jobStateTimeLimitActions: [{ ...cancelAfter(600), ...wrong }] });
      await assert.rejects(refused, { name: "ClientException" }, JSON.stringify(wrong));
    }
    await queue({ jobStateTimeLimitActions: [cancelAfter(600)] });
    const resourceRequirements = [{ type: "VCPU" as const, value: "8" }];
    const of = await definition();
    const id = await submit(of, { jobQueue: "limited", containerOverrides: { resourceRequirements } });
    const behind = await submit(of, { jobQueue: "limited" });
    const { status, statusReason, startedAt, isCancelled, attempts } = await ended(id);
    assert.deepEqual(
      [status, statusReason, startedAt, isCancelled, attempts],
      ["FAILED", `Canceled by JobStateTimeLimit action due to reason: ${capacity}`, undefined, true, []],
    );
    assert.equal((await ended(behind)).status, "SUCCEEDED", "what waited behind it");
  });

  for (const [what, grows, limits, status] of [
    ["are left alone where their environment has grown by then", 8, [cancelAfter(600)], "RUNNABLE"],
    ["wait on and say why where their queue does nothing about it", 4, [], "RUNNABLE"],
    ["are cancelled by then where it has not", 4, [cancelAfter(600)], "FAILED"],
  ] as const)
    it(`that ask for too much ${what}`, async () => {
      const { context } = cloud();
      const waits: (() => void)[] = [];
      const clock = {
        ...context.clock,
        wait: (ms: number) => (ms < 600_000 ? Promise.resolve() : new Promise<void>((over) => void waits.push(over))),
      };
      const room = new Room(4);
      const arn = "arn:aws:batch:us-east-1:123456789012:job-queue/main";
      const job = new Job(
        { ...context, clock },
        cloud().enter,
        { containerProperties: { resourceRequirements: [{ type: "VCPU", value: "8" }] } } as JobDefinition,
        { arn, priority: 1, room, limits },
        { jobName: "job", jobQueue: arn, jobDefinition: "job" },
      );
      const settled = () => new Promise((resolve) => setImmediate(resolve));
      await settled();
      assert.deepEqual([job.detail.status, job.detail.statusReason?.split(" ")[0]], ["RUNNABLE", capacity]);
      room.vcpus = grows;
      assert.equal(waits.length, limits.length);
      for (const over of waits) over();
      await settled();
      assert.equal(job.detail.status, status);
      job.cancel("enough");
      await job.ended;
    });

  it("wait for those they depend on, and fail where one of these does", async () => {
    const [first, second] = [
      await submit(await definition({ containerProperties: { command: ["wait"] } })),
      await definition(),
    ];
    const behind = (jobId: string | undefined) => submit(second, { dependsOn: [{ jobId }] });
    await processOf(first);
    const waiting = [await behind(first), await behind(first)];
    for (const id of waiting) assert.equal((await reached(id, "PENDING")).attempts?.length, 0);
    await batch().send(new TerminateJobCommand({ jobId: waiting[0], reason: "not needed" }));
    assert.equal((await ended(waiting[0])).statusReason, "not needed");
    await batch().send(new TerminateJobCommand({ jobId: first, reason: "enough" }));
    const { status, statusReason, attempts } = await ended(waiting[1]);
    assert.deepEqual([status, statusReason, attempts], ["FAILED", "Dependent Job failed", []]);

    const good = await submit(second);
    const last = await ended(await behind(good));
    assert.equal(last.status, "SUCCEEDED");
    assert.ok((last.startedAt ?? 0) >= ((await ended(good)).stoppedAt ?? Number.POSITIVE_INFINITY));
    await assert.rejects(submit(second, { dependsOn: [{ jobId: "none" }] }), { name: "ClientException" });
    await assert.rejects(submit(second, { dependsOn: [{ jobId: good, type: "N_TO_N" }] }), { name: "ClientException" });
  });

  it("wait for vCPUs, and may be ended meanwhile", async () => {
    const of = await definition({ containerProperties: { command: ["wait"] } });
    const four = await Promise.all([1, 2, 3, 4].map(() => submit(of)));
    await Promise.all(four.map(processOf));
    const [waits, givesUp] = [await submit(await definition()), await submit(of)];
    for (const id of [waits, givesUp]) assert.equal((await reached(id, "RUNNABLE")).attempts?.length, 0);
    await batch().send(new TerminateJobCommand({ jobId: givesUp, reason: "too long" }));
    assert.equal((await ended(givesUp)).statusReason, "too long");
    const endJob = (jobId: string | undefined) => batch().send(new TerminateJobCommand({ jobId, reason: "enough" }));
    await endJob(four[0]);
    assert.equal((await ended(waits)).status, "SUCCEEDED");
    await Promise.all(four.slice(1).map(endJob));
    await Promise.all(four.map(ended));
  });

  it("end when an attempt takes too long, and are not tried again", async () => {
    const of = await definition({
      containerProperties: { command: ["wait"] },
      timeout: { attemptDurationSeconds: 60 },
      retryStrategy: { attempts: 3 },
    });
    const job = await ended(await submit(of));
    assert.deepEqual(
      [job.status, job.statusReason, job.attempts?.length],
      ["FAILED", "Job attempt duration exceeded timeout", 1],
    );
  });

  it("tell how they were killed", async () => {
    const id = await submit(await definition({ containerProperties: { command: ["wait"] } }));
    process.kill(await processOf(id), "SIGKILL");
    const job = await ended(id);
    assert.deepEqual([job.status, job.container?.exitCode], ["FAILED", 137]);
  });

  it("are refused without a queue or a definition", async () => {
    await assert.rejects(submit("none"), { name: "ClientException", message: /none not found/ });
    const none = submit(await definition(), { jobQueue: "other" });
    await assert.rejects(none, { name: "ClientException", message: "JobQueue other not found" });
    await assert.rejects(batch().send(new TerminateJobCommand({ jobId: "0", reason: "r" })), {
      name: "ClientException",
    });
  });
});
