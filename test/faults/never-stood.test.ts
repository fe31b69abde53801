import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { eventually } from "../support/cloud.ts";
import { ConsolePage } from "../support/console-page.ts";
import type { Driver } from "../support/release/driver.ts";
import { faultHits, setFaults } from "../support/release/faults.ts";
import { usePipeline } from "../support/release/pipeline.ts";

/** Configured in this checkout, and never applied. */
const stack = "sandbox";
const zones = { service: "ec2", operation: "DescribeAvailabilityZones" } as const;
const { exitCode: interrupted } = errorCatalogue.interrupted;

for (const engine of ["embedded", "pulumi"] as const)
  describe(`looking at a stack that never stood, on the engine ${engine}`, function () {
    this.timeout(600_000);
    this.retries(0);
    const { dir, drive } = usePipeline("never-stood", engine);
    const ends = async (code: number, ...args: readonly string[]) => {
      const ended = await drive(...args).ended();
      assert.equal(ended.code, code, ended.output);
      assert.deepEqual(await states(), ["pipeline"], ended.output);
    };
    const states = async () =>
      (await readdir(join(dir(), "state/.pulumi/stacks/switchyard")))
        .flatMap((file) => /^([^.]+)\.json$/.exec(file)?.[1] ?? [])
        .sort();

    it("leaves no state behind", async () => {
      await ends(0, "plan", stack);
      await ends(0, "cost", stack);
      await ends(0, "drift", stack);
    });

    it("leaves none when it fails, nor does an update that is refused", async () => {
      const { exitCode: refused } = errorCatalogue["policy-violation"];
      await ends(refused, "plan", stack, "--set", "cost.maxMonthlyUsd=1");
      await ends(refused, "up", stack, "--set", "cost.maxMonthlyUsd=1");
      await setFaults({ ...zones, effect: "error", code: "UnauthorizedOperation", status: 403 });
      await ends(errorCatalogue["update-failed"].exitCode, "plan", stack);
    });

    it("leaves none when it is interrupted, and the console shows it no longer than it is looked at", async () => {
      const console_ = drive("console");
      await console_.shows("opens once");
      const page = await ConsolePage.open(/http:\S+/.exec(console_.output)?.[0] ?? "");
      const events = eventsOf(page);
      try {
        const plan = await hangingPlan();
        assert.deepEqual(await states(), ["pipeline", stack]);
        await until(events, ({ kind, view }) => kind === "environment" && view?.stack === stack);
        plan.signal("SIGINT");
        assert.equal(await plan.exitCode(), interrupted, plan.output);
        assert.deepEqual(await states(), ["pipeline"], plan.output);
        await until(events, (told) => told.kind === "gone" && told.stack === stack);
      } finally {
        page.close();
        await events.return();
      }
    });

    it("takes nothing from an update that begins meanwhile", async () => {
      const plan = await hangingPlan();
      await drive("up", stack).succeeds();
      plan.signal("SIGINT");
      assert.equal(await plan.exitCode(), interrupted, plan.output);
      assert.deepEqual(await states(), ["pipeline", stack]);
      assert.match(await drive("plan", stack).succeeds(), /^sandbox: \d+ unchanged$/m);
    });

    /** In the midst of its preview, with the state there that it was made for. */
    async function hangingPlan(): Promise<Driver> {
      await setFaults({ ...zones, nth: 1, effect: "hang" });
      const plan = drive("plan", stack);
      await eventually(async () => (await faultHits())[0]?.length || !plan.running, 60_000);
      assert.ok(plan.running, plan.output);
      return plan;
    }
  });

interface Told {
  readonly kind: string;
  readonly stack?: string;
  readonly view?: { readonly stack: string };
}

/** What the console tells its page, from now on. */
async function* eventsOf({ origin, cookie }: ConsolePage): AsyncGenerator<Told, void> {
  const { body } = await fetch(`${origin}/events`, { headers: { cookie }, signal: AbortSignal.timeout(100_000) });
  let text = "";
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (text + part).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) yield JSON.parse(event.replace(/^data: /, "")) as Told;
  }
}

async function until(events: AsyncGenerator<Told, void>, isSo: (told: Told) => boolean): Promise<void> {
  for (;;) {
    const { value, done } = await events.next();
    assert.ok(!done, "the console has ended");
    if (isSo(value)) return;
  }
}
