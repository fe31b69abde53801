/** A sandbox with a pipeline and nothing else: where suites begin that make, update and release environments. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadStory, type Stage, stopCloud } from "@switchyard/sandbox";
import { Driver, mark } from "./driver.ts";
import { setFaults } from "./faults.ts";

const { Stage: SandboxStage } = await loadStory();

export type Engine = "embedded" | "pulumi";

export interface PipelineSandbox {
  readonly dir: string;
  readonly stage: Stage;
  /** Ends the sandbox, and removes its directory. */
  end(): Promise<void>;
}

/**
 * @param name In the name of its directory.
 * @param write Receives what the commands print.
 */
export async function startPipeline(options: {
  readonly name: string;
  readonly write: (text: string) => void;
  /** Requests a second of a load; default 1. */
  readonly rate?: number;
  readonly engine?: Engine;
}): Promise<PipelineSandbox> {
  const { name, write, rate = 1, engine = "embedded" } = options;
  const dir = await mkdtemp(join(tmpdir(), `switchyard-${name}-`));
  process.env["SWITCHYARD_SANDBOX_PORT"] = "0";
  const { signal } = new AbortController();
  const stage = new SandboxStage({ dir, engine, keep: false, rate, write, signal });
  const end = async () => {
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await stage.clear();
    await stage.run(["sandbox", "start", "--owner", String(process.pid)]);
    await stage.useCloud();
    await stage.run(["up", "pipeline"]);
  } catch (error) {
    await end();
    throw error;
  }
  return { dir, stage, end };
}

/** Call in a `describe`: a pipeline for its tests, and drivers that end with each. Skips where the engine is not there. */
export function usePipeline(
  name: string,
  engine: Engine,
): { dir(): string; drive(...args: readonly string[]): Driver } {
  let sandbox: PipelineSandbox | undefined;
  const drivers: Driver[] = [];

  before("start a sandbox with a pipeline", async function () {
    if (engine === "pulumi" && spawnSync("pulumi", ["version"]).status !== 0) {
      console.log("      skipped: there is no `pulumi` on PATH");
      return this.skip();
    }
    sandbox = await startPipeline({ name, engine, write: () => undefined });
  });
  afterEach(async function () {
    if (this.currentTest?.state === "failed")
      console.error(drivers.map((d) => `$ ${d.command}\n${d.output}`).join("\n"));
    await Promise.all(drivers.splice(0).map((driver) => driver.running && driver.kill()));
    if (sandbox) await setFaults();
  });
  after(async () => sandbox?.end());

  const dir = () => {
    if (!sandbox) throw new Error("There is no sandbox: call this in tests and hooks");
    return sandbox.dir;
  };
  return {
    dir,
    drive: (...args) => {
      const own = { SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: dir(), SWITCHYARD_ENGINE: engine, [mark]: dir() };
      const driver = new Driver(args, { ...process.env, ...own });
      drivers.push(driver);
      return driver;
    },
  };
}
