import { mkdir, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { SandboxError } from "../cloud/errors.ts";
import { cloudEnvironment, cloudStatus, stopCloud } from "../cloud/lifecycle.ts";
import { makeCheckout } from "./checkouts.ts";
import { type CommandResult, projectRoot, runDriver } from "./command.ts";
import type { LoadResult } from "./load/recorder.ts";
import { LoadProcess } from "./load-process.ts";
import type { PlayedCommand, Release } from "./report/model.ts";

export interface StageOptions {
  /** The sandbox's directory. */
  readonly dir: string;
  readonly engine: "embedded" | "pulumi";
  /** Whether the environment stays up when the story is over. */
  readonly keep: boolean;
  /** Requests a second. */
  readonly rate: number;
  readonly write: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Where the story plays: runs the driver's commands one by one, keeps what they reported, and holds the load. */
export class Stage {
  readonly options: StageOptions;
  readonly played: PlayedCommand[] = [];
  private readonly env: NodeJS.ProcessEnv;
  private root = projectRoot;
  private load: LoadProcess | undefined;

  constructor(options: StageOptions) {
    this.options = options;
    this.env = {
      ...process.env,
      SWITCHYARD_SANDBOX: "1",
      SWITCHYARD_SANDBOX_DIR: options.dir,
      SWITCHYARD_ENGINE: options.engine,
    };
  }

  /** The story's own files. */
  get directory(): string {
    return join(this.options.dir, "story");
  }

  /** Ends the cloud of an earlier run, and removes the state of stacks that were in it. */
  async clear(): Promise<void> {
    if (await stopCloud(this.options.dir)) this.say("Stopped the sandbox that ran here, to begin with an empty one.");
    for (const part of ["state", "work", "story"])
      await rm(join(this.options.dir, part), { recursive: true, force: true });
    await mkdir(this.directory, { recursive: true });
  }

  /** An empty sandbox, started and used: how every story begins. */
  async begin(): Promise<void> {
    await this.clear();
    this.say("$ export SWITCHYARD_SANDBOX=1");
    await this.run(["sandbox", "start"], this.options.keep ? [] : ["--owner", String(process.pid)]);
    await this.useCloud();
  }

  say(text: string): void {
    this.options.write(`${text}\n`);
  }

  /** Commands from here on are another checkout's, with more variables. */
  useCheckout(root: string, env: NodeJS.ProcessEnv): void {
    this.root = root;
    Object.assign(this.env, env);
  }

  /** Runs a command that must succeed. `hidden` arguments are for the story's own sake, and not shown. */
  async run(
    args: readonly string[],
    hidden: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): Promise<CommandResult> {
    const { result, command } = await this.play(args, hidden, env);
    if (result.exitCode !== 0) throw unexpected(command, `it failed with exit code ${result.exitCode}`);
    return result;
  }

  /** Runs a command that looks, without a word in the story: for who waits for something. @returns what it prints */
  async look(args: readonly string[]): Promise<string> {
    const { signal } = this.options;
    const { output } = await runDriver(args, { root: this.root, env: this.env, write: () => undefined, signal });
    return output;
  }

  /** Runs a command that must be refused with these words, under other credentials where they are given. */
  async refused(args: readonly string[], words: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { result, command } = await this.play(args, [], env);
    if (result.exitCode === 0) throw unexpected(command, "it was not refused");
    if (!result.output.includes(words)) throw unexpected(command, `it does not say "${words}"`);
  }

  /** Pushes a version's images, those of later versions from a source of their own. */
  async push(version: string): Promise<void> {
    await this.run(await this.pushOf(version));
  }

  private async pushOf(version: string): Promise<readonly string[]> {
    const checkout = await makeCheckout(this.directory, version);
    const source = relative(projectRoot, checkout);
    return ["images", "push", "--tag", version, "--source", source.startsWith("..") ? checkout : source];
  }

  /**
   * Begins to push a version's images beside the commands that follow, as a machine does that builds each commit.
   *
   * @returns waits for its end, and says what it printed
   */
  async pushBeside(version: string): Promise<() => Promise<void>> {
    const args = await this.pushOf(version);
    const command = shown(args);
    this.say(`\n$ ${command} &`);
    const performed = this.perform(command, args, () => undefined);
    // Whoever waits for it meets it; a story that has failed does not.
    performed.catch(() => undefined);
    return async () => {
      const { output, exitCode } = (await performed).result;
      this.say(`\n$ wait   # for the images of ${version}\n${output.trimEnd()}`);
      if (exitCode !== 0) throw unexpected(command, `it failed with exit code ${exitCode}`);
    };
  }

  /** Runs a release command, which must report this version and outcome. */
  async release(
    args: readonly string[],
    expected: { version: string; outcome: "succeeded" | "failed" },
  ): Promise<CommandResult> {
    const file = join(this.directory, `release-${this.played.length + 1}.json`);
    const { result, command, played } = await this.play(args, ["--report", file]);
    const succeeded = result.exitCode === 0;
    if (succeeded !== (expected.outcome === "succeeded")) {
      throw unexpected(command, `it ended with exit code ${result.exitCode}`);
    }
    const { version, outcome, strategy, steps } = await readRelease(file, command);
    this.played[this.played.indexOf(played)] = { ...played, release: { version, outcome, strategy, steps } };
    if (version !== expected.version || outcome !== expected.outcome) {
      throw unexpected(command, `it reported ${version} ${outcome}, not ${expected.version} ${expected.outcome}`);
    }
    return result;
  }

  startLoad(url: string): void {
    const { rate } = this.options;
    this.say(`\nLoad begins: ${rate} requests a second to ${url}, until the end of the story.`);
    this.load = new LoadProcess({ url, rate, out: join(this.directory, "load.json") });
  }

  /** Ends the load once it has sent at least this many requests. */
  async stopLoad(atLeast: number, deadlineMs: number): Promise<LoadResult> {
    if (this.load === undefined) throw new Error("the load was not started");
    await this.load.reach(atLeast, deadlineMs, this.options.signal);
    const load = this.load;
    this.load = undefined;
    return load.stop();
  }

  /** Ends the load where the story failed; one that was interrupted is not waited for. */
  async endLoad(): Promise<{ load?: LoadResult }> {
    if (this.options.signal.aborted) this.load?.kill();
    else if (this.load !== undefined) return { load: await this.stopLoad(0, 0) };
    return {};
  }

  private async play(args: readonly string[], hidden: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const command = shown(args);
    this.say(`\n$ ${command}`);
    const performed = await this.perform(command, [...args, ...hidden], this.options.write, env);
    if (this.load !== undefined) this.say(describeLoad(this.load));
    return { ...performed, command };
  }

  private async perform(
    command: string,
    args: readonly string[],
    write: (text: string) => void,
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ readonly result: CommandResult; readonly played: PlayedCommand }> {
    const { dir, signal } = this.options;
    const before = await callsSoFar(dir);
    const startedAt = Date.now();
    const result = await runDriver(args, { root: this.root, env: { ...this.env, ...env }, write, signal });
    const ms = Date.now() - startedAt;
    const awsCalls = Math.max(0, (await callsSoFar(dir)) - before);
    const played = { command, startedAt, ms, awsCalls, exitCode: result.exitCode };
    this.played.push(played);
    return { result, played };
  }

  /** Points this process's own AWS clients at the sandbox. */
  async useCloud(): Promise<void> {
    const status = await cloudStatus(this.options.dir);
    if (!status.running) throw unexpected("switchyard sandbox start", "no sandbox is running after it");
    Object.assign(process.env, cloudEnvironment(status.endpoint, status.pace));
  }
}

export function unexpected(command: string, what: string): SandboxError {
  return new SandboxError({
    what,
    where: command,
    fix: "Its output is above; the sandbox's logs are in .sandbox/cloud",
  });
}

/** A cloud that is just ending, or gone, counts nothing: the command that needs it says so. */
async function callsSoFar(dir: string): Promise<number> {
  const status = await cloudStatus(dir).catch(() => undefined);
  return status?.running ? Object.values(status.calls).reduce((sum, calls) => sum + calls, 0) : 0;
}

async function readRelease(file: string, command: string): Promise<Release> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new SandboxError({
      what: "it left no readable report",
      where: command,
      fix: `Expected one in ${file}`,
      cause,
    });
  }
}

function describeLoad({ progress: { requests, failed, versions } }: LoadProcess): string {
  const shares = Object.entries(versions).map(([version, times]) => `${version} ${times}`);
  return `  load so far: ${requests} requests, ${failed} failed; answered by ${shares.sort().join(", ")}`;
}

function shown(args: readonly string[]): string {
  return ["switchyard", ...args.map(quote)].join(" ");
}

/** An argument as a shell would need it. */
function quote(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
