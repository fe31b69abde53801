import assert from "node:assert/strict";
import { forward, settle, type Upgrade } from "../../../automation/upgrade/decide.ts";
import { dueActions } from "../../../automation/upgrade/due-issue.ts";

const done = Object.fromEntries(forward.map((step) => [step, 1_000]));
const upgrade: Upgrade = {
  ...{ beside: "next", version: "v2", snapshot: "before", way: "forward", begunAt: 0, keepForMs: 500, done },
};
const actions = (of: Upgrade | undefined, now: number, open: Parameters<typeof dueActions>[2] = []) =>
  dueActions("production", of, open, { now, run: "https://run" });

describe("the issue of an environment that was replaced", () => {
  const [action] = actions(upgrade, 1_500);
  const opened = action?.kind === "open" ? { number: 7, title: action.title, body: action.body } : assert.fail();

  it("is opened when its time is over, says what to do, and stays as it is", () => {
    assert.match(opened.body, /switchyard upgrade production --settle/);
    assert.match(opened.body, /--to v2 --beside next --keep-for/);
    assert.deepEqual(actions(upgrade, 90_000, [opened]), []);
  });

  it("is not there before, and closed when it is kept longer or settled", () => {
    assert.deepEqual(actions(upgrade, 1_499), []);
    assert.deepEqual(actions(undefined, 1_500), []);
    const settled: Upgrade = { ...upgrade, way: "settle", done: { ...done, [settle[0]]: 1_600 } };
    for (const one of [settled, { ...upgrade, keepForMs: 90_000 }])
      assert.deepEqual(
        actions(one, 1_700, [opened]).map(({ kind }) => kind),
        ["close"],
      );
  });

  it("is another stack's with the name of that one", () => {
    const other = dueActions("staging", upgrade, [opened], { now: 2_000, run: "https://run" });
    assert.deepEqual(
      other.map(({ kind }) => kind),
      ["open"],
    );
  });
});
