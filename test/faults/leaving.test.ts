import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ECS } from "@aws-sdk/client-ecs";
import { readRelease } from "../../automation/ledger/release.ts";
import { eventually } from "../support/cloud.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const path = "/healthz";
/** Of web's own image, on a path that web answers as well. */
const docs = {
  ...{ path, priority: 60, repository: "web", cpu: 256, memory: 512, desiredCount: 1, minCapacity: 1, maxCapacity: 2 },
  healthCheck: { path, intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 },
  ...{ deregistrationDelaySeconds: 10, stopTimeoutSeconds: 30, order: 3 },
};
const guide = { ...docs, priority: 50 };

/** Through the command line, while users ask for the path all the time; each test goes on from the one before it. */
describe("a service that leaves", function () {
  this.timeout(240_000);
  this.retries(0);
  let given = "";
  // Before the sandbox's own hook, which may take it away.
  after("leave the environment as it was", async () => {
    await configure({});
    await sandbox().readOutputs();
  });
  const sandbox = useReleases();
  const overrides = () => join(sandbox().dir, "work", `overrides.${stack}.jsonl`);

  async function configure(services: object): Promise<void> {
    await writeFile(overrides(), `${given}${JSON.stringify({ "switchyard:services": services })}\n`);
  }

  async function expects(code: number, text: RegExp, ...args: readonly string[]): Promise<void> {
    const driver = sandbox().drive(...args);
    assert.equal(await driver.exitCode(), code, `${args.join(" ")}\n${driver.output}`);
    assert.match(driver.output, text, args.join(" "));
  }
  const deploy = ["deploy", stack, "--tag", "v1", "--strategy", "all-at-once"] as const;

  let over = false;
  let user: Promise<void>;
  const failed: string[] = [];
  async function ask(): Promise<string> {
    const answer = await fetch(new URL(path, sandbox().url), { headers: { connection: "close" } });
    await answer.arrayBuffer();
    if (answer.status >= 500) failed.push(`${answer.status} ${answer.headers.get("x-release")}`);
    return answer.headers.get("x-release") ?? "nobody";
  }
  async function release(name: string) {
    const { live, retired, ...deployed } = (await readRelease(sandbox().table)).services[name] ?? {};
    const colour = live ?? retired?.colour;
    return { live, retired, release: colour && deployed[colour]?.release };
  }
  async function isAnsweredBy(name: string): Promise<void> {
    const wanted = (await release(name)).release;
    for (let i = 0; i < 5; i++) assert.equal(await ask(), wanted, name);
  }

  before(async () => {
    given = await readFile(overrides(), "utf8").catch(() => "");
    await sandbox()
      .drive(...deploy)
      .succeeds();
    await configure({ docs });
    await sandbox()
      .drive(...deploy)
      .succeeds();
  });
  beforeEach(() => {
    over = false;
    failed.length = 0;
    sandbox().startLoad();
    user = (async () => {
      while (!over) await ask();
    })();
  });
  afterEach("no request failed", async () => {
    over = true;
    await user;
    await sandbox().stopLoad();
    assert.deepEqual(failed, []);
  });

  it("cannot be taken out of the configuration while it serves, nor renamed", async () => {
    const before = await readRelease(sandbox().table);
    await configure({});
    const way = /docs serves v1 and is not in the configuration any more.*`switchyard retire sandbox --service docs`/;
    await expects(2, way, "plan", stack);
    await expects(2, way, "up", stack);
    await configure({ guide: docs });
    await expects(2, /guide has its path.*`replaces: docs`.*docs\/rename-service\.md/, ...deploy);
    assert.deepEqual(await readRelease(sandbox().table), before);
    await isAnsweredBy("docs");
  });

  it("is renamed by a new one that takes its path over", async () => {
    await configure({ docs, guide: { ...guide, replaces: "docs" } });
    await expects(0, /docs stays v1: guide replaces it/, ...deploy);
    await isAnsweredBy("guide");
    await expects(0, /\/healthz: guide from now/, "retire", stack, "--service", "docs", "--dry-run");
    assert.equal((await release("docs")).retired, undefined);
    await expects(0, /docs is retired: \/healthz is answered by guide/, "retire", stack, "--service", "docs");
    await configure({ guide });
    await expects(0, /deleted/, "up", stack);
    assert.equal((await readRelease(sandbox().table)).services["docs"], undefined);
    await isAnsweredBy("guide");
  });

  it("gives its path back, and takes it again with a rollback", async () => {
    await sandbox().drive("retire", stack, "--service", "guide").succeeds();
    await isAnsweredBy("web");
    await sandbox().readOutputs();
    const { clusterName, services } = sandbox().shape;
    const names = [services["guide"]?.blue.serviceName ?? "", services["guide"]?.green.serviceName ?? ""];
    await eventually(async () => {
      const { services = [] } = await new ECS({}).describeServices({ cluster: clusterName, services: names });
      return services.length === 2 && services.every((s) => s.desiredCount === 0 && s.runningCount === 0);
    }, 60_000);
    await expects(0, /Nothing to do: guide is retired/, "retire", stack, "--service", "guide");
    await expects(0, /guide stays out: it is retired/, ...deploy);
    await sandbox().drive("up", stack).succeeds();
    await sandbox().drive("rollback", stack).succeeds();
    await isAnsweredBy("guide");
    assert.equal((await release("guide")).live, "blue");
  });

  it("leaves when its retirement was killed and is run again, and serves when that is aborted", async () => {
    const retire = () => sandbox().drive("retire", stack, "--service", "guide");
    for (const shows of ["/healthz: web from now", "weights to be in force"]) {
      const cut = retire();
      await cut.shows(shows);
      await cut.kill();
    }
    await sandbox().drive("abort", stack).succeeds();
    await isAnsweredBy("guide");
    const again = retire();
    await again.shows("weights to be in force");
    await again.kill();
    await retire().succeeds();
    await isAnsweredBy("web");
  });

  it("is still in the ledger when an update without the driver took it away, and is told of so", async () => {
    const { table } = sandbox();
    const items = ["release", "shape"] as const;
    const before = await Promise.all(items.map((item) => table.get(item)));
    await configure({});
    await sandbox().drive("up", stack).succeeds();
    // As a plain `pulumi up` leaves it.
    const put = items.map((item, i) => ({ kind: "put", item, value: before[i] ?? {} }) as const);
    assert.ok(await table.write(put));
    await expects(0, /! Deleted by an update without Switchyard: guide \(retired\)/i, "status", stack);
    await expects(0, /^(?!.*by hand)/s, "status", stack);
    await expects(0, /^(?!.*guide)/s, "drift", stack);
    await expects(9, /guide was deleted since it was retired/, "rollback", stack);
    await expects(0, /v1/, ...deploy);
    assert.deepEqual(Object.keys((await readRelease(sandbox().table)).services).sort(), ["api", "web"]);
  });
});
