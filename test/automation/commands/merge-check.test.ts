import assert from "node:assert/strict";
import { failedOf } from "../../../automation/commands/merge-check.ts";
import type { Ended } from "../../../automation/runner/follow.ts";

const ended = (execution: string, more: Partial<Ended> = {}): PromiseSettledResult<Ended> => ({
  status: "fulfilled",
  value: { execution, machine: "merge", status: "SUCCEEDED", started: "", ended: "", states: ["Check"], ...more },
});
const refused = (execution: string, exitCode?: number) =>
  ended(execution, { status: "FAILED", error: "Refused", ...(exitCode === undefined ? {} : { exitCode }) });
const lost = (why: string): PromiseSettledResult<Ended> => ({ status: "rejected", reason: new Error(why) });

describe("checks of a merge that the runner has made", () => {
  const stacks = ["pipeline", "production", "staging"];
  const name = (first: ReturnType<typeof failedOf>["first"]) =>
    first === undefined ? undefined : "execution" in first ? first.execution : String(first.error);

  for (const [what, results, first, executions, others] of [
    ["let all go on where each succeeded", [ended("a"), ended("b"), ended("c")], undefined, [], []],
    ["say the one that failed", [ended("a"), refused("b", 28), ended("c")], "b", ["b"], []],
    [
      "say all that failed, in the order of the stacks",
      [refused("a", 28), ended("b"), refused("c", 28)],
      "a",
      ["a", "c"],
      ["! staging: c ended as Refused: its job ended with exit code 28"],
    ],
    [
      "say one whose job has no exit code, and one that still runs",
      [
        refused("a"),
        ended("b", { status: "ABORTED", error: "Cancelled", cause: "by ann" }),
        ended("c", { status: "RUNNING" }),
      ],
      "a",
      ["a", "b", "c"],
      ["! production: b ended as Cancelled (by ann)", "! staging: c still runs"],
    ],
    [
      "hide none behind one that could not be followed",
      [lost("no network"), refused("b", 28), lost("throttled")],
      "Error: no network",
      ["b"],
      ["! production: b ended as Refused: its job ended with exit code 28", "! staging: throttled"],
    ],
  ] as const)
    it(what, () => {
      const found = failedOf(stacks, results);
      assert.deepEqual([name(found.first), found.executions, found.others], [first, executions, others]);
    });
});
