import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopCloud } from "@switchyard/sandbox";

const main = join(import.meta.dirname, "../../sandbox/story/main.ts");

export interface RunningStory {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when the output holds a text; fails when the story ends without it. */
  shown(text: string): Promise<void>;
}

/** Registers hooks: each test has a directory of its own, and whatever it started in it is ended. */
export function useStory(): { dir(): string; start(...flags: string[]): RunningStory } {
  let dir: string;
  const started: ChildProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-e2e-"));
  });
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  });

  return {
    dir: () => dir,
    start: (...flags) => {
      const { SWITCHYARD_ENGINE: _engine, ...inherited } = process.env;
      const env = { ...inherited, SWITCHYARD_SANDBOX_DIR: dir, SWITCHYARD_SANDBOX_PORT: "0" };
      const child = spawn(process.execPath, [main, ...flags], { env, stdio: ["ignore", "pipe", "pipe"] });
      started.push(child);
      return follow(child);
    },
  };
}

function follow(child: ChildProcess): RunningStory {
  let output = "";
  const ended = once(child, "exit");
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return {
    child,
    output: () => output,
    shown: async (text) => {
      while (!output.includes(text)) {
        assert.ok(child.stdout);
        await Promise.race([once(child.stdout, "data"), ended]);
        assert.equal(child.exitCode, null, output);
      }
    },
  };
}
