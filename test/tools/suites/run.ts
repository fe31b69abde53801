import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Failure, Message, SuiteTime } from "./messages.ts";
import { temporaryFolder } from "./temporary.ts";
import type { WorkerOptions } from "./worker.ts";

export interface Outcome {
  readonly passes: number;
  readonly pending: number;
  readonly failures: readonly Failure[];
  readonly suites: readonly SuiteTime[];
  /** All that its tests wrote. */
  readonly output: string;
}

const worker = join(import.meta.dirname, "worker.ts");

/**
 * Runs files of suites in a process of its own. Whatever becomes of it is in the outcome, never thrown. What its tests and
 * the libraries they call put among the temporary files, as Pulumi's does with a folder for each workspace, goes with it.
 */
export async function runSuites(options: WorkerOptions, signal: AbortSignal): Promise<Outcome> {
  // Short: paths of sockets have 107 characters at most.
  const temporary = await mkdtemp(join(temporaryFolder(), "sy-"));
  // Open to pass through: as root, PostgreSQL runs as `nobody`.
  await chmod(temporary, 0o711);
  try {
    return await runWorker(options, signal, { ...process.env, TMPDIR: temporary });
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runWorker(options: WorkerOptions, signal: AbortSignal, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn(process.execPath, [worker, JSON.stringify(options)], {
    cwd: options.root,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  const told: Message[] = [];
  child.on("message", (message: Message) => {
    told.push(message);
    if (message.kind === "open") child.kill("SIGKILL");
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const heard = Promise.all([once(child, "close"), once(child, "disconnect")]);
  const [code, killedBy] = (await once(child, "exit")) as [number | null, string | null];
  // What a test has started and left may hold its output open.
  await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
  signal.removeEventListener("abort", stop);

  const failures: Failure[] = told.filter((message) => message.kind === "failure");
  const broken = signal.aborted ? undefined : whatBroke(told, killedBy ?? `exit code ${code}`);
  if (broken) failures.push({ titles: [`the process of ${options.files.join(", ")}`], error: broken });
  const end = told.find((message) => message.kind === "end");
  return {
    passes: end?.passes ?? 0,
    pending: end?.pending ?? 0,
    failures,
    suites: told.filter((message) => message.kind === "suite"),
    output,
  };
}

/** Why a process did not end as one does whose tests are over; undefined when it did. */
function whatBroke(told: readonly Message[], how: string): string | undefined {
  const open = told.find((message) => message.kind === "open");
  if (open) return `left open what keeps the process alive: ${open.resources.join(", ")}`;
  const end = told.find((message) => message.kind === "end");
  if (!end) return `ended before its tests did (${how}); its output above says more`;
  // Some tests set the code themselves; failures are counted by what was told.
  const expected = end.failures === 0 ? ["exit code 0"] : ["exit code 0", "exit code 1"];
  return expected.includes(how) ? undefined : `ended with ${how} after its tests`;
}
