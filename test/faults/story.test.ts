import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cloudStatus, type StoryReport } from "@switchyard/sandbox";
import { assertReplayedIn } from "../support/release/replayed.ts";
import { useStory } from "../support/story.ts";

describe("the story npm start plays", function () {
  this.timeout(900_000);
  const story = useStory();

  it("releases, rolls back, refuses, stages, gives a path to a new service, and loses no request", async () => {
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
