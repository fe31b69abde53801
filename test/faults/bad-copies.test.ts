import assert from "node:assert/strict";
import { badCopies } from "../fixtures/bad-copies/all.ts";
import { useBadCopies } from "../policies/support/bad-copies.ts";
import { refusal, writesSince } from "../policies/support/refusal.ts";

/** Each fault alone in the real program, previewed by the engine with the policy pack in Pulumi's runner. */
describe("a bad copy, on the engine", function () {
  this.timeout(180_000);
  const { cloud, platform, refused } = useBadCopies();

  describe("of an environment that is not there yet", () => {
    it("is not refused without a fault", async () => {
      const { broken, error, writes } = await refusal(cloud, await platform().open("environment"));
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
      await platform().apply();
      written = await writesSince(cloud, calls);
    });

    it("was written by calls a refused update does not make", () => {
      for (const call of ["ec2:CreateVpc", "rds:CreateDBInstance", "iam:PutRolePolicy"])
        assert.ok(written.includes(call), `written by ${written}`);
    });

    it("is not refused without a fault", async () => {
      const { broken, error, writes } = await refusal(cloud, await platform().open("environment"));
      assert.deepEqual([broken, error, writes], [[], undefined, []]);
    });

    for (const copy of badCopies) {
      if (copy.knownLater) it(`${copy.fault}: refused by ${copy.rule}`, () => refused(copy));
    }
  });
});
