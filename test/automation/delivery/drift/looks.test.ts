import assert from "node:assert/strict";
import { lookInPeace } from "../../../../automation/delivery/drift/looks.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";

const busy = new SwitchyardError("lease-held", { what: "ada is at work", where: "stack production", fix: "wait" });
const broken = new SwitchyardError("update-failed", { what: "it failed", where: "stack production", fix: "mend" });

/** What each look sees: whether anything differs, or how it fails; and whether somebody was at work meanwhile. */
type Look = readonly [seen: "same" | "differs" | Error, atWork: boolean];

async function take(...looks: readonly Look[]) {
  const left = [...looks];
  const told: string[] = [];
  const waited: number[] = [];
  let last: Look | undefined;
  const outcome = await lookInPeace({
    look: async () => {
      last = left.shift();
      if (last?.[0] instanceof Error) throw last[0];
      return last?.[0];
    },
    differs: (seen) => seen === "differs",
    lease: async () => last,
    atWork: (_, after) => (after?.[1] ? busy : undefined),
    clock: { sleep: async (ms) => void waited.push(ms) },
    pace: 0.5,
    tell: (line) => void told.push(line),
  }).catch((error: unknown) => error);
  return { outcome, looks: looks.length - left.length, told, waited };
}

describe("looks at a stack on which others may be at work", () => {
  for (const [what, looks, taken, outcome] of [
    ["believes a difference where nobody was at work", [["differs", false]], 1, "differs"],
    ["believes at once that nothing differs, whoever was", [["same", true]], 1, "same"],
    [
      "looks again where somebody was, and believes the look in peace",
      [
        ["differs", true],
        ["same", false],
      ],
      2,
      "same",
    ],
    [
      "looks a third time",
      [
        ["differs", true],
        [broken, true],
        ["differs", false],
      ],
      3,
      "differs",
    ],
    [
      "gives up after three looks, and says who was at work",
      [
        ["differs", true],
        ["differs", true],
        ["differs", true],
        ["same", false],
      ],
      3,
      busy,
    ],
    ["fails as a comparison does where nobody was at work", [[broken, false]], 1, broken],
  ] as readonly (readonly [string, readonly Look[], number, unknown])[])
    it(what, async () => {
      const took = await take(...looks);
      assert.equal(took.outcome, outcome);
      assert.equal(took.looks, taken);
      const again = took.waited.length;
      assert.equal(again, taken - 1);
      assert.ok(
        took.waited.every((ms) => ms >= 24_000 && ms <= 36_000),
        took.waited.join(),
      );
      assert.deepEqual(took.told, Array(again).fill("ada is at work; it is looked at again in a minute"));
    });
});
