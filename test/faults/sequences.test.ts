import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { readStackFile, switchyardValues } from "../../automation/stacks/settings.ts";
import { ReleaseSandbox, stack, useReleases } from "../support/release/sandbox.ts";
import { another, type Turn, turn, type Values } from "../support/sequences/changes.ts";
import { hasPulumi, plainUp } from "../support/sequences/plain.ts";
import { play, type Scene, settle } from "../support/sequences/play.ts";

/** On each engine. A change's own run has time for a few; every night 300 are played (.github/workflows/faults.yaml). */
const turns = Number(process.env["TURNS"] ?? 10);
const seed = Number(process.env["SEED"] ?? 8);

/** What the environment cannot be given back from: other suites go on with it. `updates` and `zones` try those. */
const isForGood = ({ changes }: Turn) => changes.some(({ what }) => /^(network|database) = /.test(what));

/** A sandbox of its own, on the official CLI: that cannot read a state of the embedded engine's. */
function useOfficial(): () => ReleaseSandbox {
  let found: ReleaseSandbox | undefined;
  before("start a sandbox on the official CLI", async function () {
    if (!hasPulumi()) {
      console.log("      skipped: there is no `pulumi` on PATH");
      return this.skip();
    }
    this.timeout(600_000);
    found = await ReleaseSandbox.start(() => undefined, "pulumi");
  });
  after("stop it", () => found?.stop());
  return () => {
    assert.ok(found);
    return found;
  };
}

/**
 * Random changes of a valid configuration, with `up`, `deploy` and `rollback` in any order, each going on from the one
 * before it, through the command line while users ask: the whole way, engine and balancer included, of a few.
 * `updates.test.ts` plays hundreds against the program's own plans. On the official CLI, what the guard lets through of
 * updates is a plain `pulumi up`.
 */
for (const engine of ["embedded", "pulumi"] as const)
  describe(`random changes of a configuration, through the command line, on the engine ${engine}`, function () {
    this.timeout(60_000 * (turns + 3));
    this.retries(0);
    let scene: Scene | undefined;
    let usual: Values;
    const base = () => ({ ...usual, services: { ...usual.services, docs: another("/healthz", 50) } });
    // Before the sandbox's own hook, which may take it away.
    after("leave what others expect", async () => {
      if (!scene) return;
      await settle(scene, usual, ["docs", "backend", "site"]);
      await writeFile(scene.overrides, scene.given);
      await sandbox().readOutputs();
    });
    const sandbox = engine === "embedded" ? useReleases() : useOfficial();

    before("a service more than the stack's own serves", async () => {
      const { dir, url } = sandbox();
      const overrides = join(dir, "work", `overrides.${stack}.jsonl`);
      const given = await readFile(overrides, "utf8").catch(() => "");
      const run: Scene["run"] = (...args) =>
        sandbox()
          .drive(...args)
          .ended();
      const plain = engine === "pulumi" && { pulumi: () => plainUp(dir, stack) };
      scene = { stack, url, overrides, given, run, ...plain };
      const { config } = await readStackFile(join(import.meta.dirname, "../.."), stack);
      usual = switchyardValues(config) as unknown as Values;
      await settle(scene, base(), []);
    });

    it(`fail no request, or are refused: ${turns} of them, from SEED=${seed}`, async () => {
      assert.ok(scene);
      const lasting = turn.filter((one) => !isForGood(one));
      const played = await play(scene, base(), fc.sample(lasting, { numRuns: turns, seed }));
      const all = played.map(({ told }) => told).join("\n");
      if (process.env["SHOW_TURNS"]) console.error(all);
      assert.ok(
        played.some(({ done }) => done),
        `all was refused:\n${all}`,
      );
    });
  });
