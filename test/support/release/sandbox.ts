import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { ledgerTableName } from "../../../automation/deploy/session.ts";
import type { EnvironmentShape } from "../../../automation/deploy/shape.ts";
import { readShape } from "../../../automation/deploy/stage.ts";
import { readRelease } from "../../../automation/ledger/release.ts";
import { type StackTable, stackTable } from "../../../automation/ledger/table.ts";
import type { Fault, FaultHit } from "../../../sandbox/cloud/faults.ts";
import { stopCloud } from "../../../sandbox/cloud/lifecycle.ts";
import { makeCheckout } from "../../../sandbox/story/checkouts.ts";
import { Stage } from "../../../sandbox/story/stage.ts";
import { eventually } from "../cloud.ts";
import { Driver } from "./driver.ts";
import { assertReplayed } from "./replayed.ts";

/** The environment every suite of releases works in. */
export const stack = "sandbox";

/** The newest version has a migration of its own, which fails when it is run a second time. */
export const onceOnly = { name: "0004_count_runs", sql: "CREATE TABLE run_once AS SELECT 1 AS runs;\n" };

const requestsPerSecond = 30;

/** Variable by which a driver's processes are known. */
const mark = "SWITCHYARD_TEST_DRIVER_OF";

/** A sandbox whose environment serves v1, with v2 and v3 pushed. Suites share it. */
export class ReleaseSandbox {
  readonly aws: SdkAws;
  readonly table: StackTable;
  readonly shape: EnvironmentShape;
  readonly dir: string;
  readonly #stage: Stage;

  private constructor(dir: string, stage: Stage, aws: SdkAws, table: StackTable, shape: EnvironmentShape) {
    this.dir = dir;
    this.#stage = stage;
    this.aws = aws;
    this.table = table;
    this.shape = shape;
  }

  static async start(write: (text: string) => void): Promise<ReleaseSandbox> {
    const dir = await mkdtemp(join(tmpdir(), "switchyard-releases-"));
    process.env["SWITCHYARD_SANDBOX_PORT"] = "0";
    const signal = new AbortController().signal;
    const stage = new Stage({ dir, engine: "embedded", keep: false, rate: requestsPerSecond, write, signal });
    await stage.clear();
    await stage.run(["sandbox", "start", "--owner", String(process.pid)]);
    await stage.useCloud();
    await stage.run(["up", "pipeline"]);
    await stage.push("v1");
    await stage.release(["deploy", stack, "--tag", "v1"], { version: "v1", outcome: "succeeded" });
    await stage.push("v2");
    await stage.run(["images", "push", "--tag", "v3", "--source", await thirdCheckout(stage.directory)]);
    const aws = new SdkAws({ region: "us-east-1", deadlineMs: 10_000, budget: 100_000, reserve: 0 });
    const table = stackTable(aws, ledgerTableName, stack);
    const shape = await readShape(table);
    assert.ok(shape, "the environment has no outputs");
    return new ReleaseSandbox(dir, stage, aws, table, shape);
  }

  async stop(): Promise<void> {
    this.aws.close();
    await stopCloud(this.dir);
    await rm(this.dir, { recursive: true, force: true });
  }

  get url(): string {
    return this.shape.url;
  }

  /** Points this process's AWS clients at the sandbox; another suite may have pointed them elsewhere. */
  useCloud(): Promise<void> {
    return this.#stage.useCloud();
  }

  /** Waits until nothing keeps an idle colour warm: from then on a sweep stops it. */
  async isCold(): Promise<void> {
    await eventually(async () => {
      const { services } = await readRelease(this.table);
      return Object.values(services).every(({ warmUntil = 0 }) => new Date(warmUntil).getTime() <= Date.now());
    }, 30_000);
  }

  drive(...args: readonly string[]): Driver {
    const ours = { SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: this.dir, [mark]: this.dir };
    return new Driver(args, { ...process.env, ...ours });
  }

  /** Ids of the processes that drivers started, and of drivers, that still run; Linux tells them by their environment. */
  async processes(): Promise<readonly number[]> {
    const ids = (await readdir("/proc")).map(Number).filter((id) => id > 0);
    const texts = ids.map((id) => readFile(`/proc/${id}/environ`, "utf8").catch(() => ""));
    const environments = await Promise.all(texts);
    return ids.filter((_, i) => environments[i]?.includes(`${mark}=${this.dir}\0`));
  }

  startLoad(): void {
    this.#stage.startLoad(this.url);
  }

  /** Ends the load. @throws AssertionError when a request failed. */
  async stopLoad(): Promise<void> {
    const load = await this.#stage.stopLoad(0, 0);
    assert.equal(load.failed, 0, JSON.stringify(load.failures));
    assert.ok(load.requests > 0);
  }

  /** Replaces the cloud's faults. */
  async fault(...faults: readonly Fault[]): Promise<void> {
    await this.#faults("DELETE");
    await this.#faults("POST", faults);
  }

  /** The calls each of the active faults has hit, in the order the faults were given. */
  async hits(bodies: "bodies" | "" = ""): Promise<readonly (readonly FaultHit[])[]> {
    const answer = await this.#faults("GET", undefined, bodies);
    return ((await answer.json()) as { hits: FaultHit[] }[]).map(({ hits }) => hits);
  }

  async #faults(method: string, body?: unknown, query = ""): Promise<Response> {
    const url = `${process.env["AWS_ENDPOINT_URL"]}/_switchyard/faults?${query}`;
    const answer = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
    assert.ok(answer.ok, `${method} ${url}: ${answer.status}`);
    return answer;
  }
}

/** v2 with one more migration. */
async function thirdCheckout(directory: string): Promise<string> {
  const source = await makeCheckout(directory, "v2");
  const third = join(directory, "third");
  await cp(source, third, { recursive: true });
  await writeFile(join(third, "migrations", `${onceOnly.name}.expand.sql`), onceOnly.sql);
  return third;
}

let users = 0;
let running: Promise<ReleaseSandbox> | undefined;

/** Call in a `describe`: the sandbox is started for the first suite that runs and stopped after the last. */
export function useReleases(): () => ReleaseSandbox {
  users += 1;
  let found: ReleaseSandbox | undefined;
  before("start a sandbox with three versions", async function () {
    this.timeout(300_000);
    const told: string[] = [];
    running ??= ReleaseSandbox.start((text) => told.push(text));
    found = await running.catch((error: unknown) => {
      throw new Error(`${String(error)}\n${told.join("")}`);
    });
    await found.useCloud();
  });
  after("decide each operation again from its journal", async () => {
    if (found) await assertReplayed(found.table);
  });
  after("stop the sandbox", async function () {
    this.timeout(60_000);
    users -= 1;
    if (users === 0) await (await running)?.stop();
  });
  return () => {
    assert.ok(found, "read the sandbox in hooks and tests only");
    return found;
  };
}
