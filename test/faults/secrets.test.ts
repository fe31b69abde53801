import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ECS } from "@aws-sdk/client-ecs";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { eventually } from "../support/cloud.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const secretName = `switchyard/${stack}/web`;
const value = "of-the-one-that-serves";

/** Through the command line, under load. */
describe("the last key of a service's secret that is taken out of the configuration", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  const secrets = new SecretsManager({});
  let [overrides, given] = ["", ""];

  const run = (...args: readonly string[]) =>
    sandbox()
      .drive(...args)
      .succeeds();
  const deploy = (tag: string) => run("deploy", stack, "--tag", tag, "--strategy", "all-at-once");
  const token = async () => (await run("run", stack, "--service", "web", "--", "printenv", "API_TOKEN")).trim();
  const kept = () =>
    secrets.describeSecret({ SecretId: secretName }).then(({ DeletedDate }) => DeletedDate === undefined);

  before("what serves starts with a key of its secret", async () => {
    overrides = join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
    given = await readFile(overrides, "utf8").catch(() => "");
    await deploy("v1");
    await run("up", stack, "--config", "services.web.secrets.API_TOKEN=token");
    const SecretString = JSON.stringify({ token: value });
    await secrets.putSecretValue({ SecretId: secretName, SecretString });
    await deploy("v2");
    assert.equal(await token(), value);
  });
  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());
  after("as it was", () => writeFile(overrides, given));

  it("stays in the account while what serves names it: a task that ends comes back", async () => {
    await writeFile(overrides, given);
    await run("up", stack);
    assert.ok(await kept());
    const ecs = new ECS({});
    const cluster = sandbox().shape.clusterName;
    const healthy = async () => (await run("status", stack)).match(/web +\w+ +v2 +live +100% +(\d)\/(\d) healthy/);
    const [, all = ""] = (await healthy()) ?? [];
    const { taskArns = [] } = await ecs.listTasks({ cluster, desiredStatus: "RUNNING" });
    const { tasks = [] } = await ecs.describeTasks({ cluster, tasks: taskArns });
    const [task] = tasks.filter(({ group = "" }) => /web/.test(group));
    await ecs.stopTask({ cluster, task: task?.taskArn ?? "none" });
    await eventually(async () => {
      const running = await ecs.listTasks({ cluster, desiredStatus: "RUNNING" });
      return !running.taskArns?.includes(task?.taskArn ?? "") && (await healthy())?.[1] === all;
    }, 30_000);
    assert.equal(await token(), value);
  });

  it("stays while a rollback may start what names it, and is what that starts with", async () => {
    await deploy("v3");
    assert.ok(await kept());
    assert.equal(
      (await sandbox().drive("run", stack, "--service", "web", "--", "printenv", "API_TOKEN").ended()).code,
      1,
    );
    await run("rollback", stack);
    assert.equal(await token(), value);
  });

  it("goes with the last release that named it", async () => {
    await deploy("v3");
    await deploy("v1");
    await run("up", stack);
    await assert.rejects(kept(), /ResourceNotFound|can.t find/);
  });
});
