import assert from "node:assert/strict";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { type Aws, SdkAws } from "../../../automation/aws/clients.ts";
import { answer, cancel, find, list, start, startAgain } from "../../../automation/runner/executions.ts";
import { type Machines, machinesOf } from "../../../automation/runner/machines.ts";
import { machineNames, physicalName } from "../../../programs/components/runner/machine-names.ts";
import { useCloud } from "../../support/cloud.ts";
import { restoreEnvironment } from "../../support/environment.ts";

const input = { stack: "production", commit: "0123456789abcdef0123456789abcdef01234567", actor: "ada", pullRequest: 7 };
const deployStack = "production";
const notFound = (message: RegExp) => ({ code: "not-found", message });

describe("executions of the runner", () => {
  const cloud = useCloud();
  const before_ = { ...process.env };
  let aws: SdkAws;
  let machines: Machines;
  let sdk: SFNClient;

  before(async () => {
    Object.assign(process.env, cloud.env);
    await cloud.reset();
    aws = new SdkAws({ region: "us-east-1", deadlineMs: 20_000, budget: 1_000, reserve: 0 });
    sdk = new SFNClient(cloud.sdk());
    machines = await machinesOf(aws, deployStack);
  });
  after(async () => {
    aws.close();
    sdk.destroy();
    await cloud.reset();
    restoreEnvironment(before_);
  });

  it("cannot be started, listed or found where there is no runner", async () => {
    await assert.rejects(start(aws, machines, "plan", input, 1), notFound(/no runner in this region/));
    await assert.rejects(list(aws, machines, 5), notFound(/no runner in this region/));
    await assert.rejects(find(aws, machines, "production-1"), notFound(/<execution>: there is no execution/));
  });

  describe("where there is one", () => {
    before(async () => {
      for (const name of machineNames)
        await sdk.send(
          new CreateStateMachineCommand({
            name: physicalName(name, deployStack),
            roleArn: "arn:aws:iam::123456789012:role/switchyard-states",
            definition: JSON.stringify({
              StartAt: "One",
              States: { One: { Type: "Wait", Seconds: 1_000_000, End: true } },
            }),
          }),
        );
    });

    it("are started once, however often it is asked, and once more only with another attempt", async () => {
      const first = await start(aws, machines, "run", input, 1);
      assert.deepEqual(await start(aws, machines, "run", input, 1), first);
      const found = await find(aws, machines, first.execution);
      assert.match(first.trace ?? "", /^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
      assert.equal(found.trace, first.trace);
      assert.deepEqual([found.machine, found.status], ["run", "RUNNING"]);
      await cancel(aws, found.arn, "ada");
      assert.equal((await find(aws, machines, first.execution)).status, "ABORTED");
      await assert.rejects(start(aws, machines, "run", input, 1), {
        code: "invalid-flag",
        message: /--attempt: the same was started before.*--attempt 2/,
      });
      const second = await start(aws, machines, "run", input, 2);
      assert.notEqual(second.execution, first.execution);
      const listed = await list(aws, machines, 20);
      assert.deepEqual(listed.map(({ execution }) => execution).sort(), [first.execution, second.execution].sort());
    });

    it("are done once more where the same has ended, and followed where it runs, for who runs a workflow again", async () => {
      const merged = { ...input, stack: "pipeline" };
      const first = await startAgain(aws, machines, "merge", merged);
      assert.deepEqual(await startAgain(aws, machines, "merge", merged), first);
      await cancel(aws, (await find(aws, machines, first.execution, ["merge"])).arn, "ada");
      const second = await startAgain(aws, machines, "merge", merged);
      assert.match(second.execution, /-2$/);
      assert.deepEqual(await startAgain(aws, machines, "merge", merged), second);
      await assert.rejects(find(aws, machines, second.execution, ["release"]), notFound(/there is no execution/));
    });

    it("that ask nothing are not answered", async () => {
      const { execution } = await start(aws, machines, "plan-apply", input, 1);
      const { arn } = await find(aws, machines, execution);
      await assert.rejects(
        answer(aws, arn, execution, { verdict: "approve", by: "ann", why: undefined }),
        notFound(/waits for no approval/),
      );
    });
  });
});

describe("an execution that another has started a moment ago", () => {
  it("runs, also where AWS does not describe it yet", async () => {
    const refusals = ["ExecutionAlreadyExists", "ExecutionDoesNotExist"];
    const send = async () => {
      const name = refusals.shift() ?? "";
      throw Object.assign(new Error(name), { name });
    };
    const aws = { client: async () => ({ send }) } as unknown as Aws;
    const machines: Machines = {
      ...{ machine: (name) => name, execution: (name) => name },
      ...{ scheduleRoleArn: "role", scheduleLettersArn: "letters" },
    };
    const { execution, machine, started } = await start(aws, machines, "run", input, 1);
    assert.match(execution, /^production-/);
    assert.deepEqual([machine, started], ["run", undefined]);
  });

  it("has no history yet, and so asks nothing", async () => {
    const send = async () => {
      throw Object.assign(new Error(), { name: "ExecutionDoesNotExist" });
    };
    const aws = { client: async () => ({ send }) } as unknown as Aws;
    await assert.rejects(
      answer(aws, "arn", "production-1", { verdict: "approve", by: "ann", why: undefined }),
      notFound(/waits for no approval: it has not asked yet/),
    );
  });
});

describe("the answer to a question for approval", () => {
  const asked = {
    id: 1,
    type: "TaskScheduled",
    taskScheduledEventDetails: {
      resource: "sendMessage.waitForTaskToken",
      parameters: JSON.stringify({ MessageBody: { token: "t-1" } }),
    },
  };

  /** Gives one page of history after another, and takes what is sent, or refuses it by an error's name. */
  function scripted(pages: readonly object[][], refusal?: string): { aws: Aws; sent: [string, object][] } {
    const sent: [string, object][] = [];
    const left = [...pages];
    const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
      const { name } = command.constructor;
      if (name === "GetExecutionHistoryCommand") {
        const events = left.shift();
        return { events, ...(left.length > 0 ? { nextToken: String(left.length) } : {}) };
      }
      sent.push([name, command.input]);
      if (refusal !== undefined) throw Object.assign(new Error(refusal), { name: refusal });
      return {};
    };
    return { aws: { client: async () => ({ send }) } as unknown as Aws, sent };
  }

  it("goes to the token that waits, on whatever page of the history it is", async () => {
    const { aws, sent } = scripted([[{ id: 0, type: "ExecutionStarted" }], [asked]]);
    await answer(aws, "arn", "production-1", { verdict: "approve", by: "ann", why: undefined });
    assert.deepEqual(sent, [["SendTaskSuccessCommand", { taskToken: "t-1", output: '{"approvedBy":"ann"}' }]]);
  });

  it("approves with who and why", async () => {
    const { aws, sent } = scripted([[asked]]);
    await answer(aws, "arn", "production-1", { verdict: "approve", by: "ann", why: "read it" });
    const output = '{"approvedBy":"ann","why":"read it"}';
    assert.deepEqual(sent, [["SendTaskSuccessCommand", { taskToken: "t-1", output }]]);
  });

  it("rejects with who and why", async () => {
    const { aws, sent } = scripted([[asked]]);
    await answer(aws, "arn", "production-1", { verdict: "reject", by: "ann", why: "too late" });
    const refused = { taskToken: "t-1", error: "Rejected", cause: "by ann: too late" };
    assert.deepEqual(sent, [["SendTaskFailureCommand", refused]]);
  });

  for (const refusal of ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
    it(`comes too late where AWS says ${refusal}`, async () => {
      const { aws } = scripted([[asked]], refusal);
      await assert.rejects(
        answer(aws, "arn", "production-1", { verdict: "approve", by: "ann", why: undefined }),
        notFound(/waits for no approval/),
      );
    });

  it("is given once: what was answered is not answered again", async () => {
    const { aws, sent } = scripted([[asked, { id: 2, type: "TaskSucceeded" }]]);
    await assert.rejects(
      answer(aws, "arn", "production-1", { verdict: "reject", by: "ann", why: undefined }),
      notFound(/waits for no approval/),
    );
    assert.deepEqual(sent, []);
  });
});
