import assert from "node:assert/strict";
import { inTurn, patienceMs } from "../../../../automation/delivery/merge/turn.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";

const held = new SwitchyardError("lease-held", { what: "ann is at work", where: "stack x", fix: "wait" });

function queue(pace = 1) {
  let now = 0;
  const told: string[] = [];
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  return { clock: clock as never, pace, told, tell: (line: string) => void told.push(line), now: () => now };
}

describe("of two merges at once", () => {
  it("the second begins anew once the first is done, and says once that it waits", async () => {
    const waits = queue();
    let tries = 0;
    const done = await inTurn(waits, async () => {
      tries += 1;
      if (tries < 4) throw held;
      return "applied";
    });
    assert.deepEqual([done, tries, waits.told.length], ["applied", 4, 1]);
    assert.match(waits.told[0] ?? "", /waiting: .*ann is at work/);
  });

  it("the second gives up in the end, before its job does", async () => {
    const waits = queue();
    await assert.rejects(
      inTurn(waits, () => Promise.reject(held)),
      held,
    );
    assert.ok(waits.now() >= patienceMs && waits.now() < 60 * 60_000);
  });

  it("neither tries again what failed otherwise", async () => {
    const waits = queue();
    const failed = new SwitchyardError("update-failed", { what: "no", where: "x", fix: "y" });
    await assert.rejects(
      inTurn(waits, () => Promise.reject(failed)),
      failed,
    );
    assert.deepEqual([waits.now(), waits.told], [0, []]);
  });
});
