import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { assertServes } from "../support/release/converged.ts";
import type { Driver } from "../support/release/driver.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/**
 * As many commands at once as a busy day's jobs, and more; each ends, in words that say what to do. An update takes close to
 * a gigabyte with its program and policies: more of them would be a test of this machine's memory.
 */
describe("many commands at once", function () {
  this.timeout(900_000);
  this.retries(0);
  const sandbox = useReleases();
  const busy: readonly number[] = [errorCatalogue["lease-held"].exitCode, errorCatalogue["in-flight"].exitCode];

  /** @returns How many ended well. @throws AssertionError naming those that did neither that, nor say who is at work. */
  async function allEnd(drivers: readonly Driver[]): Promise<number> {
    const codes = await Promise.all(drivers.map((driver) => driver.exitCode()));
    const wrong = drivers.filter((driver, i) => {
      const code = codes[i] ?? -1;
      if (code === 0) return false;
      return !busy.includes(code) || !/^switchyard: .{40,}/m.test(driver.output);
    });
    assert.deepEqual(
      wrong.map((driver) => `${driver.command}: ${codes[drivers.indexOf(driver)]}\n${driver.output}`),
      [],
    );
    return codes.filter((code) => code === 0).length;
  }

  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());

  it("deploys of one stack: each is done, or told who is at work", async () => {
    const deploys = Array.from({ length: 20 }, (_, n) =>
      sandbox().drive("deploy", stack, "--tag", `v${1 + (n % 2)}`, "--strategy", "all-at-once"),
    );
    assert.ok((await allEnd(deploys)) >= 1);
    await sandbox().drive("deploy", stack, "--tag", "v1", "--strategy", "all-at-once").succeeds();
    await assertServes(sandbox(), "v1");
  });

  it("of several stacks, with values of their own: none reads another's half", async () => {
    const commands = Array.from({ length: 2 }, (_, n) => [
      ["deploy", stack, "--tag", `v${1 + (n % 2)}`, "--strategy", "all-at-once"],
      ["plan", stack],
      ["plan", "pipeline"],
      ["status", stack],
      ["up", stack, "--config", `services.web.environment.N${n}=n${n}`],
      ["drift", stack],
    ]);
    const drivers = commands.map((line) => line.map((args) => sandbox().drive(...args)));
    await allEnd(drivers.flat());
    // A command begins by writing the file with all that was kept before it.
    const configured = async () => {
      await sandbox().drive("plan", stack).succeeds();
      return readFile(join(sandbox().dir, "work", `Pulumi.${stack}.yaml`), "utf8");
    };
    const work = await configured();
    // A value is kept when its update was done, and only then.
    for (const [n, line] of drivers.entries()) {
      const up = line.find(({ command }) => command.includes(" up "));
      assert.equal(work.includes(`N${n}: n${n}`), (await up?.exitCode()) === 0, up?.output);
    }
    await sandbox().drive("up", stack, "--config", "services.web.environment.N9=n9").succeeds();
    assert.match(await configured(), /N9: n9/);
    await sandbox().drive("deploy", stack, "--tag", "v1", "--strategy", "all-at-once").succeeds();
    await assertServes(sandbox(), "v1");
  });
});
