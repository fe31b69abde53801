import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cloudStatus } from "../../sandbox/cloud/lifecycle.ts";
import type { StoryReport } from "../../sandbox/story/report/model.ts";
import { assertReplayedIn } from "../support/release/replayed.ts";
import { useStory } from "../support/story.ts";

describe("the story npm start plays", function () {
  this.timeout(300_000);
  const story = useStory();

  it("releases, rolls back, refuses and stages under load, and loses no request", async () => {
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

  it("names a flag it does not know, and starts nothing", async () => {
    for (const flags of [["--fast"], ["--engine", "terraform"], ["--rate", "0"]]) {
      const { child, output } = story.start(...flags);
      assert.equal((await once(child, "exit"))[0], 2);
      assert.match(output(), /usage: npm start/);
    }
    assert.equal((await cloudStatus(story.dir())).running, false);
  });
});
