import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processStart } from "../../../sandbox/cloud/processes.ts";
import { runDriver } from "../../../sandbox/story/command.ts";
import { takeOver } from "../../../sandbox/story/identity.ts";
import { differences, versionsServing } from "../../../sandbox/story/observation.ts";
import { listen } from "../../images/processes.ts";

const never = new AbortController().signal;

describe("a command of the story", () => {
  it("is the driver in a process of its own, its output passed on as it comes", async () => {
    let shown = "";
    const write = (text: string) => {
      shown += text;
    };
    const { exitCode, output } = await runDriver(["--version"], { env: process.env, write, signal: never });
    assert.equal(exitCode, 0);
    assert.match(output, /^\d+\.\d+\.\d+\n$/);
    assert.equal(shown, output);
  });

  it("keeps the driver's exit code and what it said", async () => {
    const refused = await runDriver(["nonsense"], { env: process.env, write: () => {}, signal: never });
    assert.equal(refused.exitCode, 2);
    assert.match(refused.output, /nonsense/);
  });

  it("is not begun after an interruption", async () => {
    const signal = AbortSignal.abort(new Error("interrupted"));
    await assert.rejects(runDriver(["--version"], { env: process.env, write: () => {}, signal }), /interrupted/);
  });
});

describe("taking over a directory", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-takeover-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const record = (identity: object) => writeFile(join(directory, "story.json"), JSON.stringify(identity));

  it("ends an earlier story that still runs, and says so", async () => {
    const earlier = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const ended = once(earlier, "exit");
    await record({ pid: earlier.pid, processStart: processStart(earlier.pid ?? 0) });
    let said = "";
    await takeOver(directory, (text) => {
      said += text;
    });
    assert.deepEqual(await ended, [null, "SIGTERM"]);
    assert.match(said, new RegExp(`process ${earlier.pid}\\): ending it`));
    assert.equal(JSON.parse(await readFile(join(directory, "story.json"), "utf8")).pid, process.pid);
  });

  it("leaves alone a process that only has the same number", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    await record({ pid: other.pid, processStart: "1" });
    await takeOver(directory, () => assert.fail("nothing is to be said"));
    assert.equal(other.exitCode ?? other.signalCode, null);
    other.kill("SIGKILL");
    await once(other, "exit");
  });

  it("accepts a record that was cut off", async () => {
    await writeFile(join(directory, "story.json"), '{"pid":');
    await takeOver(directory, () => {});
  });
});

describe("what the story looks at", () => {
  it("names what differs, with both values", () => {
    const before = { same: { a: 1 }, changed: { a: 1 }, gone: 1 };
    const after = { same: { a: 1 }, changed: { a: 2 }, new: 1 };
    assert.deepEqual(differences<unknown>(before, after), [
      'changed: {"a":1} became {"a":2}',
      "gone: 1 became undefined",
      "new: undefined became 1",
    ]);
    assert.deepEqual(differences(before, before), []);
  });

  it("finds every version that answers, and answers that are failures", async () => {
    let asked = 0;
    const server = await listen((request, response) => {
      const api = request.url === "/api/notes";
      response.writeHead(api && asked++ === 3 ? 503 : 200, { "x-version": api && asked > 5 ? "v2" : "v1" }).end();
    });
    assert.deepEqual(await versionsServing(`http://${server.host}`), ["/api/notes: 503", "v1", "v2"]);
    await server.close();
  });
});
