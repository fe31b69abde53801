import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { loadEngine } from "@switchyard/sandbox";
import { stringify } from "yaml";
import { stateResources } from "../../../automation/stacks/destroy.ts";
import { remaking, selectOrMake, takeAwayUnused } from "../../../automation/stacks/made.ts";
import { inOwnGroup } from "../../../automation/stacks/official.ts";
import type { Surroundings } from "../../../automation/surroundings.ts";

const { embeddedPulumi } = await loadEngine();

for (const name of ["embedded", "pulumi"] as const)
  describe(`a stack that is made to be looked at, on the engine ${name}`, function () {
    this.timeout(120_000);
    const isOfficial = name === "pulumi";
    let dir: string;
    let engine: PulumiCommand;
    let told: string[];
    const tell = (line: string) => void told.push(line);
    const program = async () => ({ answer: 42 });

    before(function () {
      if (!isOfficial || spawnSync("pulumi", ["version"]).status === 0) return;
      console.log("      skipped: there is no `pulumi` on PATH");
      this.skip();
    });
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), "switchyard-made-"));
      told = [];
      mkdirSync(join(dir, "state"));
      const url = pathToFileURL(join(dir, "state")).href;
      writeFileSync(join(dir, "Pulumi.yaml"), stringify({ name: "switchyard", runtime: "nodejs", backend: { url } }));
      writeFileSync(join(dir, "Pulumi.a.yaml"), stringify({ config: { "switchyard:tier": "development" } }));
      const found = isOfficial ? await PulumiCommand.get({ skipVersionCheck: true }) : undefined;
      engine = found ? inOwnGroup(found) : embeddedPulumi({ allowedBackend: url, providers: {} });
    });
    afterEach(() => rmSync(dir, { recursive: true }));

    /** What a command of its own opens the stack with. */
    async function command() {
      const where = {} as Surroundings;
      const envVars = { PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_BACKEND_URL: pathToFileURL(join(dir, "state")).href };
      const workspace: LocalWorkspace = await LocalWorkspace.create({
        ...{ workDir: dir, program, envVars },
        pulumiCommand: remaking(engine, "a", () => selectOrMake(where, "a", workspace)),
      });
      return { open: () => selectOrMake(where, "a", workspace), end: () => takeAwayUnused(where, tell) };
    }

    const states = () => {
      const stacks = join(dir, "state/.pulumi/stacks/switchyard");
      return existsSync(stacks) ? readdirSync(stacks).filter((file) => file.endsWith(".json")) : [];
    };

    it("is taken away at the end, and its file stays", async () => {
      const { open, end } = await command();
      await (await open()).preview();
      assert.deepEqual(states(), ["a.json"]);
      await end();
      assert.deepEqual(states(), []);
      assert.match(readFileSync(join(dir, "Pulumi.a.yaml"), "utf8"), /switchyard:tier: development/);
      assert.deepEqual(told, []);
    });

    it("is taken away once, also when it is still being made", async () => {
      const { open, end } = await command();
      const opening = open();
      while (states().length === 0) await new Promise(setImmediate);
      await Promise.all([end(), end(), opening]);
      assert.deepEqual([states(), told], [[], []]);
    });

    it("stays where it was there before, though nothing is in it", async () => {
      await (await command()).open();
      const { open, end } = await command();
      await (await open()).preview();
      await end();
      assert.deepEqual(states(), ["a.json"]);
    });

    it("is one command's alone to take away, of those that open it at once", async () => {
      const commands = await Promise.all(Array.from({ length: 4 }, command));
      await Promise.all(commands.map(({ open }) => open()));
      const left: number[] = [];
      for (const { end } of commands) {
        await end();
        left.push(states().length);
      }
      assert.equal(left.at(-1), 0);
      assert.deepEqual(told, []);
    });

    it("stays once it was applied, by this command or another one, and when it was destroyed since", async () => {
      const looking = await command();
      await looking.open();
      const applied = await (await command()).open();
      await applied.up();
      await looking.end();
      assert.deepEqual(states(), ["a.json"]);

      await applied.destroy();
      await applied.workspace.removeStack("a");
      const applying = await command();
      const stack = await applying.open();
      await stack.up();
      await stack.destroy();
      await applying.end();
      assert.deepEqual(states(), ["a.json"]);
      assert.deepEqual(told, []);
    });

    it("stays while another command is at work at it", async () => {
      const { open, end } = await command();
      await open();
      const locks = join(dir, "state/.pulumi/locks/organization/switchyard/a");
      mkdirSync(locks, { recursive: true });
      const other = { pid: 1, processStart: "", place: "elsewhere", hostname: `not-${hostname()}`, token: "1" };
      writeFileSync(
        join(locks, "lock.json"),
        JSON.stringify({ ...other, username: "ann", timestamp: new Date().toISOString() }),
      );
      await end();
      assert.deepEqual([states(), told], [["a.json"], []]);
    });

    it("is made again for a command that had opened it, and goes at the end of that one", async () => {
      const [first, second] = [await command(), await command()];
      await first.open();
      const stack = await second.open();
      await first.end();
      assert.deepEqual(states(), []);
      assert.deepEqual(await stateResources(stack), []);
      await stack.preview();
      await second.end();
      assert.deepEqual(states(), []);

      const third = await command();
      const applied = await third.open();
      await third.end();
      assert.equal((await applied.up()).outputs["answer"]?.value, 42);
      await third.end();
      assert.deepEqual(states(), ["a.json"]);
    });

    it("is not made again once a command has looked at it: what is lost then is not made a second time", async () => {
      const [first, second] = [await command(), await command()];
      await first.open();
      const stack = await second.open();
      await stack.preview();
      await first.end();
      await assert.rejects(stack.up(), /no stack named '.*a' found/);
      assert.deepEqual(states(), []);
      await second.end();
    });

    it("is told of where it cannot be taken away", async () => {
      const { open, end } = await command();
      await open();
      writeFileSync(join(dir, "state/.pulumi/stacks/switchyard/a.json"), "{");
      await end();
      assert.match(
        told.join(),
        /the state of a, made to look at it, could not be taken away: .*(not a readable checkpoint|unexpected end)/,
      );
    });
  });
