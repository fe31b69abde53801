import assert from "node:assert/strict";
import fc from "fast-check";
import { type HistoryEvent, lastExitCode, openQuestion, statesOf } from "../../../automation/runner/history.ts";

const entered = (id: number, name: string): HistoryEvent => ({
  id,
  type: "TaskStateEntered",
  stateEnteredEventDetails: { name },
});
const scheduled = (id: number, resource: string, parameters: object): HistoryEvent => ({
  id,
  type: "TaskScheduled",
  taskScheduledEventDetails: { resource, parameters: JSON.stringify(parameters) },
});
const question = (id: number, token: string) =>
  scheduled(id, "sendMessage.waitForTaskToken", { QueueUrl: "q", MessageBody: { kind: "approval", token } });
const failed = (id: number, cause: string): HistoryEvent => ({
  id,
  type: "TaskFailed",
  taskFailedEventDetails: { error: "States.TaskFailed", cause },
});
const planned = [entered(2, "Plan"), scheduled(3, "submitJob.sync", {}), { id: 4, type: "TaskSucceeded" }];
const asked = [...planned, entered(5, "AskApproval"), question(6, "t-1"), { id: 7, type: "TaskSubmitted" }];

describe("the history of an execution", () => {
  for (const [what, events, token] of [
    ["waits for an answer", asked, "t-1"],
    ["has not asked yet", planned, undefined],
    ["was answered", [...asked, { id: 8, type: "TaskSucceeded" }, entered(9, "Apply")], undefined],
    ["was rejected", [...asked, failed(8, "by ann")], undefined],
    ["ran out of time", [...asked, { id: 8, type: "TaskTimedOut" }], undefined],
    ["could not ask, and asked again", [...asked, { id: 8, type: "TaskSubmitFailed" }, question(9, "t-2")], "t-2"],
    [
      "has a message of text",
      [scheduled(1, "sendMessage.waitForTaskToken", { MessageBody: '{"token":"t-3"}' })],
      "t-3",
    ],
    ["has a message nobody can read", [scheduled(1, "sendMessage.waitForTaskToken", { MessageBody: "?" })], undefined],
    ["has no message", [scheduled(1, "sendMessage.waitForTaskToken", {})], undefined],
    ["has nothing", [], undefined],
  ] as const)
    it(`tells the open question of one that ${what}, in whatever order its events come`, () => {
      fc.assert(
        fc.property(fc.shuffledSubarray([...events], { minLength: events.length }), (any) => {
          assert.equal(openQuestion(any), token);
        }),
      );
    });

  it("tells its states in order", () => {
    assert.deepEqual(statesOf(asked), ["Plan", "AskApproval"]);
  });

  it("tells the exit code of the last job that failed", () => {
    const job = (code: number) => JSON.stringify({ Status: "FAILED", Container: { ExitCode: code } });
    assert.equal(lastExitCode([...asked, failed(8, job(4)), failed(12, job(27))]), 27);
    const never = (StatusReason: string) => JSON.stringify({ Status: "FAILED", StatusReason, Container: {} });
    assert.equal(lastExitCode([...asked, failed(8, job(24)), failed(12, never("Host gone"))]), 24);
    // What ended it is that this one never ran.
    for (const why of ["Canceled by JobStateTimeLimit action due to reason: CAPACITY", "Task failed to start"])
      assert.equal(lastExitCode([...asked, failed(8, job(24)), failed(12, never(why))]), undefined);
    // It has failed all the same.
    assert.equal(lastExitCode([...asked, failed(8, job(0))]), undefined);
    assert.equal(
      lastExitCode([...asked, failed(8, "not json"), failed(9, JSON.stringify({ Status: "FAILED" }))]),
      undefined,
    );
  });
});
