import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import versions from "@pulumi/pulumi/version.js";
import { SemVer } from "semver";
import { Lab } from "./lab.ts";
import { comparable, type Played, play } from "./play.ts";
import { scenarios } from "./scenarios.ts";

const path = join(import.meta.dirname, "recorded.json");

/** The official CLI on PATH; a build without a version counts as the SDK's. */
async function findOfficial(): Promise<PulumiCommand | undefined> {
  const found = await PulumiCommand.get({ skipVersionCheck: true }).catch(() => undefined);
  return found && Object.assign(found, { version: found.version ?? new SemVer(versions.version) });
}

/** The recording the embedded engine is tested against is what the official engine does. RECORD=1 renews it. */
describe("the recording of the official engine", () => {
  const recorded = JSON.parse(readFileSync(path, "utf8")) as Record<string, Played[]>;
  const renew = process.env["RECORD"] === "1";
  let official: PulumiCommand | undefined;

  before(async function () {
    official = await findOfficial();
    if (official) return;
    console.log("      skipped: there is no `pulumi` on PATH to compare with");
    this.skip();
  });

  for (const scenario of scenarios) {
    it(`is true: ${scenario.name}`, async function () {
      this.timeout(600_000);
      assert.ok(official);
      const lab = new Lab({ official, previews: scenario.previews ?? false });
      try {
        const played = (await play(lab, scenario)).map(comparable);
        if (!renew) return assert.deepEqual(JSON.parse(JSON.stringify(played)), recorded[scenario.name]);
        recorded[scenario.name] = played;
        writeFileSync(path, serialise(recorded));
      } finally {
        lab.close();
      }
    });
  }
});

function serialise(recorded: Record<string, Played[]>): string {
  const lines = Object.entries(recorded).map(([name, acts]) => {
    return `${JSON.stringify(name)}: [\n${acts.map((act) => JSON.stringify(act)).join(",\n")}\n]`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}
