import assert from "node:assert/strict";
import { withPicture } from "./page.ts";
import { flowchart, roomOf, uses } from "./picture.ts";

describe("the picture of the architecture", () => {
  it("shows the driver's folders, and the others whole", () => {
    assert.equal(roomOf("automation/deploy/conduct/loop.ts"), "automation/deploy/conduct");
    assert.equal(roomOf("automation/stacks/open.ts"), "automation/stacks");
    assert.equal(roomOf("automation/cli.ts"), "automation");
    assert.equal(roomOf("programs/components/data/database.ts"), "programs");
  });

  it("has an arrow from each room to each it imports from, once", () => {
    const pairs = uses([
      ["automation/deploy/conduct/loop.ts", "programs/errors.ts"],
      ["automation/deploy/conduct/operation.ts", "programs/release.ts"],
      ["automation/deploy/conduct/operation.ts", "automation/deploy/conduct/loop.ts"],
      ["automation/cli.ts", "automation/deploy/conduct/loop.ts"],
    ]);
    assert.deepEqual(pairs, [
      ["automation", "automation/deploy/conduct"],
      ["automation/deploy/conduct", "programs"],
    ]);
    const text = flowchart(pairs);
    assert.match(text, /subgraph driver\n {4}automation\["automation\/\*\.ts"\]\n {4}automation_deploy_conduct\[/);
    assert.match(text, /\n {2}automation_deploy_conduct --> programs\n/);
  });

  it("is missed where there is none", () => {
    assert.throws(() => withPicture("# Architecture\n", "x"), /no picture/);
  });
});
