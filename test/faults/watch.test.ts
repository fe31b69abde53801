import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadStory, type Stage } from "@switchyard/sandbox";
import { type PipelineSandbox, startPipeline } from "../support/release/pipeline.ts";

const story = await loadStory();
const { makeCheckout, observe } = story;

/** What goes wrong in the api, by the line of its source it goes after. No smoke check finds any. */
const faults = {
  errors: {
    after: `app.post("/api/notes", express.json({ limit: "16kb" }), async (request, response) => {`,
    code: `if (Math.random() < 0.3) { response.status(500).json({ error: "now and then" }); return; }`,
  },
  /** 210 s of the sandbox's clock. */
  late: { after: `import { Readiness } from "./readiness.ts";`, code: "await delay(4_200);" },
  slow: { after: `app.get("/api/notes", async (_request, response) => {`, code: "await delay(400);" },
};

/** One in five, watched for a quarter of an hour of the sandbox's clock. */
const canary = ["--strategy", "canary", "--canary", "20%", "--bake", "15m"];

describe("the watch, under load", function () {
  this.timeout(600_000);
  let sandbox: PipelineSandbox | undefined;
  let stage: Stage;
  let output = "";

  async function push(tag: string, fault: keyof typeof faults): Promise<void> {
    const checkout = await makeCheckout(stage.directory, tag);
    const file = join(checkout, "images/api/src/api.ts");
    const source = await readFile(file, "utf8");
    const { after, code } = faults[fault];
    assert.ok(source.includes(after));
    await writeFile(file, `${source.replace(after, `${after}\n${code}`)}\nprocess.title = "${tag}";\n`);
    await stage.run(["images", "push", "--tag", tag, "--source", checkout]);
  }

  before(async () => {
    sandbox = await startPipeline({
      name: "watch",
      rate: 100,
      write: (text) => {
        output += text;
      },
    });
    stage = sandbox.stage;
    await stage.push("v1");
    // The environment's own alarms have absolute limits: out of the way, so that only the comparison decides.
    const quiet = ["monitoring.errorsPerMinute=100000", "monitoring.latencyMs=60000"];
    await stage.run(["up", "sandbox", ...quiet.flatMap((value) => ["--config", value])]);
    await stage.release(["deploy", "sandbox", "--tag", "v1"], { version: "v1", outcome: "succeeded" });
    stage.startLoad((await observe()).url);
  });

  after(async () => {
    await stage?.endLoad();
    await sandbox?.end();
  });

  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(output);
    output = "";
  });

  const bad: [keyof typeof faults, RegExp][] = [
    ["errors", /api (blue|green) against (blue|green): 5xx on \d+ of \d+ requests, where it was 0 of \d+/],
    ["slow", /api (blue|green) against (blue|green): answers take \d{3,} ms, where it was \d{1,2} ms/],
  ];
  for (const [fault, says] of bad)
    it(`takes traffic back from a version with ${fault}`, async () => {
      await push(`bad-${fault}`, fault);
      const before = await observe();
      const args = ["deploy", "sandbox", "--tag", `bad-${fault}`, ...canary];
      const failed = await stage.release(args, { version: `bad-${fault}`, outcome: "failed" });
      assert.match(failed.output, says);
      assert.deepEqual((await observe()).weights, before.weights);
    });

  it("lets a version through that takes 200 s to start, where it is given the time", async () => {
    await push("late", "late");
    const deploy = ["deploy", "sandbox", "--tag", "late", "--strategy", "all-at-once"];
    await stage.run(["up", "sandbox", "--config", "services.api.healthCheck.gracePeriodSeconds=300"]);
    await stage.release(deploy, { version: "late", outcome: "succeeded" });
  });

  it("lets a version through that is no worse than a bad one", async () => {
    await push("bad-too", "errors");
    const atOnce = ["--strategy", "all-at-once"];
    await stage.release(["deploy", "sandbox", "--tag", "bad-errors", ...atOnce], {
      ...{ version: "bad-errors", outcome: "succeeded" },
    });
    await stage.release(["deploy", "sandbox", "--tag", "bad-too", ...canary], {
      ...{ version: "bad-too", outcome: "succeeded" },
    });
  });
});
