import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { stopCloud } from "@switchyard/sandbox";
import { mutations } from "../../automation/deploy/decide/mutations.ts";
import { eventually } from "../support/cloud.ts";
import { Driver } from "../support/release/driver.ts";

/** A write by service and operation, and which of those of a run. */
type Write = readonly [service: string, operation: string, nth?: number];

/** Those of its own, in their order. */
const own: readonly Write[] = [
  ["organizations", "CreateOrganization"],
  ["organizations", "EnablePolicyType"],
  ["organizations", "EnablePolicyType"],
  ["s3", "CreateBucket"],
  ["s3", "PutPublicAccessBlock"],
  ["s3", "PutBucketVersioning"],
];

/** One in each stack it applies. */
const ofStacks: readonly Write[] = [
  ["dynamodb", "CreateTable"],
  ["ecr", "PutImage"],
  ["iam", "CreateRole", 3],
];

/** From an empty account through the command line, killed at every write, and back. */
describe("a bootstrap", function () {
  this.timeout(600_000);
  this.retries(0);
  let dir: string;
  let endpoint: string;
  const repository = "acme/switchyard";
  const bucket = "switchyard-state-123456789012-us-east-1";
  const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };

  before("an empty sandbox, and a repository on GitHub", async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-bootstrap-"));
    await mkdir(join(dir, "bin"));
    await copyFile(join(import.meta.dirname, "../support/github/gh.mjs"), join(dir, "bin", "gh"));
    await emptyRepository();
    await drive("sandbox", "start", "--port", "0", "--owner", String(process.pid)).succeeds();
    endpoint = JSON.parse(await readFile(join(dir, "cloud.json"), "utf8")).endpoint;
  });
  after(async () => {
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  });

  const environment = (more: NodeJS.ProcessEnv = {}) => ({
    ...process.env,
    ...{ SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: dir, SWITCHYARD_PACE: "0.005" },
    ...{ PATH: `${join(dir, "bin")}:${process.env["PATH"]}`, GH_STATE: join(dir, "repository.json"), ...more },
  });
  const drive = (...args: readonly string[]) => new Driver(args, environment());
  // The organization's stack and a plan take as long as all the rest: organization.test.ts applies the one.
  const bootstrap = (...args: readonly string[]) =>
    drive("bootstrap", "--repository", repository, "--without", "accounts", "--without", "plan", ...args);

  interface Repository {
    readonly variables: Readonly<Record<string, string>>;
    readonly environments: Readonly<Record<string, unknown>>;
    readonly killAfter?: number;
  }
  const file = () => join(dir, "repository.json");
  const readRepository = async () => JSON.parse(await readFile(file(), "utf8")) as Repository;
  const emptyRepository = () => writeFile(file(), JSON.stringify({ variables: {}, environments: {} }));

  async function fault(body?: object): Promise<void> {
    const answer = await fetch(`${endpoint}/_switchyard/faults`, {
      method: body === undefined ? "DELETE" : "POST",
      ...(body === undefined ? {} : { body: JSON.stringify([body]) }),
    });
    assert.ok(answer.ok, await answer.text());
  }
  async function killAt(
    [service, operation, nth = 1]: Write,
    effect: "hang-after-effect",
    start: () => Driver = bootstrap,
  ) {
    await fault({ service, operation, nth, effect });
    const driver = start();
    await eventually(async () => {
      assert.ok(driver.running, `ended before ${service}:${operation}: ${driver.output}`);
      const faults = (await (await fetch(`${endpoint}/_switchyard/faults`)).json()) as { hits: unknown[] }[];
      return faults.some(({ hits }) => hits.length > 0) || undefined;
    }, 120_000);
    await driver.kill();
    await fault();
  }
  /** Killed when it has made so many of the settings: GitHub has it, and nobody heard. */
  async function killAtSettings(...counts: readonly number[]): Promise<void> {
    for (const killAfter of counts) {
      await writeFile(file(), JSON.stringify({ ...(await readRepository()), killAfter }));
      const { code, output } = await bootstrap().ended();
      assert.equal(code, null, output);
    }
  }
  async function writes(): Promise<Readonly<Record<string, number>>> {
    const status = (await (await fetch(`${endpoint}/_switchyard/status`)).json()) as { calls: Record<string, number> };
    const reads = /:(Describe|Get|List|Head|Batch|Assume|Query)/;
    return Object.fromEntries(Object.entries(status.calls).filter(([call]) => !reads.test(call)));
  }

  it("kills at every write of its own", () => {
    const named = new Set(own.map(([service, operation]) => `${service}.${operation}`));
    const undoing = ["organizations.DeleteOrganization", "s3.DeleteBucket"];
    assert.deepEqual([...named, ...undoing].sort(), [...mutations.bootstrap.calls].sort());
  });

  it("shows its steps and writes nothing", async () => {
    const driver = bootstrap("--plan");
    await driver.succeeds();
    assert.match(driver.output, / 2\. AWS organization +to do\n.*management account/);
    assert.match(driver.output, /Pipeline stack +waits: for state/);
    assert.deepEqual(await writes(), {});
  });

  it("goes on wherever it was killed, by what was written and nobody heard of", async () => {
    for (const write of own) await killAt(write, "hang-after-effect");
    for (const write of ofStacks) await killAt(write, "hang-after-effect");
    await killAtSettings(3, 12);
    await bootstrap().succeeds();
    const { variables, environments } = await readRepository();
    assert.equal(Object.keys(variables).length, 11);
    assert.deepEqual(environments["production"], { patterns: ["v*", "*/v*"], limited: true });
  });

  it("has nothing to do the second time, and writes nothing", async () => {
    const before = await writes();
    const driver = bootstrap("--json");
    const output = await driver.succeeds();
    assert.match(output, /nothing to do/);
    assert.deepEqual(await writes(), before);
    assert.match(await drive("doctor").succeeds(), /oidc subject +ok +acme\/switchyard, with ids\n[\s\S]*no problem/);
  });

  it("makes again what a hand took away, and nothing else", async () => {
    const s3 = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials });
    const VersioningConfiguration = { Status: "Suspended" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    assert.match(await bootstrap().succeeds(), /1 step done/);
  });

  it("undoes all of it, also where that was cut short, and says what it leaves", async () => {
    await killAt(["dynamodb", "DeleteTable"], "hang-after-effect", () => drive("bootstrap", "--undo", "--yes"));
    assert.deepEqual((await readRepository()).variables, {});
    const output = await drive("bootstrap", "--undo", "--yes").succeeds();
    assert.match(output, new RegExp(`deleted the bucket ${bucket}`));
    assert.match(output, /left: IAM Identity Center/);
    assert.match(output, /deleted the organization o-/);
    const planned = await bootstrap("--plan").succeeds();
    assert.match(planned, /State bucket +to do/);
    assert.match(planned, /AWS organization +to do/);
  });

  it("puts the state's secrets under the pipeline's key and back under the passphrase, on the official engine", async function () {
    if (spawnSync("pulumi", ["version"]).status !== 0) {
      console.log("      skipped: there is no `pulumi` on PATH");
      return this.skip();
    }
    // The same cloud with a state of its own: neither engine reads the other's secrets.
    const ofOfficial = join(dir, "official");
    await mkdir(ofOfficial);
    await copyFile(join(dir, "cloud.json"), join(ofOfficial, "cloud.json"));
    const own = environment({ SWITCHYARD_ENGINE: "pulumi", SWITCHYARD_SANDBOX_DIR: ofOfficial });
    const without = ["organization", "images", "repository", "accounts", "plan"].flatMap((step) => ["--without", step]);
    const onOfficial = async (...args: readonly string[]) => {
      const driver = new Driver(["bootstrap", ...args], own);
      await driver.succeeds();
      return driver.output;
    };
    assert.match(await onOfficial(...without), /Secrets in the state +done now: by the pipeline's key/);
    await new Driver(["up", "pipeline"], own).succeeds();
    assert.match(await onOfficial(...without), /nothing to do/);
    const undone = await onOfficial("--undo", "--yes");
    assert.match(undone, /encrypted the secrets of pipeline with the passphrase\n[\s\S]*destroyed the stack pipeline/);
  });
});
