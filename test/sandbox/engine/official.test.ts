import assert from "node:assert/strict";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import versions from "@pulumi/pulumi/version.js";
import { SemVer } from "semver";
import { Lab } from "./lab.ts";
import { type Played, play } from "./play.ts";
import { scenarios } from "./scenarios.ts";

/** The official CLI on PATH; a build without a version counts as the SDK's. */
async function findOfficial(): Promise<PulumiCommand | undefined> {
  const found = await PulumiCommand.get({ skipVersionCheck: true }).catch(() => undefined);
  return found && Object.assign(found, { version: found.version ?? new SemVer(versions.version) });
}

const comparable = ({ error, ...rest }: Played) => rest;

describe("the embedded engine beside the official one", () => {
  let official: PulumiCommand | undefined;

  before(async function () {
    official = await findOfficial();
    if (official) return;
    console.log("      skipped: there is no `pulumi` on PATH to compare with");
    this.skip();
  });

  for (const scenario of scenarios) {
    it(`does the same: ${scenario.name}`, async function () {
      this.timeout(180_000);
      assert.ok(official);
      const { previews = false } = scenario;
      const [ours, theirs] = [new Lab({ previews }), new Lab({ official, previews })];
      try {
        const [own, expected] = [await play(ours, scenario), await play(theirs, scenario)];
        for (const [i, act] of expected.entries()) {
          const where = `act ${i + 1}: ${act.act}\nofficial: ${act.error ?? "succeeded"}\nembedded: ${own[i]?.error ?? "succeeded"}`;
          assert.deepEqual(comparable(own[i] as Played), comparable(act), where);
        }
      } finally {
        ours.close();
        theirs.close();
      }
    });
  }
});
