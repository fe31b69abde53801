import assert from "node:assert/strict";
import { ends, playInTurn } from "../../../support/world/in-turn.ts";
import { callAt, deploy, endOf, plan, play } from "../../../support/world/plans.ts";
import type { Command, DriverPlan } from "../../../support/world/schedule.ts";

/** In a simulated world, at every call of AWS or of the ledger that the command makes. */
describe("a command killed at any call", function () {
  this.timeout(300_000);
  const killed = (command: Command, call: number, when: "before" | "during") =>
    ({ command, kill: { call, when } }) as DriverPlan;
  const back: Command = { kind: "rollback" };

  it("retires the service when it is run again, and a rollback brings it back", async () => {
    const retire: Command = { kind: "retire", service: 1 };
    for (let call = 1; call <= 48; call++) {
      const when = call % 2 === 0 ? "before" : "during";
      const outcome = ends(await playInTurn(killed(retire, call, when), retire)).at(-1);
      assert.match(outcome ?? "", /^succeeded/, `${call} ${when}`);
      await playInTurn(retire, killed(back, call, when), back);
    }
  });

  it("finishes the deploy of one service, and the rollback of it", async () => {
    const calm = { strategy: { kind: "all-at-once" } } as const;
    const [all, one] = [deploy(calm), deploy({ ...calm, version: "v3", only: 1 })];
    let finished = 0;
    for (let call = 8; call < 130; call += 3) {
      const again = await playInTurn(all, killed(one, call, "during"), one, back);
      assert.equal(ends(again).at(-1), "succeeded v2", `killed at ${call}\n${again.log.join("\n")}`);
      const rolled = await playInTurn(all, one, killed(back, call, "during"), back);
      if (ends(rolled).length === 4) continue;
      assert.equal(ends(rolled).at(-1), "succeeded v2", `killed at ${call}\n${rolled.log.join("\n")}`);
      finished += 1;
    }
    assert.ok(finished > 5, `${finished}`);
  });

  it("finishes the rollback of a deploy that was cut short", async () => {
    const cut = plan(deploy(), {
      kill: { call: await callAt(deploy(), /production blue 90 green 10/), when: "before" },
    });
    let both = 0;
    for (let call = 20; call < 90; call++) {
      const dies = plan(back, { startMs: 120_000, kill: { call, when: "during" } });
      const report = await play(cut, dies, plan(back, { startMs: 400_000 }));
      if (report.ended.filter(({ command }) => command === "rollback").length !== 1) continue;
      assert.deepEqual(endOf(report, "rollback"), { outcome: "succeeded", version: "v1" }, report.log.join("\n"));
      both += 1;
    }
    assert.ok(both > 10, `${both}`);
  });
});
