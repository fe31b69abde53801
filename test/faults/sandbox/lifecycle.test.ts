import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateDBInstanceCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { CreateBucketCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { SandboxError, sandboxError } from "../../../sandbox/cloud/errors.ts";
import {
  cloudEnvironment,
  cloudStatus,
  type RunningCloud,
  resetCloud,
  type StartOptions,
  startCloud,
  stopCloud,
} from "../../../sandbox/cloud/lifecycle.ts";
import { isAlive, processStart } from "../../../sandbox/cloud/processes.ts";
import { eventually, unique } from "../../support/cloud.ts";

describe("a cloud's life", function () {
  this.timeout(90_000);
  const dirs: string[] = [];
  const newDir = () => {
    const dir = mkdtempSync(join(tmpdir(), "switchyard-life-"));
    dirs.push(dir);
    return dir;
  };
  const start = (dir: string, options: StartOptions = {}) =>
    startCloud({ dir, port: 0, pace: 0.005, ownerPid: process.pid, ...options });
  const sdk = ({ endpoint }: RunningCloud) => ({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "sandbox", secretAccessKey: "sandbox" },
    maxAttempts: 1,
  });
  /** Processes recorded by the cloud in a directory: itself, moto and whatever it runs. */
  const recorded = (dir: string) =>
    readdirSync(join(dir, "cloud", "pids")).map(
      (file) =>
        JSON.parse(readFileSync(join(dir, "cloud", "pids", file), "utf8")) as { pid: number; processStart: string },
    );
  const allGone = (processes: ReturnType<typeof recorded>) => eventually(() => !processes.some(isAlive), 20_000);

  afterEach(async () => {
    for (const dir of dirs.splice(0)) {
      await stopCloud(dir);
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("starts, is found again, and stops without leaving a process, a port or data", async () => {
    const dir = newDir();
    assert.deepEqual(await cloudStatus(dir), { running: false });
    const cloud = await start(dir);
    assert.equal(cloud.reused, false);
    assert.deepEqual(cloud.env, cloudEnvironment(cloud.endpoint, 0.005));
    const again = await start(dir);
    assert.deepEqual([again.reused, again.endpoint], [true, cloud.endpoint]);
    const status = await cloudStatus(dir);
    assert.ok(status.running);
    assert.equal(status.endpoint, cloud.endpoint);
    const processes = recorded(dir);
    assert.ok(processes.length >= 2);
    assert.equal(await stopCloud(dir), true);
    assert.ok(!processes.some(isAlive));
    await assert.rejects(fetch(cloud.endpoint));
    assert.deepEqual(readdirSync(dir), []);
    assert.equal(await stopCloud(dir), false);
  });

  it("is one cloud when two starts race", async () => {
    const dir = newDir();
    const [a, b] = await Promise.all([start(dir), start(dir)]);
    assert.equal(a.pid, b.pid);
    assert.deepEqual([a.reused, b.reused].sort(), [false, true]);
  });

  it("is emptied by a reset, databases and all", async () => {
    const dir = newDir();
    const cloud = await start(dir);
    const s3 = new S3Client(sdk(cloud));
    const rds = new RDSClient(sdk(cloud));
    await s3.send(new CreateBucketCommand({ Bucket: unique("bucket") }));
    const DBInstanceIdentifier = unique("db");
    const settings = {
      DBInstanceClass: "db.t4g.micro",
      Engine: "postgres",
      MasterUsername: "m",
      MasterUserPassword: "password",
    };
    await rds.send(new CreateDBInstanceCommand({ DBInstanceIdentifier, ...settings }));
    await eventually(async () => {
      const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
      return DBInstances?.[0]?.DBInstanceStatus === "available";
    }, 40_000);
    const database = recorded(dir).filter(({ pid }) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres"),
    );
    assert.equal(database.length, 1);
    await resetCloud(dir);
    assert.ok(!database.some(isAlive));
    assert.deepEqual((await s3.send(new ListBucketsCommand({}))).Buckets ?? [], []);
    const status = await cloudStatus(dir);
    assert.ok(status.running);
    assert.deepEqual(status.calls, { "s3:ListBuckets": 1 });
    await stopCloud(dir);
    await assert.rejects(resetCloud(dir), /no sandbox is running\. Start one with/);
  });

  it("is cleaned up after kill -9, by the next start", async () => {
    const dir = newDir();
    const first = await start(dir);
    const processes = recorded(dir);
    process.kill(first.pid, "SIGKILL");
    await eventually(() => !isAlive(first));
    assert.ok(processes.some(isAlive), "moto outlives its killed parent");
    const second = await start(dir);
    assert.equal(second.reused, false);
    assert.ok(!processes.some(isAlive));
  });

  it("never ends a process that merely has a recorded process's id", async () => {
    const dir = newDir();
    mkdirSync(join(dir, "cloud", "pids"), { recursive: true });
    const bystander = spawn("sleep", ["60"], { stdio: "ignore" });
    const record = JSON.stringify({ pid: bystander.pid, processStart: "1" });
    writeFileSync(join(dir, "cloud", "pids", `postgres.${bystander.pid}`), record);
    const stale = {
      pid: bystander.pid,
      processStart: "1",
      endpoint: "http://127.0.0.1:1",
      port: 1,
      pace: 1,
      startedAt: "",
    };
    writeFileSync(join(dir, "cloud.json"), JSON.stringify(stale));
    writeFileSync(join(dir, "cloud.lock"), record);
    try {
      const cloud = await start(dir);
      assert.equal(cloud.reused, false);
      await stopCloud(dir);
      assert.notEqual(processStart(bystander.pid ?? 0), undefined);
    } finally {
      bystander.kill("SIGKILL");
    }
  });

  it("ends with its owner", async () => {
    const dir = newDir();
    const owner = spawn("sleep", ["60"], { stdio: "ignore" });
    const cloud = await start(dir, { ownerPid: owner.pid ?? 0 });
    const processes = recorded(dir);
    owner.kill("SIGKILL");
    await allGone(processes);
    assert.ok(!isAlive(cloud));
  });

  it("says who has the port when it is taken", async () => {
    const other = newDir();
    const running = await start(other);
    const own = start(newDir(), { port: running.port });
    await assert.rejects(own, (error: Error) => {
      assert.ok(error instanceof SandboxError);
      assert.match(
        error.message,
        new RegExp(`127.0.0.1:${running.port}: the port is taken by a Switchyard sandbox in ${other}`),
      );
      assert.match(error.message, /--port or SWITCHYARD_SANDBOX_PORT/);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
    const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await assert.rejects(
      start(newDir(), { port }),
      /the port is taken by another program\. Choose another with --port/,
    );
    server.close();
  });

  it("says in one line what is missing or wrong", async () => {
    await assert.rejects(start(newDir(), { venv: "/nowhere" }), /moto is not installed\. Run `node sandbox\/setup/);
    await assert.rejects(start(newDir(), { pace: 0 }), /SWITCHYARD_PACE: "0" is not a pace/);
    process.env["SWITCHYARD_SANDBOX_PORT"] = "many";
    const unusable = startCloud({ dir: newDir() });
    await assert.rejects(unusable, /SWITCHYARD_SANDBOX_PORT: "many" is not a port/).finally(() => {
      delete process.env["SWITCHYARD_SANDBOX_PORT"];
    });
    const broken = newDir();
    mkdirSync(join(broken, "venv", "bin"), { recursive: true });
    writeFileSync(join(broken, "venv", "bin", "python"), "#!/bin/sh\necho broken >&2; exit 1\n", { mode: 0o755 });
    await assert.rejects(start(newDir(), { venv: join(broken, "venv") }), /moto ended while starting/);
    assert.match(
      sandboxError(Object.assign(new Error("x"), { code: "ENOSPC" }), "/d").message,
      /\/d: the disk is full\. Free about/,
    );
    assert.match(
      sandboxError(Object.assign(new Error("x"), { code: "EACCES" }), "/d").message,
      /cannot be written \(EACCES\)/,
    );
  });
});
