import assert from "node:assert/strict";
import { once } from "node:events";
import { cloudStatus } from "../../../sandbox/cloud/lifecycle.ts";
import { useStory } from "../../support/story.ts";

describe("npm start", function () {
  this.timeout(60_000);
  const story = useStory();

  it("names a flag it does not know, and starts nothing", async () => {
    for (const flags of [["--fast"], ["--engine", "terraform"], ["--rate", "0"]]) {
      const { child, output } = story.start(...flags);
      assert.equal((await once(child, "exit"))[0], 2);
      assert.match(output(), /usage: npm start/);
    }
    assert.equal((await cloudStatus(story.dir())).running, false);
  });
});
