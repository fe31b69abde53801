import assert from "node:assert/strict";
import { ECS } from "@aws-sdk/client-ecs";
import { readRelease } from "../../automation/ledger/release.ts";
import { eventually } from "../support/cloud.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import { ledgerOfDeploys, useKilling } from "../support/release/killing.ts";
import { onceOnly, stack } from "../support/release/sandbox.ts";

/** One after the other on one environment, each going on from what the one before it left. */
describe("a deploy and a rollback killed before and after every write", function () {
  this.timeout(1_800_000);
  this.retries(0);
  const { sandbox, begin, assertAll } = useKilling("kills.test.ts");

  before("serve v1, which the first rollback goes back to", () =>
    sandbox().drive("deploy", stack, "--tag", "v1", "--strategy", "all-at-once").succeeds(),
  );

  const live = async () => liveVersion(await readRelease(sandbox().table));

  it("deploys", async () => {
    // Going on after an end means a new operation, which stages anew: the other operations do that in less time.
    const killer = begin(["lease given back"]);
    const last = await killer.killAtEveryWrite("deploy", stack, "--tag", "v3", "--strategy", "all-at-once");
    await last.succeeds();
    await assertServes(sandbox(), "v3");
    await killer.assertComplete();
    const status = sandbox().drive("migrate", stack, "--status");
    await status.succeeds();
    assert.match(status.output, new RegExp(`${onceOnly.name}.* applied`));
    assert.doesNotMatch(status.output, /pending/);
  });

  it("rolls back, and ends a rollback that was cut short rather than turn round", async () => {
    const killer = begin(["lease taken", "operation begun", "decision", "result"]);
    const ecs = new ECS({});
    const shrink = async () => {
      const { services } = await readRelease(sandbox().table);
      for (const [name, { live }] of Object.entries(services)) {
        const service = sandbox().shape.services[name]?.[live === "blue" ? "green" : "blue"].serviceName;
        await ecs.updateService({ cluster: sandbox().shape.clusterName, service, desiredCount: 0 });
      }
    };
    for (let versions = ["v3", "v1"]; ; versions = versions.toReversed()) {
      assert.equal(await live(), versions[0]);
      await shrink();
      await killer.arm();
      const driver = sandbox().drive("rollback", stack);
      const kills = await killer.killAtNextWrite(driver);
      await killer.disarm();
      // Once the lease is given back the command was over, but for its last line.
      const over = kills.some((k) => k.name === "lease given back" && k.moment === "after");
      const rerun = kills.length > 0 && !over ? sandbox().drive("rollback", stack) : driver;
      if (!over) await rerun.succeeds();
      await assertServes(sandbox(), versions[1] ?? "");
      if (kills.length === 0) break;
    }
    await killer.assertComplete();
  });

  it("deploys what was promoted", async () => {
    // The command killed is a deploy again, to be promoted.
    const killer = begin(ledgerOfDeploys);
    const args = ["deploy", stack, "--tag", "v2", "--strategy", "all-at-once", "--approve", "--keep-warm", "1s"];
    await killer.disarm();
    const deploy = sandbox().drive(...args);
    await deploy.shows("waiting: a person's approval");
    await killer.begin();
    await killer.arm(["word of a person"]);
    await killer.mustKill(sandbox().drive("promote", stack));
    await killer.arm();
    await killer.mustKill(sandbox().drive("promote", stack), "word of a person");
    await killer.mustKill(deploy);
    await killer.disarm();
    await sandbox().drive("promote", stack).succeeds();
    await (await killer.killAtEveryWrite(...args)).succeeds();
    await assertServes(sandbox(), "v2");
    await killer.assertComplete();
  });

  it("and at every kind of write that is theirs", () => assertAll());

  it("and nothing is left of the processes that were killed", async () => {
    await eventually(async () => (await sandbox().processes()).length === 0, 30_000);
  });
});
