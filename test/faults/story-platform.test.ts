import assert from "node:assert/strict";
import { once } from "node:events";
import { useStory } from "../support/story.ts";

describe("the story of the platform", function () {
  this.timeout(900_000);
  const story = useStory();

  it("plays the platform, from an empty account to nothing left in any", async () => {
    const { child, output } = story.start("platform");
    const [code] = await once(child, "exit");
    assert.equal(code, 0, output());
    assert.match(output(), /oci\.pull\(/);
    assert.match(output(), /Nothing is left, 6 accounts asked/);
    assert.match(output(), /Every step did what it should/);
  });
});
