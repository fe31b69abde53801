import assert from "node:assert/strict";
import { join } from "node:path";
import { projectRoot } from "../../automation/surroundings.ts";
import { badCopies } from "../fixtures/bad-copies/all.ts";
import { useCloud } from "../support/cloud.ts";
import { type KeptPack, keepPack } from "./support/kept-pack.ts";
import { type Platform, packConfig, startPlatform } from "./support/platform.ts";
import { refusal } from "./support/refusal.ts";

/** One of each kind; test/faults has them all. */
const handful = [
  "the database open to the internet",
  "a master password in code",
  "weight to a third target group",
  "no aud in the trust of GitHub",
];

describe("a fault in the real program, on the engine", function () {
  this.timeout(120_000);
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

  for (const name of handful) {
    it(`${name}: refused before any write to AWS`, async () => {
      const copy = badCopies.find(({ fault }) => fault === name);
      assert.ok(copy);
      const { broken, error, writes } = await refusal(cloud, await platform.open("environment", copy.change));
      assert.ok(broken.includes(copy.rule), `broken: ${broken}`);
      assert.equal(error?.code, "policy-violation");
      assert.deepEqual(writes, []);
    });
  }
});
