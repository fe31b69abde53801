import assert from "node:assert/strict";
import { readRelease } from "../../automation/ledger/release.ts";
import { liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line, on an environment that serves users all the time. */
describe("rollbacks asked for at once", function () {
  this.timeout(180_000);
  this.retries(0);
  const sandbox = useReleases();

  beforeEach(async () => {
    sandbox().startLoad();
    for (const tag of ["v1", "v2"])
      await sandbox().drive("deploy", stack, "--tag", tag, "--strategy", "all-at-once").succeeds();
  });
  afterEach("no request failed", () => sandbox().stopLoad());

  for (const [what, second] of [
    ["to the other colour", []],
    ["to it by name", ["--to", "v1"]],
  ] as const)
    it(`go back once: ${what}`, async () => {
      for (let round = 0; round < 2; round++) {
        const both = [sandbox().drive("rollback", stack), sandbox().drive("rollback", stack, ...second)];
        const codes = await Promise.all(both.map((driver) => driver.exitCode()));
        const told = both.map(({ output }) => output).join("\n");
        assert.equal(liveVersion(await readRelease(sandbox().table)), "v1", told);
        assert.ok(codes.includes(0), told);
        assert.ok(
          codes.every((code) => code === 0 || code === 4),
          `${codes}\n${told}`,
        );
        await sandbox().drive("deploy", stack, "--tag", "v2", "--strategy", "all-at-once").succeeds();
      }
    });
});
