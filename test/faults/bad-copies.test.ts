import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../automation/surroundings.ts";
import { badCopies } from "../fixtures/bad-copies/all.ts";
import type { BadCopy } from "../fixtures/bad-copies/bad-copy.ts";
import { type KeptPack, keepPack } from "../policies/support/kept-pack.ts";
import { type Platform, packConfig, startPlatform } from "../policies/support/platform.ts";
import { refusal, writesSince } from "../policies/support/refusal.ts";
import { useCloud } from "../support/cloud.ts";

/** Each fault alone in the real program, previewed by the engine with the policy pack in Pulumi's runner. */
describe("a bad copy, on the engine", function () {
  this.timeout(180_000);
  const cloud = useCloud();
  let pack: KeptPack;
  let platform: Platform;

  before(async () => {
    pack = await keepPack(packConfig);
    platform = await startPlatform(cloud, (command) => pack.serving(command, join(projectRoot, "policies")));
  });
  after(async () => {
    await platform?.stop();
    await pack?.stop();
  });

  const refused = async ({ rule, change, program }: BadCopy) => {
    const { broken, error, writes } = await refusal(cloud, await platform.open(program ?? "environment", change));
    assert.ok(broken.includes(rule), `broken: ${broken}`);
    assert.equal(error?.code, "policy-violation");
    assert.deepEqual(writes, []);
  };

  describe("of an environment that is not there yet", () => {
    it("is not refused without a fault", async () => {
      const { broken, error, writes } = await refusal(cloud, await platform.open("environment"));
      assert.deepEqual([broken, error, writes], [[], undefined, []]);
    });

    for (const copy of badCopies) {
      if (copy.knownLater === undefined) it(`${copy.fault}: refused by ${copy.rule}`, () => refused(copy));
    }
  });

  describe("of an environment that is there", () => {
    let written: readonly string[];
    before(async () => {
      const calls = await cloud.calls();
      await platform.apply();
      written = await writesSince(cloud, calls);
    });

    it("was written by calls a refused update does not make", () => {
      for (const call of ["ec2:CreateVpc", "rds:CreateDBInstance", "iam:PutRolePolicy"])
        assert.ok(written.includes(call), `written by ${written}`);
    });

    it("is not refused without a fault", async () => {
      const { broken, error, writes } = await refusal(cloud, await platform.open("environment"));
      assert.deepEqual([broken, error, writes], [[], undefined, []]);
    });

    for (const copy of badCopies) {
      if (copy.knownLater) it(`${copy.fault}: refused by ${copy.rule}`, () => refused(copy));
    }
  });
});
