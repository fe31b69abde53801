import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { operationInFlight } from "../../automation/ledger/journal.ts";
import { readLease } from "../../automation/ledger/lease.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { eventually } from "../support/cloud.ts";
import { useCanary } from "../support/release/canary.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import type { Driver } from "../support/release/driver.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** A job's step: a shell that waits for its command, and hands no signal on. */
const step = ["sh", "-c", '"$@"; exit $?', "sh"];
/** npm's own way to run it, with a shell between. */
const npx = ["npx", "--no-install", "--"];
const inCi = { CI: "true" };
const outsideCi = { CI: "" };

/** Through the command line: what ends a job ends what the job had started, and the traffic is where it was. */
describe("a deploy whose job is ended", function () {
  this.timeout(600_000);
  this.retries(0);
  const sandbox = useReleases();
  const canary = useCanary(sandbox);

  const begin = async (under: readonly string[], variables: NodeJS.ProcessEnv): Promise<Driver> => {
    const deploy = sandbox().driveUnder(under, canary().args, variables);
    await deploy.shows("at 10%");
    return deploy;
  };
  async function isUndone(deploy: Driver): Promise<void> {
    await eventually(async () => (await operationInFlight(sandbox().table)) === undefined, 60_000);
    await eventually(async () => (await readLease(sandbox().table))?.released, 30_000);
    assert.match(deploy.output, /Interrupted: undoing/);
    // It gives the lease back before it says its last line.
    await eventually(() => deploy.output.includes("raffic is where it was before"), 10_000);
    await assertServes(sandbox(), canary().live);
  }

  const ends: readonly (readonly [string, readonly string[], ...NodeJS.Signals[]])[] = [
    ["the step's shell is sent SIGTERM", step, "SIGTERM"],
    ["the step's shell is killed", step, "SIGKILL"],
    ["npx is sent SIGTERM", npx, "SIGTERM"],
    // npm hands it on to a shell, which waits for its command whatever comes.
    ["npx is sent SIGINT, then SIGTERM", npx, "SIGINT", "SIGTERM"],
    ["npx is killed", npx, "SIGKILL"],
    ["the shell that runs npx is killed", [...step, ...npx], "SIGKILL"],
  ];
  for (const [how, under, ...signals] of ends)
    it(`is undone where ${how}`, async () => {
      const deploy = await begin(under, inCi);
      for (const signal of signals) deploy.signal(signal);
      await isUndone(deploy);
    });

  it("is undone by the SIGINT and SIGTERM of a job that is cancelled, one after the other", async () => {
    const deploy = await begin([], inCi);
    deploy.signal("SIGINT");
    await deploy.shows("Interrupted: undoing");
    deploy.signal("SIGTERM");
    assert.equal(await deploy.exitCode(), errorCatalogue.interrupted.exitCode, deploy.output);
    await isUndone(deploy);
  });

  it("is undone by a hangup in CI", async () => {
    const deploy = await begin([], inCi);
    deploy.signal("SIGHUP");
    assert.equal(await deploy.exitCode(), errorCatalogue.interrupted.exitCode, deploy.output);
    await isUndone(deploy);
  });

  it("goes on outside CI, when who started it leaves: under nohup, or with the terminal gone", async () => {
    for (const [under, signal] of [
      [[...step, "nohup"], "SIGKILL"],
      [[], "SIGHUP"],
    ] as const) {
      const deploy = await begin(under, outsideCi);
      deploy.signal(signal);
      const beat = (await readLease(sandbox().table))?.beat ?? 0;
      await eventually(async () => ((await readLease(sandbox().table))?.beat ?? 0) > beat + 1, 30_000);
      assert.doesNotMatch(deploy.output, /Interrupted/);
      await sandbox().drive("abort", stack).succeeds();
      await assertServes(sandbox(), canary().live);
    }
  });
});

describe("Ctrl-C in an update", function () {
  this.timeout(600_000);
  this.retries(0);
  const sandbox = useReleases();
  const change = ["up", stack, "--config", `services.web.environment.CHANGED=${Date.now()}x`];

  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", async () => {
    await sandbox().fault();
    await sandbox().stopLoad();
  });

  /** Holds an update in the midst of a write for as long as a test may need. */
  async function held(args: readonly string[] = change): Promise<Driver> {
    await sandbox().fault({ service: "ecs", operation: "RegisterTaskDefinition", effect: { delay: 4_000 } });
    const up = sandbox().drive(...args);
    await eventually(async () => (await sandbox().hits())[0]?.length, 60_000);
    return up;
  }
  async function runners(): Promise<readonly string[]> {
    const ids = (await readdir("/proc")).filter((id) => /^\d+$/.test(id));
    const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
    const own = await sandbox().processes();
    return lines.filter((line, i) => line.includes("run-policy-pack") && own.includes(Number(ids[i])));
  }

  it("ends it when what is under way is done, says so, and gives the lease back", async () => {
    const version = liveVersion(await readRelease(sandbox().table));
    const up = await held();
    up.signal("SIGINT");
    assert.equal(await up.exitCode(), errorCatalogue.interrupted.exitCode, up.output);
    assert.match(up.output, /Interrupted: what is under way comes to its end/);
    assert.match(up.output, /switchyard: stack sandbox: it was stopped \(Ctrl-C\); what was done so far stays/);
    assert.equal((await readLease(sandbox().table))?.released, true);
    await sandbox().fault();
    await sandbox()
      .drive(...change)
      .succeeds();
    await assertServes(sandbox(), version);
  });

  it("ends it at once when it comes a second time; the next run goes on, and nothing stays behind", async () => {
    const version = liveVersion(await readRelease(sandbox().table));
    const up = await held(["up", stack, "--config", `services.web.environment.CHANGED=${Date.now()}y`]);
    up.signal("SIGINT");
    await up.shows("Interrupted");
    await up.interruptAgain();
    assert.equal(await up.exitCode(), errorCatalogue.interrupted.exitCode, up.output);
    assert.match(up.output, /Stopped at once/);
    await sandbox().fault();
    const next = sandbox().drive("up", stack);
    await next.succeeds();
    assert.match(next.output, /An earlier update of sandbox was cut short/);
    await assertServes(sandbox(), version);
    await eventually(async () => (await runners()).length === 0, 15_000);
  });

  it("undoes a deploy that was about to stage", async () => {
    const version = liveVersion(await readRelease(sandbox().table));
    const tag = version === "v2" ? "v3" : "v2";
    const deploy = await held(["deploy", stack, "--tag", tag]);
    deploy.signal("SIGINT");
    await sandbox().fault();
    assert.equal(await deploy.exitCode(), errorCatalogue.interrupted.exitCode, deploy.output);
    assert.match(deploy.output, /No traffic was moved/);
    await assertServes(sandbox(), version);
  });
});
