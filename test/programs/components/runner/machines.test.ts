import assert from "node:assert/strict";
import validate from "asl-validator";
import fc from "fast-check";
import { executionName } from "../../../../programs/components/runner/execution-name.ts";
import type { State, TaskState } from "../../../../programs/components/runner/machines/asl.ts";
import { attemptSeconds, jobRoles, taskSeconds } from "../../../../programs/components/runner/machines/places.ts";
import { batchErrors, queueErrors, schedulerErrors } from "../../../../programs/components/runner/machines/tasks.ts";
import { machines } from "./fixtures.ts";

const tasksOf = (states: Readonly<Record<string, State>>) =>
  Object.entries(states).filter((entry): entry is [string, TaskState] => entry[1].Type === "Task");

const retried: Readonly<Record<string, readonly string[]>> = {
  "batch:submitJob.sync": batchErrors,
  "sqs:sendMessage": queueErrors,
  "sqs:sendMessage.waitForTaskToken": queueErrors,
  "aws-sdk:scheduler:createSchedule": schedulerErrors,
  "aws-sdk:scheduler:updateSchedule": [...schedulerErrors, "Scheduler.ConflictException"],
};

describe("the runner's state machines", () => {
  for (const [name, machine] of Object.entries(machines)) {
    describe(name, () => {
      it("is a machine of the Amazon States Language", () => {
        assert.deepEqual(validate(structuredClone(machine)).errors, []);
      });

      it("would not be one with a state that nothing leads to, or an expression that cannot be read", () => {
        const lonely = structuredClone(machine) as unknown as { States: Record<string, unknown> };
        lonely.States["Lonely"] = { Type: "Succeed" };
        assert.equal(validate(lonely as never).isValid, false);
        const unreadable = structuredClone(machine) as unknown as { States: { Begin: { Assign: { stack: string } } } };
        unreadable.States.Begin.Assign.stack = "{% $states. %}";
        assert.equal(validate(unreadable as never).isValid, false);
      });

      for (const [state, task] of tasksOf(machine.States))
        it(`${state} tries a service again that did not take the call, catches everything else, and ends in time`, () => {
          const integration = task.Resource.replace("arn:aws:states:::", "");
          assert.deepEqual(
            task.Retry.map(({ ErrorEquals }) => ErrorEquals),
            [retried[integration]],
          );
          for (const { BackoffRate, JitterStrategy, MaxAttempts, MaxDelaySeconds } of task.Retry) {
            assert.ok(BackoffRate > 1 && JitterStrategy === "FULL");
            assert.ok(MaxAttempts >= 3 && MaxAttempts <= 10 && MaxDelaySeconds <= 60);
          }
          assert.deepEqual(task.Catch.at(-1)?.ErrorEquals, ["States.ALL"]);
          assert.ok(task.TimeoutSeconds > 0);
        });

      it("ends in a state that says why, whatever fails", () => {
        for (const { Catch } of tasksOf(machine.States).map(([, task]) => task))
          for (const { Next } of Catch) assert.notEqual(machine.States[Next]?.Type, "Succeed", Next);
      });
    });
  }

  for (const role of jobRoles)
    it(`leaves it to AWS Batch to end a job of ${role}: every attempt fits into the task`, () => {
      assert.ok(taskSeconds(role) > 3 * attemptSeconds[role]);
    });
});

describe("an execution's name", () => {
  const input = {
    stack: "production",
    commit: "0123456789abcdef0123456789abcdef01234567",
    actor: "ada",
    pullRequest: 7,
  };

  it("is the same for the same start, whatever the order of its input", () => {
    const { actor, ...rest } = input;
    assert.equal(executionName("plan", { actor, ...rest }), executionName("plan", input));
  });

  for (const [what, other] of [
    ["machine", executionName("run", input)],
    ["stack", executionName("plan", { ...input, stack: "pr-7" })],
    ["commit", executionName("plan", { ...input, commit: `1${input.commit.slice(1)}` })],
    ["last letter of the commit", executionName("plan", { ...input, commit: `${input.commit.slice(0, -1)}8` })],
    ["attempt", executionName("plan", input, 2)],
  ] as const)
    it(`is another one for another ${what}`, () => {
      assert.notEqual(other, executionName("plan", input));
    });

  it("is one that AWS takes, of any input", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.nat(), fc.integer({ min: 1, max: 99 }), (...values) => {
        const [stack, commit, actor, pullRequest, attempt] = values;
        assert.match(executionName("run", { stack, commit, actor, pullRequest }, attempt), /^[A-Za-z0-9-]{1,80}$/);
      }),
    );
  });
});
