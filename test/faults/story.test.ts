import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cloudStatus, type StoryReport } from "@switchyard/sandbox";
import { assertReplayedIn } from "../support/release/replayed.ts";
import { useStory } from "../support/story.ts";

/** What the story has just printed when it is killed: from its first line to its last step. */
const moments = [
  "$ switchyard sandbox start",
  "$ switchyard up pipeline",
  "prove",
  "shift    api 10%",
  "$ switchyard rollback",
];

describe("the story npm start plays", function () {
  this.timeout(900_000);
  const story = useStory();

  it("can be started again after kill -9 at any moment: it releases, rolls back, refuses, stages, gives a path to a new service, and loses no request", async () => {
    for (const moment of moments) {
      const killed = story.start();
      await killed.shown(moment);
      killed.child.kill("SIGKILL");
      await once(killed.child, "exit");
    }
    const { child, output } = story.start("--keep");
    const [code] = await once(child, "exit");
    assert.equal(code, 0, output());

    const report: StoryReport = JSON.parse(await readFile(join(story.dir(), "report.json"), "utf8"));
    assert.ok(report.requests >= 5_000, `${report.requests} requests`);
    assert.equal(report.failed, 0);
    assert.deepEqual(report.versionsSeen, ["v1", "v2"]);
    assert.ok(report.p50Ms > 0 && report.p99Ms >= report.p50Ms);
    assert.deepEqual(
      report.releases.map(({ version, outcome, strategy }) => `${version} ${outcome} ${strategy}`),
      [
        "v1 succeeded canary",
        "v2 succeeded canary",
        "v1 succeeded all-at-once",
        "v2 succeeded all-at-once",
        "v3 failed canary",
        "v1 succeeded all-at-once",
        "v1 succeeded all-at-once",
      ],
    );
    for (const { version, steps } of report.releases) {
      assert.ok(steps.length > 0, version);
      assert.ok(
        steps.some(({ awsCalls }) => awsCalls > 0),
        version,
      );
    }
    const canary = report.releases[1]?.steps.map(({ name }) => name) ?? [];
    assert.ok(canary.includes("shift 10%") && canary.includes("shift 100%"), canary.join());
    assert.match(output(), /not ready: notes cannot be read from the database.*author_name/);
    assert.match(await readFile(join(story.dir(), "report.html"), "utf8"), /<polygon /);
    assert.equal((await cloudStatus(story.dir())).running, true);
    await assertReplayedIn(story.dir(), "sandbox");
  });

  it("plays the platform, from an empty account to nothing left in any", async () => {
    const { child, output } = story.start("platform");
    const [code] = await once(child, "exit");
    assert.equal(code, 0, output());
    assert.match(output(), /oci\.pull\(/);
    assert.match(output(), /Nothing is left, 6 accounts asked/);
    assert.match(output(), /Every step did what it should/);
  });

  it("ends on Ctrl-C with everything it started", async () => {
    const { child, output, shown } = story.start();
    await shown("$ switchyard images push");
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    assert.equal(code, 130, output());
    assert.equal((await cloudStatus(story.dir())).running, false);
    assert.equal(existsSync(join(story.dir(), "cloud.json")), false);
  });
});
