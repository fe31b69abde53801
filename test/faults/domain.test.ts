import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Route53 } from "@aws-sdk/client-route-53";
import { S3 } from "@aws-sdk/client-s3";
import { fetchInCloud } from "@switchyard/sandbox";
import { readShape } from "../../automation/deploy/act/stage.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { disruptFlags } from "../support/release/disrupting.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";
import { Users } from "../support/sequences/users.ts";

const host = "app.example.com";
/** Each service's own. The page itself asks api at the address its task was started with, which is redirected. */
const paths = ["/healthz", "/api/notes"];

/** Through the command line, while users ask who go where they are sent. */
describe("a domain that is added while green serves", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  let [overrides, given, zoneId] = ["", "", ""];
  let [address, ask]: [string, typeof fetch] = ["", fetch];

  before("green serves, and there is a zone for the name", async () => {
    overrides = join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
    given = await readFile(overrides, "utf8").catch(() => "");
    ask = fetchInCloud(process.env["AWS_ENDPOINT_URL"] ?? "");
    await deploys("v1");
    if ((await live()) !== "green") await deploys("v2");
    assert.equal(await live(), "green");
    address = sandbox().url;
    const { HostedZone } = await new Route53({}).createHostedZone({ Name: "example.com", CallerReference: "1" });
    zoneId = HostedZone?.Id?.split("/").at(-1) ?? "";
  });

  after("taken out again", async () => {
    await writeFile(overrides, given);
    await upNaming();
    await sandbox().readOutputs();
    assert.equal(sandbox().url, address);
    await deploys("v1");
    await new Route53({}).deleteHostedZone({ Id: zoneId });
  });

  const deploys = (tag: string, ...flags: readonly string[]) =>
    sandbox()
      .drive("deploy", stack, "--tag", tag, "--strategy", "all-at-once", ...flags)
      .succeeds();

  async function live() {
    return (await readRelease(sandbox().table)).services["web"]?.live;
  }

  /** Follows a redirect, as browsers do. */
  const following = (async (url: URL, init: RequestInit) => {
    const answer = await ask(url, { ...init, redirect: "manual" });
    const to = answer.headers.get("location");
    if (to === null) return answer;
    await answer.arrayBuffer();
    return ask(new URL(to, url), { ...init, redirect: "manual" });
  }) as typeof fetch;

  /** Updates, naming all that `plan` marks as disruptive; refused until it is. */
  async function upNaming(): Promise<void> {
    const flags = await disruptFlags(sandbox());
    assert.ok(flags.length > 0);
    const refused = await sandbox().drive("up", stack).ended();
    assert.equal(refused.code, errorCatalogue["disruptive-change"].exitCode, refused.output);
    await sandbox()
      .drive("up", stack, ...flags)
      .succeeds();
  }

  async function served(what: () => Promise<unknown>): Promise<void> {
    const users = new Users(address, paths, following);
    await what();
    const { failed, asked } = await users.end();
    assert.deepEqual(failed, []);
    assert.ok(asked > 0);
    for (const path of paths) assert.equal(await users.ask(path), "200", path);
  }

  it("is answered by green, also while rules move to its listener one by one", async () => {
    const domain = { "switchyard:domain": JSON.stringify({ name: host, zoneId }) };
    await writeFile(overrides, `${given}${JSON.stringify(domain)}\n`);
    const slowly = ["CreateRule", "DeleteRule"].map((operation) => ({
      ...{ service: "elasticloadbalancing", operation, effect: { delay: 300 } },
    }));
    await sandbox().fault(...slowly);
    await served(upNaming);
    await sandbox().fault();
    const shape = await readShape(sandbox().table);
    assert.equal(shape?.url, `https://${host}`);
    assert.equal(await live(), "green");
    const { services } = await readRelease(sandbox().table);
    for (const [name, { ruleArn, ...colours }] of Object.entries(shape?.services ?? {})) {
      const { Rules = [] } = await new ElasticLoadBalancingV2({}).describeRules({ RuleArns: [ruleArn] });
      const groups = Rules[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? [];
      // Web is on green; another service may have been left on blue by a release of web alone.
      const { targetGroupArn } = colours[services[name]?.live ?? "green"];
      assert.equal(groups.find(({ TargetGroupArn }) => TargetGroupArn === targetGroupArn)?.Weight, 100, name);
    }
    assert.equal((await fetch(address, { redirect: "manual" })).status, 301);
    const { code, output } = await sandbox().drive("drift", stack).ended();
    assert.equal(code, 0, output);
  });

  it("has a CDN at a name of its zone", async () => {
    const cdn = "files.example.com";
    const more = {
      "switchyard:domain": JSON.stringify({ name: host, zoneId }),
      "switchyard:files": { cdn: { name: cdn } },
    };
    await writeFile(overrides, `${given}${JSON.stringify(more)}\n`);
    await sandbox().drive("up", stack).succeeds();
    const { code, output } = await sandbox().drive("drift", stack).ended();
    assert.equal(code, 0, output);
    assert.match(await sandbox().drive("plan", stack).succeeds(), /\d+ unchanged/);
    const { Buckets = [] } = await new S3({ forcePathStyle: true }).listBuckets({ Prefix: `${stack}-files` });
    await new S3({ forcePathStyle: true }).putObject({ Bucket: Buckets[0]?.Name, Key: "public/x", Body: "x" });
    assert.equal(await (await ask(`https://${cdn}/public/x`)).text(), "x");
  });

  it("is what a release is proven by, and a rollback", async () => {
    await served(async () => {
      // Of web the page is proven too, and tasks of the sandbox find no names.
      await deploys("v3", "--service", "api");
      await sandbox().drive("rollback", stack).succeeds();
    });
  });
});
