import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cloudStatus } from "../../sandbox/cloud/lifecycle.ts";
import { useStory } from "../support/story.ts";

/** What the story has just printed when it is killed: from its first line to its last step. */
const moments = [
  "$ switchyard sandbox start",
  "$ switchyard up pipeline",
  "prove",
  "shift    api 10%",
  "$ switchyard rollback",
];

describe("the story npm start plays, killed and interrupted", function () {
  this.timeout(600_000);
  const story = useStory();

  it("can be started again after kill -9 at any moment, and ends on Ctrl-C with everything it started", async () => {
    for (const moment of moments) {
      const killed = story.start();
      await killed.shown(moment);
      killed.child.kill("SIGKILL");
      await once(killed.child, "exit");
    }
    const last = story.start();
    await last.shown("$ switchyard images push");
    last.child.kill("SIGINT");
    const [code] = await once(last.child, "exit");
    assert.equal(code, 130, last.output());
    assert.equal((await cloudStatus(story.dir())).running, false);
    assert.equal(existsSync(join(story.dir(), "cloud.json")), false);
  });
});
