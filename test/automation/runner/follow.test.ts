import assert from "node:assert/strict";
import type { Aws } from "../../../automation/aws/clients.ts";
import { longest } from "../../../automation/durations.ts";
import { follow, refuseFailed } from "../../../automation/runner/follow.ts";
import type { Machines } from "../../../automation/runner/machines.ts";

const machines: Machines = {
  machine: (name) => name,
  execution: (name, execution) => `${name}:${execution}`,
  scheduleRoleArn: "role",
  scheduleLettersArn: "letters",
};
const entered = (id: number, name: string) => ({ id, stateEnteredEventDetails: { name } });
const failed = (id: number, code: number) => ({
  id,
  taskFailedEventDetails: { cause: JSON.stringify({ Container: { ExitCode: code } }) },
});

const trace = "1-5759e988-bd862e3fe1be46a994272793";

interface LogAsked {
  readonly logStreamName: string;
  readonly nextToken?: string;
}

/** A log of two pages; that of `secret` may not be read. */
function logOf({ logStreamName, nextToken }: LogAsked, look: number) {
  // Such a stream is there from the third look on, after AWS was asked for more than it answers.
  const problem = logStreamName === "late" ? ["ResourceNotFoundException", "ThrottlingException"][look] : undefined;
  if (problem !== undefined) throw Object.assign(new Error("no"), { name: problem });
  if (logStreamName === "lost") throw Object.assign(new Error("no"), { name: "ResourceNotFoundException" });
  if (logStreamName === "secret") throw Object.assign(new Error("no"), { name: "AccessDeniedException" });
  if (nextToken === undefined)
    return { events: [{ message: `${trace} ${logStreamName} began` }], nextForwardToken: "1" };
  return { events: nextToken === "1" ? [{ message: `${logStreamName} ended` }] : [], nextForwardToken: "2" };
}

const finished = (id: number, LogStreamName: string) => ({
  id,
  taskSucceededEventDetails: { output: JSON.stringify({ Container: { LogStreamName } }) },
});

const submitted = (id: number, JobId: string) => ({
  id,
  taskSubmittedEventDetails: { output: JSON.stringify({ JobId }) },
});

interface Look {
  /** AWS does not know it at a look without one. */
  readonly status?: string;
  readonly events: readonly object[];
  readonly error?: string;
  readonly cause?: string;
  /** As AWS Batch describes it. */
  readonly job?: object;
}

/** An execution of plan-apply that is a look further at each look; the last one stays. */
function world(looks: readonly Look[]) {
  let at = -1;
  let now = 0;
  let calls = 0;
  const told: string[] = [];
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    calls++;
    if (command.constructor.name === "GetLogEventsCommand") return logOf(command.input as LogAsked, at);
    if (command.constructor.name === "DescribeJobsCommand") return { jobs: [looks[at]?.job].filter(Boolean) };
    if (command.constructor.name === "GetExecutionHistoryCommand") return { events: looks[at]?.events };
    const { executionArn } = command.input as { executionArn: string };
    if (executionArn !== "plan-apply:production-1")
      throw Object.assign(new Error(executionArn), { name: "ExecutionDoesNotExist" });
    at = Math.min(at + 1, looks.length - 1);
    if (looks[at]?.status === undefined) throw Object.assign(new Error("unknown"), { name: "ExecutionDoesNotExist" });
    return looks[at];
  };
  return {
    told,
    now: () => now,
    calls: () => calls,
    follow: (mostMs = 60_000, execution = "production-1", margin?: string) =>
      follow({
        ...(margin === undefined ? {} : { margin }),
        ...{ aws: { client: async () => ({ send }) } as unknown as Aws, machines, execution, mostMs },
        ...{ everyMs: 5_000, tell: (line) => told.push(line) },
        clock: {
          now: () => now,
          sleep: async (ms) => {
            now += ms;
          },
        },
      }),
  };
}

const begun = [entered(1, "Plan")];
const asked = [...begun, entered(5, "AskApproval")];

describe("following an execution", () => {
  it("says each state once, as it is entered, to the end", async () => {
    const { follow: run, told } = world([
      { status: "RUNNING", events: begun },
      { status: "RUNNING", events: begun },
      { status: "SUCCEEDED", events: [...asked, entered(9, "Apply"), entered(12, "Applied")] },
    ]);
    const ended = await run();
    assert.deepEqual(
      told,
      ["Plan", "AskApproval", "Apply", "Applied"].map((state) => `production-1: ${state}`),
    );
    assert.deepEqual([ended.machine, ended.status, ended.exitCode], ["plan-apply", "SUCCEEDED", undefined]);
    refuseFailed(ended);
  });

  it("says why a job cannot be started, once for each reason, and what to do where it never was", async () => {
    const job = (statusReason?: string) => ({ status: "RUNNABLE", statusReason });
    const events = [...begun, submitted(2, "job-1")];
    const cause = "Nothing was applied: its job never started (docs/runner.md): CAPACITY";
    const { follow: run, told } = world([
      { status: "RUNNING", events, job: job() },
      { status: "RUNNING", events, job: job("CAPACITY - none") },
      { status: "RUNNING", events, job: job("CAPACITY - none") },
      { status: "RUNNING", events, job: job("UNDETERMINED") },
      { status: "FAILED", events: [...events, entered(9, "NotStarted")], error: "NotStarted", cause },
    ]);
    const ended = await run();
    assert.deepEqual(told, [
      "production-1: Plan",
      "  (its job cannot be started yet: CAPACITY - none)",
      "  (its job cannot be started yet: UNDETERMINED)",
      "production-1: NotStarted",
    ]);
    assert.throws(() => refuseFailed(ended), {
      code: "execution-failed",
      message: /NotStarted: Nothing was applied: its job never started .*CAPACITY.*Mend what it names/,
    });
  });

  it("says what each job wrote, once, when it has ended, and where that is for who may not read it", async () => {
    const { follow: run, told } = world([
      { status: "RUNNING", events: [...begun, finished(3, "plan/1")] },
      { status: "SUCCEEDED", events: [...begun, finished(3, "plan/1"), entered(5, "Apply"), finished(7, "secret")] },
    ]);
    await run();
    assert.deepEqual(told, [
      "production-1: Plan",
      "  plan/1 began",
      "  plan/1 ended",
      "production-1: Apply",
      "  (its log is in /switchyard/runner/jobs, secret: AccessDeniedException)",
    ]);
  });

  it("says what a job writes while it runs, each line once", async () => {
    const job = { status: "RUNNING", container: { logStreamName: "plan/1" } };
    const waiting = { status: "RUNNABLE", container: {} };
    const { follow: run, told } = world([
      { status: "RUNNING", events: [...begun, submitted(2, "j-1")], job: waiting },
      { status: "RUNNING", events: [...begun, submitted(2, "j-1")], job },
      { status: "RUNNING", events: [...begun, submitted(2, "j-1")], job },
      { status: "SUCCEEDED", events: [...begun, submitted(2, "j-1"), finished(3, "plan/1"), entered(4, "Planned")] },
    ]);
    await run();
    assert.deepEqual(told, ["production-1: Plan", "  plan/1 began", "  plan/1 ended", "production-1: Planned"]);
  });

  it("asks again for a log that cannot be read yet, and says where it is of one that never could", async () => {
    const job = { status: "RUNNING", container: { logStreamName: "late" } };
    const running = { status: "RUNNING", events: [...begun, submitted(2, "j-1")], job };
    const { follow: run, told } = world([
      ...[running, running, running],
      { status: "SUCCEEDED", events: [...begun, submitted(2, "j-1"), finished(3, "late"), finished(4, "lost")] },
    ]);
    await run();
    assert.deepEqual(told, [
      "production-1: Plan",
      "  late began",
      "  late ended",
      "  (its log is in /switchyard/runner/jobs, lost: ResourceNotFoundException)",
    ]);
  });

  it("has the exit code of the job that failed", async () => {
    const ended = await world([{ status: "FAILED", events: [...begun, failed(3, 7)], error: "NotPlanned" }]).follow();
    assert.equal(ended.exitCode, 7);
  });

  it("fails for one that ended without a job that failed, saying how", async () => {
    const ended = await world([{ status: "FAILED", events: asked, error: "NotApprovedInTime" }]).follow();
    assert.throws(() => refuseFailed(ended), {
      code: "execution-failed",
      message: /production-1: it ended as FAILED \(NotApprovedInTime\), in AskApproval/,
    });
  });

  it("ends in time where the execution does not, and says where that is: what failed in it so far is not its end", async () => {
    const { follow: run, now } = world([{ status: "RUNNING", events: [...asked, failed(6, 137)] }]);
    const left = await run(60_000);
    assert.deepEqual([left.status, left.states, left.exitCode], ["RUNNING", ["Plan", "AskApproval"], undefined]);
    assert.throws(() => refuseFailed(left), {
      code: "execution-failed",
      message: /production-1: it still runs, in AskApproval.*--wait/,
    });
    assert.ok(now() >= 60_000 && now() < 70_000, String(now()));
  });

  it("takes fewer calls than a command may make, for as long as it may be followed", async () => {
    const job = { status: "RUNNING", container: { logStreamName: "plan/1" } };
    const { follow: run, calls } = world([{ status: "RUNNING", events: [...begun, submitted(2, "j-1")], job }]);
    await run(longest.kept);
    assert.ok(calls() < 15_000, String(calls()));
  });

  it("says whose job writes, where it is followed beside others", async () => {
    const { follow: run, told } = world([{ status: "SUCCEEDED", events: [...begun, finished(3, "plan/1")] }]);
    await run(60_000, "production-1", "  production: ");
    assert.deepEqual(told, ["production-1: Plan", "  production: plan/1 began", "  production: plan/1 ended"]);
  });

  it("waits for AWS to know what was started a moment ago, and not for long", async () => {
    const unknown = { events: [] };
    const ended = await world([unknown, unknown, { status: "SUCCEEDED", events: begun }]).follow();
    assert.equal(ended.status, "SUCCEEDED");
    const never = world([unknown]);
    await assert.rejects(never.follow(), { code: "not-found" });
    assert.equal(never.now(), 10_000);
  });

  it("is refused where there is none of that name", async () => {
    await assert.rejects(world([]).follow(60_000, "production-2"), { code: "not-found" });
  });
});
