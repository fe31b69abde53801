import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ECS } from "@aws-sdk/client-ecs";
import { readRelease } from "../../automation/ledger/release.ts";
import { eventually } from "../support/cloud.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import { ledgerOfDeploys, useKilling } from "../support/release/killing.ts";
import { stack } from "../support/release/sandbox.ts";
import { another } from "../support/sequences/changes.ts";

/** One after the other on one environment, each going on from what the one before it left. */
describe("other commands killed before and after every write", function () {
  this.timeout(1_800_000);
  this.retries(0);
  const { sandbox, begin, assertAll } = useKilling("commands-killed.test.ts");

  before("serve v2, beside v1", async () => {
    for (const tag of ["v1", "v2"])
      await sandbox().drive("deploy", stack, "--tag", tag, "--strategy", "all-at-once", "--keep-warm", "1s").succeeds();
  });

  const live = async () => liveVersion(await readRelease(sandbox().table));

  it("gives rules other places", async () => {
    const killer = begin();
    await killer.disarm();
    const args = ["deploy", stack, "--tag", "v2", "--strategy", "all-at-once", "--keep-warm", "1s"];
    const configured = (priority: number) =>
      sandbox().drive("up", stack, "--config", `services.api.priority=${priority}`).succeeds();
    await configured(150);
    const places = "places of rules";
    for (let n = 0; n < 2; n++) {
      await killer.arm([places]);
      await killer.mustKill(sandbox().drive(...args), places);
    }
    await killer.disarm();
    await sandbox()
      .drive(...args)
      .succeeds();
    await configured(100);
    await sandbox()
      .drive(...args)
      .succeeds();
    await assertServes(sandbox(), "v2");
  });

  it("sweeps", async () => {
    // A sweep takes few steps, each of which is killed: no run of it writes a second result.
    const killer = begin(["result"]);
    await killer.disarm();
    const ecs = new ECS({});
    for (const { staged } of Object.values(sandbox().shape.services)) {
      const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: staged?.taskDefinitionArn ?? "" });
      const { family, containerDefinitions, cpu, memory, networkMode } = taskDefinition ?? {};
      const again = { family, containerDefinitions, cpu, memory, networkMode };
      for (let n = 0; n < 12; n++) await ecs.registerTaskDefinition(again);
    }
    await killer.begin();
    await sandbox().isCold();
    await (await killer.killAtEveryWrite("sweep", stack)).succeeds();
    await assertServes(sandbox(), "v2");
    await killer.assertComplete();
    const { services = [] } = await ecs.describeServices({
      cluster: sandbox().shape.clusterName,
      services: Object.values(sandbox().shape.services).flatMap((s) =>
        [s.blue, s.green].map((c) => c.serviceName ?? ""),
      ),
    });
    assert.deepEqual(services.map((s) => s.desiredCount).sort(), [0, 0, 2, 2]);
  });

  it("applies contract migrations", async () => {
    const killer = begin();
    await killer.begin();
    await (await killer.killAtEveryWrite("migrate", stack, "--contract")).succeeds();
    await assertServes(sandbox(), "v2");
    await killer.assertComplete();
  });

  it("runs a command once, and stops it when interrupted", async () => {
    const killer = begin();
    await killer.begin();
    const run = (script: string) => ["run", stack, "--service", "api", "--", "node", "-e", script];
    await (await killer.killAtEveryWrite(...run("process.exit(0)"))).succeeds();
    const stop = "end of a one-off task";
    // A task is its own: one whose command was killed before it could stop it runs to its own end.
    for (let n = 0; n < 2; n++) {
      await killer.arm([stop]);
      const long = sandbox().drive(...run("console.log('begun'); setTimeout(() => {}, 30_000)"));
      await long.shows("begun");
      long.signal("SIGINT");
      await killer.mustKill(long, stop);
    }
    await killer.assertComplete();
    await assertServes(sandbox(), "v2");
  });

  it("undoes what was aborted, wherever it was", async () => {
    const killer = begin();
    const flags = ["--approve", "--strategy", "canary", "--canary", "10%", "--bake", "2h"];
    const args = ["deploy", stack, "--tag", "v3", ...flags];
    await killer.disarm();
    const waiting = sandbox().drive(...args);
    await waiting.shows("waiting: a person's approval");
    await killer.arm(["word of a person"]);
    await killer.mustKill(sandbox().drive("abort", stack));
    await killer.arm();
    await killer.mustKill(sandbox().drive("abort", stack), "word of a person");
    await killer.mustKill(waiting);
    await killer.disarm();
    await sandbox().drive("abort", stack).succeeds();
    await assertServes(sandbox(), "v2");

    const baking = sandbox().drive("deploy", stack, "--tag", "v3", ...flags.slice(1));
    await baking.shows("at 10%");
    await baking.kill();
    await killer.begin();
    const last = await killer.killAtEveryWrite("abort", stack);
    // Killed after it was over, it says how it ended.
    await last.succeeds();
    await assertServes(sandbox(), "v2");
    await killer.assertComplete();
  });

  it("retires a service", async () => {
    const overrides = join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
    const given = await readFile(overrides, "utf8").catch(() => "");
    const services = { "switchyard:services": { docs: another("/healthz", 50) } };
    await writeFile(overrides, `${given}${JSON.stringify(services)}\n`);
    // Making a service is the engine's work, which no mutation accounts for.
    await sandbox().fault();
    const version = await live();
    const flags = ["--tag", version, "--strategy", "all-at-once", "--service", "docs"];
    await sandbox()
      .drive("deploy", stack, ...flags)
      .succeeds();
    await sandbox().readOutputs();
    // Its journal is as every operation's.
    const killer = begin(ledgerOfDeploys);
    await killer.begin();
    await (await killer.killAtEveryWrite("retire", stack, "--service", "docs")).succeeds();
    await killer.assertComplete();
    const { docs } = (await readRelease(sandbox().table)).services;
    assert.deepEqual([docs?.live, docs?.retired?.colour], [undefined, "blue"]);
    // An update's own writes are the engine's.
    await sandbox().fault();
    await writeFile(overrides, given);
    await sandbox().drive("up", stack).succeeds();
    await sandbox().readOutputs();
    await assertServes(sandbox(), version);
  });

  it("and at every kind of write that is theirs", () => assertAll());

  it("and nothing is left of the processes that were killed", async () => {
    await eventually(async () => (await sandbox().processes()).length === 0, 30_000);
  });
});
