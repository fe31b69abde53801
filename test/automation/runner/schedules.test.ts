import assert from "node:assert/strict";
import {
  CreateScheduleCommand,
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { CreateQueueCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type Aws, SdkAws } from "../../../automation/aws/clients.ts";
import { deadLetterQueues, deadLetters, lettersText } from "../../../automation/runner/dead-letters.ts";
import { type Machines, machinesOf } from "../../../automation/runner/machines.ts";
import { removeSchedule, schedules, setSchedule } from "../../../automation/runner/schedules.ts";
import { eventually, useCloud } from "../../support/cloud.ts";
import { restoreEnvironment } from "../../support/environment.ts";

const input = {
  ...{ stack: "production", commit: "main", actor: "schedule of ada", pullRequest: 0 },
  ...{ role: "plan" as const, command: ["drift", "production"] },
};

describe("schedules of the runner", () => {
  const cloud = useCloud();
  const before_ = { ...process.env };
  let aws: SdkAws;
  let sdk: SchedulerClient;

  before(async () => {
    Object.assign(process.env, cloud.env);
    await cloud.reset();
    aws = new SdkAws({ region: "us-east-1", deadlineMs: 20_000, budget: 1_000, reserve: 0 });
    sdk = new SchedulerClient(cloud.sdk());
  });
  after(async () => {
    aws.close();
    sdk.destroy();
    await cloud.reset();
    restoreEnvironment(before_);
  });

  const set = async (expression: string) =>
    setSchedule(aws, await machinesOf(aws, "production"), "drift", expression, input);

  it("are neither listed nor made where there is no runner", async () => {
    const none = { code: "not-found", message: /no runner in this region/ };
    await assert.rejects(schedules(aws), none);
    await assert.rejects(set("rate(1 day)"), none);
  });

  it("are made, changed, listed with what they start, and removed once", async () => {
    await sdk.send(new CreateScheduleGroupCommand({ Name: "switchyard-runner" }));
    assert.deepEqual(await schedules(aws), []);
    assert.equal(await set("rate(1 day)"), true);
    assert.equal(await set("at(2199-01-31T06:00:00)"), false);
    const made = { schedule: "drift", expression: "at(2199-01-31T06:00:00)", enabled: true };
    const { stack, role, command } = input;
    assert.deepEqual(await schedules(aws), [{ ...made, stack, role, command }]);
    const { Target, ActionAfterCompletion } = await sdk.send(
      new GetScheduleCommand({ GroupName: "switchyard-runner", Name: "drift" }),
    );
    assert.equal(ActionAfterCompletion, "DELETE");
    assert.equal(Target?.Arn, "arn:aws:states:us-east-1:123456789012:stateMachine:switchyard-run");
    assert.equal(Target?.RoleArn, "arn:aws:iam::123456789012:role/switchyard-runner-schedule");
    assert.equal(Target?.DeadLetterConfig?.Arn, "arn:aws:sqs:us-east-1:123456789012:switchyard-runner-schedules-dead");
    assert.deepEqual(JSON.parse(Target?.Input ?? ""), input);
    await removeSchedule(aws, "drift");
    await assert.rejects(removeSchedule(aws, "drift"), { code: "not-found", message: /no schedule drift/ });
    assert.deepEqual(await schedules(aws), []);
  });

  it("are removed by whatever name a hand has given them, of the runner's group alone", async () => {
    const Target = { Arn: "arn:aws:sqs:us-east-1:123456789012:queue", RoleArn: "arn:aws:iam::123456789012:role/r" };
    const byHand = { ScheduleExpression: "rate(1 day)", FlexibleTimeWindow: { Mode: "OFF" as const }, Target };
    await sdk.send(new CreateScheduleCommand({ ...byHand, GroupName: "switchyard-runner", Name: "My_Drift.2" }));
    await sdk.send(new CreateScheduleCommand({ ...byHand, Name: "Another" }));
    const odd = { schedule: "My_Drift.2", expression: "rate(1 day)", enabled: true, stack: undefined, role: undefined };
    assert.deepEqual(await schedules(aws), [{ ...odd, command: [] }]);
    await removeSchedule(aws, "My_Drift.2");
    assert.deepEqual(await schedules(aws), []);
    await assert.rejects(removeSchedule(aws, "Another"), { code: "not-found", message: /no schedule Another/ });
  });

  it("put aside what they could not start, which is counted", async () => {
    const sqs = new SQSClient(cloud.sdk());
    assert.deepEqual(await deadLetters(aws), {});
    await sqs.send(new CreateQueueCommand({ QueueName: deadLetterQueues.schedules }));
    // There is no state machine that it could start.
    await set(`at(${new Date(Date.now() + 2_000).toISOString().slice(0, 19)})`);
    await eventually(async () => (await deadLetters(aws)).schedules === 1, 20_000);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: deadLetterQueues.schedules }));
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], VisibilityTimeout: 0 }),
    );
    sqs.destroy();
    assert.deepEqual(JSON.parse(Messages?.[0]?.Body ?? ""), input);
    assert.equal(Messages?.[0]?.MessageAttributes?.["ERROR_CODE"]?.StringValue, "StateMachineDoesNotExist");
  });
});

describe("a schedule that somebody else changes at the same time", () => {
  /** Refuses each call by the next error's name; what has none left is taken. */
  function scripted(...refusals: readonly (string | undefined)[]): { aws: Aws; asked: string[] } {
    const asked: string[] = [];
    const left = [...refusals];
    const send = async ({ constructor: { name } }: { readonly constructor: { readonly name: string } }) => {
      asked.push(name.replace("ScheduleCommand", ""));
      const refusal = left.shift();
      if (refusal !== undefined) throw Object.assign(new Error(refusal), { name: refusal });
      return {};
    };
    return { aws: { client: async () => ({ send }) } as unknown as Aws, asked };
  }
  const machines: Machines = {
    ...{ machine: (name) => name, execution: (name) => name },
    ...{ scheduleRoleArn: "role", scheduleLettersArn: "letters" },
  };
  const set = (aws: Aws) => setSchedule(aws, machines, "drift", "rate(1 day)", input);
  const [taken, gone] = ["ConflictException", "ResourceNotFoundException"];
  const inFlight = { code: "in-flight", message: /somebody else changes the schedule drift at the same time/ };

  it("is made where it vanishes before it is changed", async () => {
    const { aws, asked } = scripted(taken, gone);
    assert.equal(await set(aws), true);
    assert.deepEqual(asked, ["Create", "Update", "Create"]);
  });

  it("is changed where another changes it first", async () => {
    const { aws, asked } = scripted(taken, taken, taken);
    assert.equal(await set(aws), false);
    assert.deepEqual(asked, ["Create", "Update", "Create", "Update"]);
  });

  it("is given up where it comes and goes all the while", async () => {
    const { aws, asked } = scripted(...Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? taken : gone)));
    await assert.rejects(set(aws), inFlight);
    assert.equal(asked.length, 10);
  });

  it("is removed after a change that is under way, and not for ever tried", async () => {
    const one = scripted(taken);
    await removeSchedule(one.aws, "drift");
    assert.deepEqual(one.asked, ["Delete", "Delete"]);
    await assert.rejects(removeSchedule(scripted(...Array<string>(9).fill(taken)).aws, "drift"), inFlight);
    await assert.rejects(removeSchedule(scripted(taken, gone).aws, "drift"), { code: "not-found" });
  });

  it("says what AWS refuses for another reason as it is", async () => {
    await assert.rejects(set(scripted(taken, "AccessDeniedException").aws), { name: "AccessDeniedException" });
    await assert.rejects(removeSchedule(scripted("AccessDeniedException").aws, "drift"), {
      name: "AccessDeniedException",
    });
  });
});

describe("what was put aside", () => {
  for (const [letters, text] of [
    [{}, []],
    [{ messages: 0, schedules: 0 }, []],
    [{ messages: 1 }, ["1 message could not be said: see the queue switchyard-runner-status-dead"]],
    [
      { messages: 2, schedules: 3 },
      [
        "2 messages could not be said: see the queue switchyard-runner-status-dead",
        "3 commands could not be started by the clock: see the queue switchyard-runner-schedules-dead",
      ],
    ],
  ] as const)
    it(`is said of ${JSON.stringify(letters)}`, () => {
      assert.deepEqual(lettersText(letters), text);
    });
});
