import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { readRelease } from "../../automation/ledger/release.ts";
import { assertServes } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** A service of web's own image, on a path that web answers until now. */
const docs = {
  ...{ path: "/healthz", priority: 50, repository: "web", cpu: 256, memory: 512, desiredCount: 1, minCapacity: 1 },
  healthCheck: { path: "/healthz", intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 },
  ...{ deregistrationDelaySeconds: 10, stopTimeoutSeconds: 30, order: 3 },
};
const watched = { "switchyard:deploy": { finalBakeSeconds: 86_400 } };

/** Through the command line, while users ask for the path all the time. */
describe("a new service on a path that another one answers", function () {
  this.timeout(240_000);
  this.retries(0);
  let given = "";
  const overrides = () => join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
  // Before the sandbox's own hook, which may take it away.
  after("take the service away again", async () => {
    await writeFile(overrides(), given);
    await sandbox().drive("up", stack).succeeds();
    await sandbox().readOutputs();
  });
  const sandbox = useReleases();
  const deploy = (...flags: readonly string[]) =>
    sandbox().drive("deploy", stack, "--tag", "v1", "--strategy", "all-at-once", ...flags);

  let over = false;
  let user: Promise<void>;
  /** Answers to `/healthz`: `<status> <release>` → how many. */
  const answers = new Map<string, number>();

  async function ask(): Promise<string> {
    const answer = await fetch(new URL(docs.path, sandbox().url), { headers: { connection: "close" } });
    await answer.arrayBuffer();
    return `${answer.status} ${answer.headers.get("x-release")}`;
  }

  async function releaseOf(name: string): Promise<string> {
    const web = (await readRelease(sandbox().table)).services[name];
    return (web?.live && web[web.live]?.release) ?? "";
  }

  async function configure(...values: readonly object[]): Promise<void> {
    await writeFile(overrides(), [given, ...values.map((value) => `${JSON.stringify(value)}\n`)].join(""));
  }

  before(async () => {
    await deploy().succeeds();
    given = await readFile(overrides(), "utf8").catch(() => "");
  });
  beforeEach(() => {
    over = false;
    answers.clear();
    sandbox().startLoad();
    user = (async () => {
      while (!over) {
        const answer = await ask();
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    })();
  });
  afterEach("no request failed", async () => {
    over = true;
    await user;
    await sandbox().stopLoad();
    assert.deepEqual(
      [...answers.keys()].filter((answer) => !answer.startsWith("200 ")),
      [],
    );
  });

  it("takes no request with an update, nor with a deploy that fails before its shift", async () => {
    const check = { path: "/healthz", bodyIncludes: "never said" };
    await configure({ "switchyard:services": { docs: { ...docs, checks: [check] } } });
    const plan = sandbox().drive("plan", stack);
    await plan.succeeds();
    assert.match(plan.output, /\/healthz: web until now/);
    await sandbox().drive("up", stack).succeeds();
    const failed = deploy();
    assert.notEqual(await failed.exitCode(), 0, failed.output);
    assert.match(failed.output, /Docs was not live before, and is not now/);
    assert.deepEqual([...answers.keys()], [`200 ${await releaseOf("web")}`]);
    await assertClosed();
  });

  it("takes all of them when it is proven, and gives them back when its deploy is undone", async () => {
    await configure({ "switchyard:services": { docs } }, watched);
    const before = await releaseOf("web");
    const deploying = deploy();
    await deploying.shows("bake");
    const now = await ask();
    assert.match(now, /^200 \S+$/);
    assert.notEqual(now, `200 ${before}`);
    await sandbox().drive("abort", stack).succeeds();
    assert.notEqual(await deploying.exitCode(), 0, deploying.output);
    assert.equal(await ask(), `200 ${before}`);
    assert.deepEqual([...answers.keys()].sort(), [`200 ${before}`, now].sort());
    await assertClosed();
  });

  async function assertClosed(): Promise<void> {
    await sandbox().readOutputs();
    const RuleArns = [sandbox().shape.services["docs"]?.ruleArn ?? ""];
    const { Rules = [] } = await new ElasticLoadBalancingV2({}).describeRules({ RuleArns });
    assert.deepEqual(
      Rules[0]?.Conditions?.map(({ Field }) => Field),
      ["source-ip"],
    );
    const { services } = await readRelease(sandbox().table);
    assert.deepEqual(services["docs"], {});
  }
});

/** Through the command line, under load. */
describe("a service's place among the rules", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  const elb = new ElasticLoadBalancingV2({});
  const configured = (priority: number) =>
    sandbox().drive("up", stack, "--config", `services.api.priority=${priority}`).succeeds();
  const deploy = () => sandbox().drive("deploy", stack, "--tag", "v1", "--strategy", "all-at-once");

  async function placed(): Promise<readonly (string | undefined)[]> {
    const { ruleArn = "", previewRuleArn = "" } = sandbox().shape.services["api"] ?? {};
    const { Rules = [] } = await elb.describeRules({ RuleArns: [ruleArn, previewRuleArn] });
    return [ruleArn, previewRuleArn].map((arn) => Rules.find(({ RuleArn }) => RuleArn === arn)?.Priority);
  }

  before("v1 serves", () => deploy().succeeds());
  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());

  it("is another with the release that has it, and as it was after the undo and after a rollback", async () => {
    assert.deepEqual(await placed(), ["1100", "100"]);
    await configured(150);
    assert.deepEqual(await placed(), ["1100", "100"]);
    const baking = sandbox().drive("deploy", stack, "--tag", "v1", "--strategy", "canary", "--bake", "5h");
    await baking.shows("at 10%");
    assert.deepEqual(await placed(), ["1150", "150"]);
    await sandbox().drive("abort", stack).succeeds();
    assert.notEqual(await baking.exitCode(), 0);
    assert.deepEqual(await placed(), ["1100", "100"]);
    await deploy().succeeds();
    assert.deepEqual(await placed(), ["1150", "150"]);
    await sandbox().drive("rollback", stack).succeeds();
    assert.equal((await placed())[0], "1100");
    // What serves again is what is configured: nothing moves, and the preview is placed when something does.
    await configured(100);
    await deploy().succeeds();
    assert.equal((await placed())[0], "1100");
    await assertServes(sandbox(), "v1");
  });

  it("is on another path with the release that has it, and on its former one after the undo and after a rollback", async () => {
    const health = async () => (await fetch(new URL("/api/healthz", sandbox().url))).status;
    const api = (path: string, healthCheck: string, bakeSeconds: number) => {
      const values = [`services.api.path=${path}`, `services.api.healthCheck.path=${healthCheck}`];
      const all = [...values, "services.api.checks=[]", `deploy.finalBakeSeconds=${bakeSeconds}`];
      return sandbox().drive("up", stack, ...all.flatMap((value) => ["--config", value]));
    };
    await api("/api/notes", "/api/notes", 86_400).succeeds();
    assert.equal(await health(), 200);
    const baking = deploy();
    await baking.shows("bake");
    assert.match(baking.output, /api .*path \/api → \/api\/notes moves whole/);
    // Web answers what nobody else takes, and has no such page.
    assert.equal(await health(), 404);
    await sandbox().drive("abort", stack).succeeds();
    assert.notEqual(await baking.exitCode(), 0);
    assert.equal(await health(), 200);
    await api("/api/notes", "/api/notes", 0).succeeds();
    await deploy().succeeds();
    assert.equal(await health(), 404);
    await sandbox().drive("rollback", stack).succeeds();
    assert.equal(await health(), 200);
    await api("/api", "/api/healthz", 0).succeeds();
    await deploy().succeeds();
    assert.equal(await health(), 200);
  });

  it("is put back by a repair, with its path, where a hand has changed it", async () => {
    const { ruleArn: RuleArn = "" } = sandbox().shape.services["api"] ?? {};
    await elb.setRulePriorities({ RulePriorities: [{ RuleArn, Priority: 1175 }] });
    const Conditions = [{ Field: "path-pattern", PathPatternConfig: { Values: ["/api", "/api/*", "/more"] } }];
    await elb.modifyRule({ RuleArn, Conditions });
    const drift = sandbox().drive("drift", stack);
    assert.equal(await drift.exitCode(), 10, drift.output);
    assert.match(drift.output, /api takes requests of another form, the ledger says \/api/);
    assert.match(drift.output, /api comes at 1175, the ledger says 1100/);
    await sandbox().drive("repair", stack).succeeds();
    assert.equal((await placed())[0], "1100");
    const { Rules = [] } = await elb.describeRules({ RuleArns: [RuleArn] });
    assert.deepEqual(Rules[0]?.Conditions?.[0]?.PathPatternConfig?.Values, ["/api", "/api/*"]);
    await sandbox().drive("drift", stack).succeeds();
  });
});
