import assert from "node:assert/strict";
import { wentBackMeanwhile } from "../../../../automation/deploy/conduct/meanwhile.ts";
import type { Goal } from "../../../../automation/deploy/decide/goal.ts";
import type { OperationRecord } from "../../../../automation/ledger/journal.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";

function record(
  operation: string,
  kind: string,
  outcome?: OperationRecord["outcome"],
  goal: object = {},
): OperationRecord {
  return {
    operation,
    at: 0,
    goal: { kind, version: "v3", actor: "ann", ...goal } as Goal,
    ...(outcome && { outcome }),
  };
}

const before = record("1", "deploy", "succeeded");
const redeploy = { migrations: [] };

describe("between the asking for a rollback and the lease for it", () => {
  const cases: readonly (readonly [
    what: string,
    asked: OperationRecord,
    now: readonly OperationRecord[],
    done: string | undefined,
  ])[] = [
    ["nothing happened", before, [before], undefined],
    ["another one was done", before, [record("2", "rollback", "succeeded"), before], "2"],
    ["another one found nothing to do", before, [record("2", "rollback", "unchanged"), before], undefined],
    ["another one failed", before, [record("2", "rollback", "failed"), before], undefined],
    ["one to a recorded release was done", before, [record("2", "deploy", "succeeded", redeploy), before], "2"],
    ["one was in flight and is done", record("2", "rollback"), [record("2", "rollback", "succeeded"), before], "2"],
    [
      "one was over when it was asked for",
      record("2", "rollback", "succeeded"),
      [record("2", "rollback", "succeeded"), before],
      undefined,
    ],
    ["the deploy in flight was undone", record("2", "deploy"), [record("2", "deploy", "failed"), before], "2"],
    [
      "the deploy in flight succeeded: that is to be left",
      record("2", "deploy"),
      [record("2", "deploy", "succeeded"), before],
      undefined,
    ],
    ["a deploy failed by itself", before, [record("2", "deploy", "failed"), before], undefined],
    ["a sweep went by", before, [record("2", "sweep", "succeeded"), before], undefined],
    [
      "a sweep went by after another one",
      before,
      [record("3", "sweep", "succeeded"), record("2", "rollback", "succeeded"), before],
      "2",
    ],
  ];
  for (const [what, asked, now, done] of cases)
    it(`${what}: ${done === undefined ? "it is begun" : "it is told that it is done"}`, () => {
      assert.equal(wentBackMeanwhile("production", asked, now)?.operation, done);
    });

  it("a version was released that nobody asked to leave: it is refused", () => {
    const released = [record("3", "deploy", "succeeded"), record("2", "rollback", "succeeded"), before];
    assert.throws(
      () => wentBackMeanwhile("production", before, released),
      (e) => e instanceof SwitchyardError && e.code === "in-flight" && /ann has deployed v3/.test(e.message),
    );
  });

  it("nothing was recorded at all when it was asked for", () => {
    assert.equal(wentBackMeanwhile("production", undefined, []), undefined);
    assert.equal(wentBackMeanwhile("production", undefined, [record("2", "rollback", "succeeded")])?.operation, "2");
  });
});
