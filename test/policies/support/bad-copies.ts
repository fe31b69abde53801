import assert from "node:assert/strict";
import type { BadCopy } from "../../fixtures/bad-copies/bad-copy.ts";
import { type TestCloud, useCloud } from "../../support/cloud.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { refusal } from "./refusal.ts";

/** Call in a `describe`: a platform in the shared cloud, previewed with the policy pack in Pulumi's own runner. */
export function useBadCopies(): {
  readonly cloud: TestCloud;
  platform(): Platform;
  /** @throws AssertionError unless the copy is refused by the rule meant for it, before any write to AWS. */
  refused(copy: BadCopy): Promise<void>;
} {
  const cloud = useCloud();
  let platform: Platform;
  before(async () => {
    platform = await startPlatform(cloud);
  });
  after(() => platform?.stop());
  return {
    cloud,
    platform: () => platform,
    refused: async ({ rule, change, program }) => {
      const { broken, error, writes } = await refusal(cloud, await platform.open(program ?? "environment", change));
      assert.ok(broken.includes(rule), `broken: ${broken}`);
      assert.equal(error?.code, "policy-violation");
      assert.deepEqual(writes, []);
    },
  };
}
