import assert from "node:assert/strict";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Fault, type FaultHit, loadStory, type Stage } from "@switchyard/sandbox";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { readShape } from "../../../automation/deploy/act/stage.ts";
import { ledgerTableName } from "../../../automation/deploy/conduct/session.ts";
import type { EnvironmentShape } from "../../../automation/deploy/observe/shape.ts";
import { readRelease } from "../../../automation/ledger/release.ts";
import { type StackTable, stackTable } from "../../../automation/ledger/table.ts";
import { eventually } from "../cloud.ts";
import { patience } from "../patience.ts";
import { Driver, mark, processesOf } from "./driver.ts";
import { faultHits, setFaults } from "./faults.ts";
import { type Engine, type PipelineSandbox, startPipeline } from "./pipeline.ts";
import { assertReplayed } from "./replayed.ts";

const story = await loadStory();
const { makeCheckout } = story;

/** The environment every suite of releases works in. */
export const stack = "sandbox";

/** The newest version has a migration of its own, which fails when it is run a second time. */
export const onceOnly = { name: "0004_count_runs", sql: "CREATE TABLE run_once AS SELECT 1 AS runs;\n" };

const requestsPerSecond = 30;

/** A sandbox whose environment serves v1, with v2 and v3 pushed. Suites share it. */
export class ReleaseSandbox {
  readonly aws: SdkAws;
  readonly table: StackTable;
  /** The environment's outputs; read them again where an update has made something anew. */
  shape: EnvironmentShape;
  readonly #sandbox: PipelineSandbox;
  readonly #engine: Engine;

  private constructor(
    sandbox: PipelineSandbox,
    engine: Engine,
    aws: SdkAws,
    table: StackTable,
    shape: EnvironmentShape,
  ) {
    this.#sandbox = sandbox;
    this.#engine = engine;
    this.aws = aws;
    this.table = table;
    this.shape = shape;
  }

  static async start(write: (text: string) => void, engine: Engine = "embedded"): Promise<ReleaseSandbox> {
    const sandbox = await startPipeline({ name: "releases", engine, rate: requestsPerSecond, write });
    const { stage } = sandbox;
    await stage.push("v1");
    await stage.release(["deploy", stack, "--tag", "v1"], { version: "v1", outcome: "succeeded" });
    await stage.push("v2");
    await stage.run(["images", "push", "--tag", "v3", "--source", await thirdCheckout(stage.directory)]);
    const aws = new SdkAws({ region: "us-east-1", deadlineMs: 10_000, budget: 100_000, reserve: 0 });
    const table = stackTable(aws, ledgerTableName, stack);
    const shape = await readShape(table);
    assert.ok(shape, "the environment has no outputs");
    return new ReleaseSandbox(sandbox, engine, aws, table, shape);
  }

  async stop(): Promise<void> {
    this.aws.close();
    await this.#sandbox.end();
  }

  async readOutputs(): Promise<void> {
    const shape = await readShape(this.table);
    assert.ok(shape, "the environment has no outputs");
    this.shape = shape;
  }

  get dir(): string {
    return this.#sandbox.dir;
  }

  get #stage(): Stage {
    return this.#sandbox.stage;
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
    return this.driveUnder([], args);
  }

  /** Runs a command of the driver by way of another program, and with variables of its own. */
  driveUnder(under: readonly string[], args: readonly string[], variables: NodeJS.ProcessEnv = {}): Driver {
    const ours = { SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: this.dir, [mark]: this.dir };
    const engine = { SWITCHYARD_ENGINE: this.#engine };
    return new Driver(args, { ...process.env, ...ours, ...engine, ...variables }, under);
  }

  /** Ids of the processes that drivers started, and of drivers, that still run. */
  processes(): Promise<readonly number[]> {
    return processesOf(this.dir);
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
  fault(...faults: readonly Fault[]): Promise<void> {
    return setFaults(...faults);
  }

  /** The calls each of the active faults has hit, in the order the faults were given. */
  hits(bodies: "bodies" | "" = ""): Promise<readonly (readonly FaultHit[])[]> {
    return faultHits(bodies);
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
    this.timeout(300_000 * patience);
    // Behind what the suite itself does at its end, which needs the sandbox.
    this.test?.parent?.afterAll("stop the sandbox", async function () {
      this.timeout(60_000 * patience);
      users -= 1;
      if (users === 0) await (await running)?.stop();
    });
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
  return () => {
    assert.ok(found, "read the sandbox in hooks and tests only");
    return found;
  };
}
