/** Runs the suites of some files with mocha and tells its parent how they went: `worker.ts '<WorkerOptions as JSON>'`. */
import "../../../automation/stacks/lazy-compilers.cjs";
import "./untraced-promises.cjs";
import { enableCompileCache } from "node:module";
import { join, relative } from "node:path";
import Mocha from "mocha";
import { patience } from "../../support/patience.ts";
import type { Message } from "./messages.ts";

export interface WorkerOptions {
  readonly root: string;
  /** Relative to it. */
  readonly files: readonly string[];
  /** Options of mocha's own. */
  readonly mocha: Mocha.MochaOptions;
  /** Milliseconds the process has to end by itself once its tests are over. */
  readonly endsWithin: number;
}

// Of this process alone: what tests start from folders of their own would fill it with what is never read again.
enableCompileCache(join(import.meta.dirname, "../../../node_modules/.cache/suites"));

const { root, files, mocha: options, endsWithin } = JSON.parse(process.argv[2] ?? "") as WorkerOptions;

function tell(message: Message): void {
  process.send?.(message);
}

class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, settings: Mocha.MochaOptions) {
    super(runner, settings);
    let began = 0;
    runner.on("suite", (suite) => {
      if (suite.parent?.root) began = performance.now();
    });
    // Not at each of its runs: a hook has as many as there are tests.
    const given = new WeakSet<Mocha.Runnable>();
    const giveTime = (runnable: Mocha.Runnable) => {
      if (!given.has(runnable)) runnable.timeout(runnable.timeout() * patience);
      given.add(runnable);
    };
    runner.on("test", giveTime);
    runner.on("hook", giveTime);
    runner.on("suite end", (suite) => {
      const seconds = (performance.now() - began) / 1000;
      const file = relative(root, suite.file ?? "");
      if (suite.parent?.root) tell({ kind: "suite", title: suite.title, file, seconds });
    });
    runner.on("fail", (test, error: unknown) => {
      tell({ kind: "failure", titles: test.titlePath(), error: readable(error) });
    });
  }

  /** The parent says how it all ended. */
  override epilogue(): void {}
}

function readable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, stack = "", cause } = error;
  const said = stack.includes(message) ? stack : `${message}\n${stack}`;
  return cause === undefined ? said : `${said}\nCaused by: ${readable(cause)}`;
}

const mocha = new Mocha({ ...options, reporter: Reporter });
for (const file of files) mocha.addFile(file);
await mocha.loadFilesAsync();
const runner = mocha.run(() => {
  const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
  process.exitCode = failures === 0 ? 0 : 1;
  tell({ kind: "end", passes, failures, pending });
  // What listens for messages to this process, as some libraries do, holds it no more than mocha alone would be held.
  process.channel?.unref();
  setTimeout(() => tell({ kind: "open", resources: process.getActiveResourcesInfo() }), endsWithin).unref();
});
