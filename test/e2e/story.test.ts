import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudStatus, stopCloud } from "../../sandbox/cloud/lifecycle.ts";
import type { StoryReport } from "../../sandbox/story/report/model.ts";

const main = join(import.meta.dirname, "../../sandbox/story/main.ts");

describe("the story npm start plays", function () {
  this.timeout(300_000);
  let dir: string;
  let story: ChildProcess | undefined;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
  });
  afterEach(async () => {
    if (story?.exitCode === null && story.signalCode === null) {
      story.kill("SIGKILL");
      await once(story, "exit");
    }
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  });

  function start(...flags: string[]): { child: ChildProcess; output: () => string } {
    const env = { ...process.env, SWITCHYARD_SANDBOX_DIR: dir, SWITCHYARD_SANDBOX_PORT: "0" };
    const child = spawn(process.execPath, [main, ...flags], { env, stdio: ["ignore", "pipe", "pipe"] });
    story = child;
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    return { child, output: () => output };
  }

  /** Waits until the story's output holds a text, or the story ends. */
  async function shown({ child, output }: ReturnType<typeof start>, text: string): Promise<void> {
    while (!output().includes(text)) {
      assert.ok(child.stdout);
      await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
      assert.equal(child.exitCode, null, output());
    }
  }

  it("releases, rolls back, refuses and stages under load, and loses no request", async () => {
    const { child, output } = start();
    const [code] = await once(child, "exit");
    assert.equal(code, 0, output());

    const report: StoryReport = JSON.parse(await readFile(join(dir, "report.json"), "utf8"));
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
    assert.match(await readFile(join(dir, "report.html"), "utf8"), /<polygon /);
    assert.equal((await cloudStatus(dir)).running, false);
  });

  it("ends on Ctrl-C with everything it started, and can be started again after kill -9", async () => {
    const first = start();
    await shown(first, "$ switchyard up pipeline");
    first.child.kill("SIGKILL");
    await once(first.child, "exit");

    const second = start();
    await shown(second, "$ switchyard images push");
    second.child.kill("SIGINT");
    const [code] = await once(second.child, "exit");
    assert.equal(code, 130, second.output());
    assert.equal((await cloudStatus(dir)).running, false);
    assert.equal(existsSync(join(dir, "cloud.json")), false);
  });

  it("names a flag it does not know, and starts nothing", async () => {
    for (const flags of [["--fast"], ["--engine", "terraform"], ["--rate", "0"]]) {
      const { child, output } = start(...flags);
      assert.equal((await once(child, "exit"))[0], 2);
      assert.match(output(), /usage: npm start/);
    }
    assert.equal((await cloudStatus(dir)).running, false);
  });
});
