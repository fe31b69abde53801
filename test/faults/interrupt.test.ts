import assert from "node:assert/strict";
import { ECS } from "@aws-sdk/client-ecs";
import { otherColour } from "../../automation/deploy/decide/situation.ts";
import { operationInFlight } from "../../automation/ledger/journal.ts";
import { readLease } from "../../automation/ledger/lease.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { eventually } from "../support/cloud.ts";
import { useCanary } from "../support/release/canary.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

describe("Ctrl-C in a deploy", function () {
  this.timeout(1_800_000);
  this.retries(0);
  const sandbox = useReleases();
  const canary = useCanary(sandbox);

  it("undoes it, says so and gives the lease back", async () => {
    const deploy = sandbox().drive(...canary().args);
    await deploy.shows("at 10%");
    deploy.signal("SIGINT");
    assert.equal(await deploy.exitCode(), errorCatalogue.interrupted.exitCode, deploy.output);
    assert.match(deploy.output, /Interrupted: undoing/);
    assert.match(deploy.output, /Traffic is where it was before/);
    await assertServes(sandbox(), canary().live);
  });

  it("stops at once when it comes a second time; the next run goes on from there", async () => {
    const deploy = sandbox().drive(...canary().args);
    await deploy.shows("at 10%");
    await sandbox().fault({ service: "elasticloadbalancing", operation: "ModifyRule", nth: 1, effect: "hang" });
    deploy.signal("SIGINT");
    await eventually(async () => (await sandbox().hits())[0]?.length, 60_000);
    await deploy.interruptAgain();
    assert.equal(await deploy.exitCode(), errorCatalogue.interrupted.exitCode, deploy.output);
    assert.match(deploy.output, /Stopped at once: nothing more was undone/);
    assert.equal((await readLease(sandbox().table))?.released, false);
    const left = await operationInFlight(sandbox().table);
    assert.ok(left, "nothing is in flight");

    const next = sandbox().drive(...canary().args);
    assert.equal(await next.exitCode(), errorCatalogue["deploy-failed"].exitCode, next.output);
    assert.match(next.output, /return traffic: aborted by .*Ctrl-C/);
    await assertServes(sandbox(), canary().live);
  });
});

describe("Ctrl-C in what tends a stack", function () {
  this.timeout(1_800_000);
  this.retries(0);
  const sandbox = useReleases();
  const ecs = new ECS({});
  const slowUpdate = { service: "ecs", operation: "UpdateService", effect: { delay: 2_000 } };

  async function serviceNames(): Promise<{ live: string; idle: string }> {
    const { live: colour } = (await readRelease(sandbox().table)).services["web"] ?? {};
    const service = sandbox().shape.services["web"];
    assert.ok(colour && service);
    return { live: service[colour].serviceName ?? "", idle: service[otherColour(colour)].serviceName ?? "" };
  }
  async function setCount(service: string, desiredCount: number): Promise<void> {
    await ecs.updateService({ cluster: sandbox().shape.clusterName, service, desiredCount });
  }
  async function count(service: string): Promise<number | undefined> {
    const { services } = await ecs.describeServices({ cluster: sandbox().shape.clusterName, services: [service] });
    return services?.[0]?.desiredCount;
  }

  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", async () => {
    await sandbox().fault();
    await sandbox().stopLoad();
  });

  it("ends a repair before it waits for tasks, and says that what was put back stays", async () => {
    const version = liveVersion(await readRelease(sandbox().table));
    const { live } = await serviceNames();
    await setCount(live, 9);
    await sandbox().fault(slowUpdate);
    const repair = sandbox().drive("repair", stack);
    await repair.shows("put ECS services back");
    repair.signal("SIGINT");
    assert.equal(await repair.exitCode(), errorCatalogue.interrupted.exitCode, repair.output);
    assert.match(repair.output, /Interrupted: ending after the step in hand/);
    assert.doesNotMatch(repair.output, /undoing/);
    assert.match(repair.output, /the repair was aborted by .*Ctrl-C.*What was put back stays/);
    assert.equal(await count(live), 4);
    await sandbox().fault();
    await sandbox().drive("repair", stack).succeeds();
    await setCount(live, 2);
    await assertServes(sandbox(), version);
  });

  it("ends a sweep after the step in hand, and says that what was stopped stays so", async () => {
    const version = liveVersion(await readRelease(sandbox().table));
    const other = version === "v2" ? "v3" : "v2";
    const atOnce = ["--strategy", "all-at-once", "--keep-warm", "1s"];
    await sandbox()
      .drive("deploy", stack, "--tag", other, ...atOnce)
      .succeeds();
    const { idle } = await serviceNames();
    await sandbox().fault(slowUpdate);
    await sandbox().isCold();
    const sweep = sandbox().drive("sweep", stack);
    await sweep.shows("stop what is warm no longer");
    sweep.signal("SIGINT");
    assert.equal(await sweep.exitCode(), errorCatalogue.interrupted.exitCode, sweep.output);
    assert.match(sweep.output, /the sweep was aborted by .*Ctrl-C.*What was stopped stays stopped/);
    assert.equal(await count(idle), 0);
    await sandbox().fault();
    await sandbox().drive("sweep", stack).succeeds();
    await assertServes(sandbox(), other);
  });

  it("ends what only reads at once, and a promotion that waits", async () => {
    await sandbox().fault({ service: "dynamodb", operation: "Query", effect: "note" });
    const waiting = sandbox().drive("promote", stack, "--wait", "10h");
    await eventually(async () => (await sandbox().hits())[0]?.length, 30_000);
    waiting.signal("SIGINT");
    assert.equal(await waiting.exitCode(), errorCatalogue.interrupted.exitCode, waiting.output);
    assert.match(waiting.output, /Interrupted: waiting no longer.*nothing was promoted/s);
    assert.doesNotMatch(waiting.output, /undoing/);
    await sandbox().fault({ service: "*", operation: "*", effect: { delay: 5_000 } });
    const status = sandbox().drive("status", stack);
    await eventually(async () => (await sandbox().hits())[0]?.length, 30_000);
    status.signal("SIGINT");
    assert.equal(await status.exitCode(), errorCatalogue.interrupted.exitCode, status.output);
    assert.match(status.output, /Interrupted\.$/m);
  });
});
