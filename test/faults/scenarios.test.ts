import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { loadStory } from "@switchyard/sandbox";
import type { Weights } from "../../automation/deploy/decide/model.ts";
import { readJournal, readOperations } from "../../automation/ledger/journal.ts";
import { readLease } from "../../automation/ledger/lease.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { sweep as sweepRights } from "../../programs/components/roles/documents/workflows.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { eventually } from "../support/cloud.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import type { Driver } from "../support/release/driver.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";
import { driverWrites, isRead, recognise } from "../support/release/writes.ts";

const { observe } = await loadStory();

const atOnce = ["--strategy", "all-at-once"];
const longCanary = ["--strategy", "canary", "--canary", "10%", "--bake", "5h"];

/** Through the command line, on one environment, with users at it all the time: no request of theirs may fail. */
describe("a release where something is not as it should be", function () {
  this.timeout(300_000);
  this.retries(0);
  const sandbox = useReleases();
  const ecs = new ECS({});
  const elb = new ElasticLoadBalancingV2({});
  let told: Driver[] = [];

  const drive = (...args: readonly string[]) => {
    const driver = sandbox().drive(...args);
    told.push(driver);
    return driver;
  };
  const succeeds = async (...args: readonly string[]) => {
    return drive(...args).succeeds();
  };
  const fails = async (...args: readonly string[]) => {
    const driver = drive(...args);
    assert.notEqual(await driver.exitCode(), 0, driver.output);
    return driver.output;
  };
  const deploy = (tag: string, ...flags: readonly string[]) =>
    succeeds("deploy", stack, "--tag", tag, ...atOnce, ...flags);

  before("serve v1, with v2 before it", async () => {
    await deploy("v2");
    await deploy("v1");
  });
  beforeEach(() => {
    told = [];
    sandbox().startLoad();
  });
  afterEach("no request failed", async function () {
    if (this.currentTest?.state === "failed") console.error(told.map((d) => `$ ${d.command}\n${d.output}`).join("\n"));
    await Promise.all(told.filter((d) => d.running).map((d) => d.kill()));
    await sandbox().fault();
    await sandbox().stopLoad();
  });
  const serviceOf = (name: string) => {
    const found = sandbox().shape.services[name];
    assert.ok(found, name);
    return found;
  };
  async function setWeights(name: string, { blue, green }: Weights): Promise<void> {
    const service = serviceOf(name);
    const TargetGroups = [
      { TargetGroupArn: service.blue.targetGroupArn, Weight: blue },
      { TargetGroupArn: service.green.targetGroupArn, Weight: green },
    ];
    const Actions = [{ Type: "forward" as const, ForwardConfig: { TargetGroups } }];
    await elb.modifyRule({ RuleArn: service.ruleArn, Actions });
  }
  async function weightsOf(name: string): Promise<readonly (number | undefined)[]> {
    const service = serviceOf(name);
    const of = (await observe()).weights[service.ruleArn];
    return [of?.[service.blue.targetGroupArn], of?.[service.green.targetGroupArn]];
  }
  async function live(name: string): Promise<{ colour: "blue" | "green"; serviceName: string }> {
    const colour = (await readRelease(sandbox().table)).services[name]?.live;
    assert.ok(colour);
    return { colour, serviceName: serviceOf(name)[colour].serviceName ?? "" };
  }
  async function setCount(serviceName: string, desiredCount: number): Promise<void> {
    await ecs.updateService({ cluster: sandbox().shape.clusterName, service: serviceName, desiredCount });
  }
  async function counts(): Promise<Record<string, number>> {
    const { services } = await observe();
    return Object.fromEntries(
      Object.entries(services).map(([name, { desired }]) => [name.split("/").at(-1) ?? "", desired]),
    );
  }

  it("lets one of two deploys through; the other names the holder and writes nothing", async () => {
    const first = drive("deploy", stack, "--tag", "v2", "--approve");
    await first.shows(`undo:    switchyard abort ${stack}`);
    await eventually(async () => {
      const [operation] = await readOperations(sandbox().table, 1);
      const entries = await readJournal(sandbox().table, operation?.operation ?? "");
      return entries.at(-1)?.decision.kind === "wait";
    }, 10_000);
    await sandbox().fault({ service: "*", operation: "*", effect: "note" });
    const said = await fails("deploy", stack, "--tag", "v3", ...atOnce);
    assert.match(said, /deploy v2/);
    assert.ok(said.includes(String((await readLease(sandbox().table))?.holder)), said);
    const writes = Object.values(driverWrites(sandbox().shape)).flat();
    const [noted = []] = await sandbox().hits("bodies");
    const made = noted
      .filter((c) => !isRead(c))
      .map((c) => recognise(writes, c)?.name ?? `${c.service}:${c.operation}`);
    // The first keeps its lease; that the second asks for it in vain is no write.
    assert.deepEqual(
      [...new Set(made)].filter((name) => !/^lease/.test(name)),
      [],
    );
    await succeeds("abort", stack);
    assert.notEqual(await first.exitCode(), 0);
    await assertServes(sandbox(), "v1");
  });

  it("halts before a deploy on weights set by hand; repair puts them back", async () => {
    await deploy("v2");
    await setWeights("web", { blue: 50, green: 50 });
    assert.match(
      await fails("deploy", stack, "--tag", "v3", ...atOnce),
      /weights were changed by hand: web is blue 50 green 50, the ledger says/,
    );
    assert.deepEqual(await weightsOf("web"), [50, 50]);
    await succeeds("repair", stack);
    await assertServes(sandbox(), "v2");
  });

  it("adopts what a hand has moved to the other colour", async () => {
    for (const name of ["web", "api"]) {
      const { colour } = await live(name);
      await setWeights(name, colour === "blue" ? { blue: 0, green: 100 } : { blue: 100, green: 0 });
    }
    assert.match(await fails("deploy", stack, "--tag", "v3", ...atOnce), /changed by hand/);
    await succeeds("adopt", stack);
    assert.match(await succeeds("status", stack), /v1 +live +100%/);
    await assertServes(sandbox(), "v1");
  });

  it("halts in the midst of a canary on weights set by hand, and leaves them alone", async () => {
    const canary = drive("deploy", stack, "--tag", "v2", ...longCanary);
    await canary.shows("at 10%");
    await setWeights("api", { blue: 63, green: 37 });
    assert.notEqual(await canary.exitCode(), 0);
    assert.match(canary.output, /changed by hand: api is blue 63 green 37, the ledger says blue \d+ green \d+/);
    assert.deepEqual(await weightsOf("api"), [63, 37]);
    assert.equal((await readLease(sandbox().table))?.released, true);
    await succeeds("repair", stack);
    await assertServes(sandbox(), "v1");
  });

  it("halts on a task count that was changed by hand; repair and adopt settle it", async () => {
    const { serviceName, colour } = await live("web");
    await setCount(serviceName, 6);
    const halted = `web ${colour} has 6 tasks, the ledger says 1 to 4`;
    assert.ok((await fails("deploy", stack, "--tag", "v2", ...atOnce)).includes(halted));
    await succeeds("repair", stack);
    assert.equal((await counts())[serviceName], 4);
    await setCount(serviceName, 6);
    await succeeds("adopt", stack);
    assert.equal((await counts())[serviceName], 6);
    await deploy("v2");
    assert.equal((await counts())[(await live("web")).serviceName], 6);
    await setCount((await live("web")).serviceName, 2);
    await assertServes(sandbox(), "v2");
  });

  it("sizes the new colour to what autoscaling gave the live one, once", async () => {
    const { serviceName } = await live("api");
    await setCount(serviceName, 3);
    await deploy("v1");
    const after = await counts();
    assert.equal(after[serviceName], 3);
    assert.equal(after[(await live("api")).serviceName], 3);
    await assertServes(sandbox(), "v1");
  });

  it("scales an old colour that was shrunk before it gets traffic again", async () => {
    const idle = serviceOf("api")[(await live("api")).colour === "blue" ? "green" : "blue"];
    await setCount(idle.serviceName ?? "", 0);
    await succeeds("rollback", stack);
    assert.equal((await counts())[idle.serviceName ?? ""], 3);
    await assertServes(sandbox(), "v2");
  });

  it("gets through while every other call to the load balancer and ECS is throttled, and back", async () => {
    const throttled = ["elasticloadbalancing", "ecs"];
    await sandbox().fault(
      ...throttled.map((service) => ({ service, operation: "*", probability: 0.5, effect: "throttle" as const })),
    );
    const before = liveVersion(await readRelease(sandbox().table));
    await deploy("v3");
    await succeeds("rollback", stack);
    await sandbox().fault();
    await assertServes(sandbox(), before);
  });

  it("lets requests in flight end, across a shift and the end of the old colour", async () => {
    const slow = new URL("/api/slow?ms=150", sandbox().url);
    const answers: number[] = [];
    let over = false;
    const users = Array.from({ length: 8 }, async () => {
      while (!over) answers.push((await fetch(slow)).status);
    });
    await deploy("v1", "--keep-warm", "1s");
    await sandbox().isCold();
    const report = join(sandbox().dir, "sweep.json");
    await succeeds("sweep", stack, "--report", report);
    const { awsCalls } = JSON.parse(await readFile(report, "utf8")) as { awsCalls: Record<string, number> };
    const account = { id: "123456789012", region: "us-east-1", partition: "aws" };
    const place = { account, stacks: [stack] };
    const role = sweepRights(place).flatMap(({ Action }) => Action);
    const prefixes: Record<string, string> = {
      ecs: "ecs",
      elb: "elasticloadbalancing",
      scaling: "application-autoscaling",
    };
    for (const call of Object.keys(awsCalls).filter((name) => !name.startsWith("dynamodb."))) {
      const [service = "", operation] = call.split(".");
      assert.ok(role.includes(`${prefixes[service]}:${operation}`), `the sweeping role may not ${call}`);
    }
    const idle = serviceOf("api")[(await live("api")).colour === "blue" ? "green" : "blue"].serviceName ?? "";
    await eventually(async () => (await counts())[idle] === 0, 10_000);
    over = true;
    await Promise.all(users);
    assert.ok(answers.length > 50);
    assert.deepEqual([...new Set(answers)], [200]);
  });

  it("shows where a version that waits for approval is to be seen, and keeps who approved it", async () => {
    const waiting = drive("deploy", stack, "--tag", "v2", "--approve", ...atOnce);
    await waiting.shows(`undo:    switchyard abort ${stack}`);
    const { url, previewHeader } = sandbox().shape;
    const { name, secretArn } = previewHeader;
    for (const shown of [`preview: ${url} with the header ${name}`, `--secret-id ${secretArn}`])
      assert.ok(waiting.output.includes(shown), waiting.output);
    const status = await succeeds("status", stack);
    assert.match(status, /v2 waits for approval until 20/);
    assert.ok(status.includes(`preview: ${url}`) && status.includes(`switchyard promote ${stack}`), status);
    const { SecretString = "" } = await new SecretsManager({}).getSecretValue({ SecretId: secretArn });
    assert.notEqual(SecretString, "");
    const preview = await fetch(url, { headers: { [name]: SecretString } });
    assert.equal(preview.headers.get("x-version"), "v2");
    await succeeds("promote", stack, "--tag", "v2", "--approver", "ann");
    await waiting.succeeds();
    for (const { output } of told) assert.ok(!output.includes(SecretString), "the header's value is a secret");
    assert.match(await succeeds("history", stack, "--limit", "1"), /deploy +v2 +succeeded .* ann /);
    assert.match(await succeeds("explain", stack, "v2"), /approved by ann at 20/);
    await assertServes(sandbox(), "v2");
  });

  it("says what it leaves when its credentials expire; with new ones it is undone or goes on", async () => {
    const canary = drive("deploy", stack, "--tag", "v1", ...longCanary);
    await canary.shows("at 10%");
    const before = await weightsOf("api");
    const message = "The security token included in the request is expired";
    await sandbox().fault({
      ...{ service: "*", operation: "*", effect: "error", code: "ExpiredTokenException", status: 400, message },
    });
    assert.equal(await canary.exitCode(), errorCatalogue.credentials.exitCode, canary.output);
    assert.match(canary.output, /credentials have expired .*nothing was undone, traffic stays at /);
    assert.match(canary.output, /api blue (10 green 90|90 green 10)/);
    await sandbox().fault();
    assert.deepEqual(await weightsOf("api"), before);
    assert.match(await fails("sweep", stack), /is not finished/);
    await succeeds("abort", stack);
    await assertServes(sandbox(), "v2");
  });

  it("goes back to any release that succeeded once", async () => {
    await deploy("v2");
    await deploy("v3");
    assert.match(await succeeds("rollback", stack, "--to", "v1"), /v1 serves 100%/);
    await assertServes(sandbox(), "v1");
    assert.match(await fails("rollback", stack, "--to", "v9"), /no release v9 ever succeeded here/);
    assert.match(await succeeds("history", stack), /deploy +v1 +succeeded/);
  });

  it("repairs an update that was killed, and leaves traffic alone", async () => {
    const before = await observe();
    await sandbox().fault({ service: "ecs", operation: "RegisterTaskDefinition", nth: 1, effect: "hang-after-effect" });
    const killed = drive("up", stack, "--config", "services.web.environment.PAGE_TITLE=Killed");
    await eventually(async () => (await sandbox().hits())[0]?.length === 1, 60_000);
    await killed.kill();
    await sandbox().fault();
    await succeeds("up", stack, "--config", "services.web.environment.PAGE_TITLE=Notes");
    assert.match(await succeeds("up", stack), /sandbox: \d+ unchanged in/);
    const { weights, services } = await observe();
    assert.deepEqual({ weights, services }, { weights: before.weights, services: before.services });
    await assertServes(sandbox(), "v1");
  });

  it("runs a command once, ends with its exit code, and stops it when interrupted", async () => {
    const once = drive(
      "run",
      stack,
      "--service",
      "api",
      "--",
      "node",
      "-e",
      "console.log(process.env.VERSION); process.exit(3)",
    );
    assert.equal(await once.exitCode(), 3, once.output);
    assert.match(once.output, /^v1$/m);
    const long = drive(
      "run",
      stack,
      "--service",
      "api",
      "--",
      "node",
      "-e",
      "console.log('begun'); setInterval(() => {}, 1000)",
    );
    await long.shows("begun");
    long.signal("SIGINT");
    assert.notEqual(await long.exitCode(), 0);
    const { taskArns } = await ecs.listTasks({ cluster: sandbox().shape.clusterName, desiredStatus: "RUNNING" });
    const { tasks } = await ecs.describeTasks({ cluster: sandbox().shape.clusterName, tasks: taskArns ?? [] });
    assert.deepEqual(
      (tasks ?? []).filter((t) => !t.group?.startsWith("service:")).map((t) => t.taskArn),
      [],
    );
  });
});
