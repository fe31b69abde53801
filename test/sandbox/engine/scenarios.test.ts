import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Lab } from "./lab.ts";
import { comparable, type Played, play } from "./play.ts";
import { scenarios } from "./scenarios.ts";

/** What the official engine did with the same scenarios; official.test.ts writes and checks it. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded.json"), "utf8")) as Record<
  string,
  Played[]
>;

describe("the engine does what the official one was seen to do", () => {
  for (const scenario of scenarios) {
    it(scenario.name, async function () {
      this.timeout(60_000);
      const expected = recorded[scenario.name];
      assert.ok(expected, "not recorded: run official.test.ts with `pulumi` on PATH and RECORD=1");
      const lab = new Lab({ previews: scenario.previews ?? false });
      try {
        const played = await play(lab, scenario);
        for (const [i, act] of expected.entries()) {
          const own = played[i] as Played;
          assert.deepEqual(comparable(own), comparable(act), `act ${i + 1}: ${act.act}\n${own.error ?? "succeeded"}`);
        }
      } finally {
        lab.close();
      }
    });
  }
});
