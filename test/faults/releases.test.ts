import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudStatus, stopCloud } from "../../sandbox/cloud/lifecycle.ts";
import { observe } from "../../sandbox/story/observation.ts";
import { Stage } from "../../sandbox/story/stage.ts";

/** What AWS itself makes in an empty account, and what it keeps of things deleted. */
const ofAws: Readonly<Record<string, readonly string[]>> = {
  ec2: ["VPC", "Subnet", "RouteTable", "SecurityGroup", "NetworkAcl", "DHCPOptionsSet", "Instance"],
  // Keys are scheduled for deletion, task definitions deregistered, log events kept by their own retention.
  kms: ["Key"],
};

describe("releases back and forth", function () {
  this.timeout(600_000);
  let dir: string;
  let stage: Stage;
  let output = "";

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-releases-"));
    process.env["SWITCHYARD_SANDBOX_PORT"] = "0";
    stage = new Stage({
      ...{ dir, engine: "embedded", keep: false, rate: 100 },
      write: (text) => {
        output += text;
      },
      signal: new AbortController().signal,
    });
    await stage.clear();
    await stage.run(["sandbox", "start", "--owner", String(process.pid)]);
    await stage.useCloud();
    await stage.run(["up", "pipeline"]);
    await stage.push("v1");
    await stage.push("v2");
    await stage.release(["deploy", "sandbox", "--tag", "v1"], { version: "v1", outcome: "succeeded" });
  });

  after(async () => {
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  });

  afterEach(function () {
    if (this.currentTest?.state === "failed") console.error(output);
    output = "";
  });

  it("loses no request in ten of them under load", async () => {
    const { url } = await observe();
    stage.startLoad(url);
    const flags = ["--strategy", "all-at-once"];
    for (let i = 0; i < 5; i++) {
      await stage.release(["deploy", "sandbox", "--tag", "v2", ...flags], { version: "v2", outcome: "succeeded" });
      await stage.release(["rollback", "sandbox"], { version: "v1", outcome: "succeeded" });
    }
    const load = await stage.stopLoad(5_000, 60_000);
    assert.equal(load.failed, 0, JSON.stringify(load.failures));
    assert.ok(load.requests >= 5_000);
  });

  it("plans nothing right after an up", async () => {
    await stage.run(["up", "sandbox"]);
    const { output: second } = await stage.run(["up", "sandbox"]);
    assert.match(second, /sandbox: \d+ unchanged in/);
  });

  it("leaves nothing in the account after destroy", async () => {
    for (const name of ["sandbox", "images", "pipeline"]) await stage.run(["destroy", name, "--yes"]);
    const status = await cloudStatus(dir);
    assert.ok(status.running);
    // A deleted ECS service can be described for a while, as INACTIVE.
    assert.deepEqual(
      (status["services"] as { status: string }[]).filter((s) => s.status !== "INACTIVE"),
      [],
    );
    assert.deepEqual(status["databases"], []);
    assert.deepEqual(status["loadBalancers"], []);
    assert.deepEqual(await leftInAccount(status.endpoint), []);
  });
});

/** Models moto still holds, beside those AWS makes or keeps itself. */
async function leftInAccount(endpoint: string): Promise<readonly string[]> {
  const answer = await fetch(`${endpoint}/moto-api/data.json`);
  const data = (await answer.json()) as Record<string, Record<string, readonly unknown[]>>;
  return Object.entries(data).flatMap(([service, models]) =>
    Object.entries(models)
      .filter(([model, instances]) => instances.length > 0 && !(ofAws[service] ?? []).includes(model))
      .map(([model, instances]) => `${service} ${model} × ${instances.length}: ${JSON.stringify(instances[0])}`),
  );
}
