import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoryReport } from "@switchyard/sandbox";
import { useStory } from "../support/story.ts";

/** What the story has just printed when it is killed: from its first line to its last step. */
const moments = [
  "$ switchyard sandbox start",
  "$ switchyard up pipeline",
  "prove",
  "shift    api 10%",
  "$ switchyard rollback",
];

describe("the story npm start plays, killed", function () {
  this.timeout(900_000);
  const story = useStory();

  it("can be started again after kill -9 at any moment, and then does all it should without a failed request", async () => {
    for (const moment of moments) {
      const killed = story.start();
      await killed.shown(moment);
      killed.child.kill("SIGKILL");
      await once(killed.child, "exit");
    }
    const { child, output } = story.start();
    const [code] = await once(child, "exit");
    assert.equal(code, 0, output());
    const { failed, versionsSeen }: StoryReport = JSON.parse(await readFile(join(story.dir(), "report.json"), "utf8"));
    assert.deepEqual([failed, versionsSeen], [0, ["v1", "v2"]]);
  });
});
