import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { readRelease } from "../../automation/ledger/release.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** What a request meets belongs to the release, tried through the command line while users are served all the time. */
describe("what a release is set up with", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  const elb = new ElasticLoadBalancingV2({});
  const deploy = (tag: string) => sandbox().drive("deploy", stack, "--tag", tag, "--strategy", "all-at-once");

  before("v1 serves", () => deploy("v1").succeeds());
  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());

  async function live() {
    const web = (await readRelease(sandbox().table)).services["web"];
    assert.ok(web?.live);
    const deployed = web[web.live];
    assert.ok(deployed?.setup);
    return { colour: web.live, ...deployed, setup: deployed.setup };
  }

  async function checked(colour: "blue" | "green"): Promise<string | undefined> {
    const arn = sandbox().shape.services["web"]?.[colour].targetGroupArn ?? "";
    const { TargetGroups = [] } = await elb.describeTargetGroups({ TargetGroupArns: [arn] });
    return TargetGroups[0]?.HealthCheckPath;
  }

  it("is staged by an update: the live colour is checked as its own release was, and keeps that after a failed deploy", async () => {
    const before = await live();
    const path = before.setup.group.healthCheck.path;
    await sandbox().drive("up", stack, "--config", "services.web.healthCheck.path=/not-there").succeeds();
    assert.equal(await checked(before.colour), path);
    const failed = deploy("v2");
    assert.notEqual(await failed.exitCode(), 0, failed.output);
    assert.equal(await checked(before.colour), path);
    assert.equal((await live()).version, before.version);
    await sandbox().drive("up", stack, "--config", `services.web.healthCheck.path=${path}`).succeeds();
  });

  it("has a port of its own on each colour: both are reachable, and the way back is open", async () => {
    await sandbox().drive("up", stack, "--config", "services.web.port=9090").succeeds();
    await deploy("v2").succeeds();
    assert.equal((await live()).setup.port, 9090);
    await sandbox().drive("rollback", stack).succeeds();
    assert.equal((await live()).setup.port, 8080);
    await sandbox().drive("up", stack, "--config", "services.web.port=8080").succeeds();
    await deploy("v1").succeeds();
  });

  it("sticks as each colour's release does: one that binds no clients any more comes, and goes back, by a rule that may", async () => {
    const stickiness = async (colour: "blue" | "green") => {
      const TargetGroupArn = sandbox().shape.services["web"]?.[colour].targetGroupArn ?? "";
      const { Attributes = [] } = await elb.describeTargetGroupAttributes({ TargetGroupArn });
      return Attributes.find(({ Key }) => Key === "stickiness.enabled")?.Value;
    };
    const sticks = async (seconds: number | undefined) => {
      const { colour, setup } = await live();
      assert.equal(setup.group.stickinessSeconds, seconds);
      assert.equal(await stickiness(colour), String(seconds !== undefined));
    };
    const overrides = join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
    const given = await readFile(overrides, "utf8");
    await sandbox().drive("up", stack, "--config", "services.web.stickinessSeconds=5").succeeds();
    await sticks(undefined);
    await deploy("v1").succeeds();
    await sticks(5);
    await writeFile(overrides, given);
    await deploy("v1").succeeds();
    await sticks(undefined);
    await sandbox().drive("rollback", stack).succeeds();
    await sticks(5);
    await deploy("v1").succeeds();
  });
});
