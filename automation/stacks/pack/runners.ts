import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../../surroundings.ts";

export const policyPack = join(projectRoot, "policies");

/**
 * For the processes of engines, policy runners among them: what Node compiled of them and the pack, no compilers, and no
 * life of their own.
 */
export const runnerEnv: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: join(projectRoot, "node_modules", ".cache", "node"),
  NODE_OPTIONS: [
    process.env["NODE_OPTIONS"] ?? "",
    ...["lazy-compilers.cjs", "end-with-parent.cjs", "pack/hand-over.cjs"].map(
      (file) => `--require=${JSON.stringify(join(import.meta.dirname, "..", file))}`,
    ),
  ].join(" "),
};

/** Milliseconds. Between a stack's preview and its update somebody may think. */
const idle = 120_000;

/** Milliseconds. A runner has read the pack's files, and which exceptions still hold, when it started. */
const oldest = 600_000;

/** A process of Pulumi's policy runner that serves the pack. */
export interface Runner {
  /** Milliseconds, as `performance.now()` counts. */
  readonly since: number;
  readonly child: ChildProcess;
  /**
   * Tells it the operation it judges next, as engines put it into a runner's environment.
   *
   * @returns the port it serves at; none when it did not start
   */
  about(environment: Readonly<Record<string, string>>): Promise<number | undefined>;
}

/** The runners of this process: those lent, and one that waits. */
export class Runners {
  private readonly idleMs: number;
  private readonly all = new Set<Runner>();
  private waiting: Runner | undefined;
  private expiry: NodeJS.Timeout | undefined;

  /** @param idleMs how long one waits for an operation before it ends */
  constructor(idleMs = idle) {
    this.idleMs = idleMs;
    process.once("exit", () => this.stop());
  }

  stop(): void {
    for (const { child } of this.all) child.kill("SIGKILL");
  }

  prepare(): void {
    if (this.waiting === undefined) this.keep(this.started());
  }

  take(): Runner {
    const runner = this.waiting ?? this.started();
    if (runner === this.waiting) this.waiting = undefined;
    return runner;
  }

  giveBack(runner: Runner): void {
    const fresh = this.all.has(runner) && performance.now() - runner.since < oldest;
    if (fresh && this.waiting === undefined) this.keep(runner);
    else runner.child.kill();
  }

  private keep(runner: Runner): void {
    this.waiting = runner;
    clearTimeout(this.expiry);
    this.expiry = setTimeout(() => this.waiting?.child.kill(), this.idleMs).unref();
  }

  private started(): Runner {
    const runner = start();
    this.all.add(runner);
    runner.child.once("close", () => {
      this.all.delete(runner);
      if (this.waiting === runner) this.waiting = undefined;
    });
    return runner;
  }
}

function start(): Runner {
  const module = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js");
  // Of its own group: a terminal's Ctrl-C is for this process, which has what is under way judged to its end.
  const child = spawn(process.execPath, [module, "127.0.0.1:0", policyPack], {
    cwd: policyPack,
    env: { ...process.env, ...runnerEnv, SWITCHYARD_KEPT_PACK: undefined },
    detached: true,
    stdio: ["ignore", "pipe", "ignore", "ipc"],
  });
  child.unref();
  child.channel?.unref();
  const none = () => undefined;
  const gone = once(child, "close").then(none, none);
  const port = Promise.race([portOf(child), gone]);
  return {
    since: performance.now(),
    child,
    about: async (environment) => {
      const found = await port;
      if (found === undefined || !child.connected) return undefined;
      const ready = Promise.race([once(child, "message").catch(none), gone]);
      child.send(environment, none);
      return (await ready) && found;
    },
  };
}

async function portOf({ stdout }: ChildProcess): Promise<number | undefined> {
  if (stdout === null) return undefined;
  (stdout as Socket).unref();
  const [line] = (await once(createInterface({ input: stdout }), "line")) as [string];
  return Number(line);
}
