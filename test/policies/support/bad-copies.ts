import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../../automation/surroundings.ts";
import type { BadCopy } from "../../fixtures/bad-copies/bad-copy.ts";
import { type TestCloud, useCloud } from "../../support/cloud.ts";
import { type KeptPack, keepPack } from "./kept-pack.ts";
import { type Platform, packConfig, startPlatform } from "./platform.ts";
import { refusal } from "./refusal.ts";

/** Call in a `describe`: a platform in the shared cloud, previewed with the policy pack in Pulumi's own runner. */
export function useBadCopies(): {
  readonly cloud: TestCloud;
  platform(): Platform;
  /** @throws AssertionError unless the copy is refused by the rule meant for it, before any write to AWS. */
  refused(copy: BadCopy): Promise<void>;
} {
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
