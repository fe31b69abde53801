import assert from "node:assert/strict";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { loadStory, type Stage } from "@switchyard/sandbox";
import { Driver } from "../support/release/driver.ts";
import { type PipelineSandbox, startPipeline } from "../support/release/pipeline.ts";

const story = await loadStory();
const { makeCheckout } = story;

describe("migrations, through the command line", function () {
  this.timeout(600_000);
  let sandbox: PipelineSandbox | undefined;
  let dir: string;
  let stage: Stage;
  let output = "";

  /** Pushes v1 with other migrations besides its own, as a version of its own. */
  async function push(tag: string, migrations: Readonly<Record<string, string>>): Promise<void> {
    const checkout = join(stage.directory, tag);
    await cp(await makeCheckout(stage.directory, "v1"), checkout, { recursive: true });
    for (const [name, sql] of Object.entries(migrations)) await writeFile(join(checkout, "migrations", name), sql);
    await stage.run(["images", "push", "--tag", tag, "--source", checkout]);
  }

  async function fails(exitCode: number, ...args: readonly string[]): Promise<string> {
    const driver = new Driver(args, { ...process.env, SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: dir });
    assert.equal(await driver.exitCode(), exitCode, driver.output);
    return driver.output;
  }

  const deploy = (tag: string) => ["deploy", "sandbox", "--tag", tag, "--strategy", "all-at-once"];
  const status = async () => (await stage.run(["migrate", "sandbox", "--status"])).output;

  before(async () => {
    sandbox = await startPipeline({
      name: "migrations",
      write: (text) => {
        output += text;
      },
    });
    ({ dir, stage } = sandbox);
    await push("first", {});
    await stage.release(deploy("first"), { version: "first", outcome: "succeeded" });
  });

  after(async () => {
    await sandbox?.end();
  });

  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(output);
    output = "";
  });

  it("that lock a table are refused by plan and deploy, and no database is touched", async () => {
    await push("locks", { "0003_index.expand.sql": "-- why\nCREATE INDEX i ON notes (text);\n" });
    const says = /0003_index\.expand\.sql:2:1 \(create-index\): CREATE INDEX keeps every write out of notes/;
    assert.match(await fails(6, "plan", "sandbox"), says);
    assert.match(await fails(6, ...deploy("locks")), says);
    assert.doesNotMatch(await status(), /0003_index/);
  });

  it("that fail say where, in the error, the function's own log and the status", async () => {
    const bad =
      "INSERT INTO notes (id, text) VALUES (gen_random_uuid(), 'a');\n\nSELECT 1 /\n  (SELECT count(*) - 1 FROM notes);\n";
    await push("fails", { "0003_fill.expand.sql": bad });
    const says = /0003_fill\.expand\.sql:3:1: division by zero \(SQLSTATE 22012\)\. Nothing of it was applied/;
    const said = await fails(9, ...deploy("fails"));
    assert.match(said, says);
    assert.match(said, /Read its log group \/switchyard\/sandbox\/platform\/migrate;/);
    assert.match(await status(), new RegExp(`0003_fill +expand +failed[^]*${says.source}`));
    const logs = new CloudWatchLogsClient({});
    const logGroupName = "/switchyard/sandbox/platform/migrate";
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
    assert.ok(events.some(({ message = "" }) => says.test(message) && message.includes('"sqlState":"22012"')));
    logs.destroy();
  });

  it("go through once they are corrected, and older ones are refused from then on", async () => {
    await push("corrected", {
      "0004_fill.expand.sql": "INSERT INTO notes (id, text) VALUES (gen_random_uuid(), 'a');",
    });
    await stage.release(deploy("corrected"), { version: "corrected", outcome: "succeeded" });
    assert.match(await status(), /0004_fill +expand +applied/);
    await push("merged", {
      "0003_older.expand.sql": "CREATE TABLE older (id int);",
      "0004_fill.expand.sql": "INSERT INTO notes (id, text) VALUES (gen_random_uuid(), 'a');",
    });
    const says = /0003_older\.expand\.sql \(older-number\): 0004_fill is applied already/;
    assert.match(await fails(6, "plan", "sandbox"), says);
    assert.match(await fails(6, ...deploy("merged")), says);
    assert.doesNotMatch(await status(), /0003_older/);
  });
});
