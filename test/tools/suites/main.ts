/**
 * Runs the suites in several processes at once: `main.ts quick` (every suite but those in test/faults) or `main.ts faults`.
 *
 *     --all           of the slow ones all, and not only those of this commit's turn
 *     --turn N        those of another commit's turn: 0 to 9
 *     --processes N   default: one a processor, three at most; of quick suites one more
 *     --grep PATTERN  only tests whose titles match
 *     --record        keep how long each file took, by which later runs are divided evenly
 *     FILE…           only these
 *
 * Exits with the number of failures, 100 at most.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { parseArgs } from "node:util";
import { batchesOf } from "./batches.ts";
import { report } from "./report.ts";
import { type Outcome, runSuites } from "./run.ts";
import { durationsFile, recordedSeconds, root, sharedBy, suiteSet } from "./sets.ts";
import { filesOfTurn, turnOf } from "./turns.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    turn: { type: "string" },
    processes: { type: "string" },
    grep: { type: "string", short: "g" },
    record: { type: "boolean", default: false },
  },
});
const [name, ...asked] = positionals;
if (name !== "quick" && name !== "faults") throw new Error("usage: main.ts quick|faults [options] [files]");

const set = suiteSet(name);
const recorded = recordedSeconds();
const files = (asked.length > 0 ? asked.map((file) => relative(root, file)) : set.files).map((file) => ({
  file,
  seconds: recorded[file] ?? set.guess,
  shares: sharedBy(file),
}));
const shared = name === "faults" && asked.length === 0 && !values.all;
const chosen = shared ? filesOfTurn(files, Number(values.turn ?? turnOf(headCommit()))) : files;
const processes = Number(values.processes ?? set.processes);
const queue = [...batchesOf(chosen, processes, set.batches)];
const count = queue.length;
const mocha = {
  ...set.mocha,
  ...(values.grep !== undefined && { grep: values.grep }),
  // An `only` that was forgotten leaves out what a change must pass.
  forbidOnly: process.env["CI"] !== undefined,
  color: process.stdout.isTTY,
};

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());

if (shared) process.stdout.write(leftOut());
const began = performance.now();
const outcomes: Outcome[] = [];
await Promise.all(Array.from({ length: processes }, work));
process.stdout.write(report(outcomes, (performance.now() - began) / 1000));
if (shared) process.stdout.write(leftOut());
if (values.record) record();
const failed = outcomes.reduce((sum, { failures }) => sum + failures.length, 0);
process.exitCode = interrupted.signal.aborted ? 130 : Math.min(failed, 100);

async function work(): Promise<void> {
  for (let batch = queue.shift(); batch && !interrupted.signal.aborted; batch = queue.shift()) {
    const what = batch.files.length > 3 ? `${batch.files.length} files` : batch.files.join(" ");
    process.stdout.write(`== begun: ${what}\n`);
    const outcome = await runSuites({ root, files: batch.files, mocha, endsWithin: 15_000 }, interrupted.signal);
    outcomes.push(outcome);
    process.stdout.write(`== ${outcomes.length} of ${count}: ${what}\n${outcome.output}`);
  }
}

function leftOut(): string {
  const left = files.filter((one) => !chosen.includes(one)).map(({ file }) => basename(file, ".test.ts"));
  return `${left.length} of ${files.length} files are left to the turns of other commits (--all runs them too): ${left.join(", ")}\n`;
}

function headCommit(): string {
  return execFileSync("git", ["rev-parse", "HEAD"], { cwd: root, encoding: "utf8" });
}

/** Files that are over quickly are left out: what is expected of one that is not known does for them. */
function record(): void {
  const suites = outcomes.flatMap((outcome) => outcome.suites);
  const measured = Object.entries(Object.groupBy(suites, ({ file }) => file)).map(
    ([file, its = []]) => [file, Math.round(its.reduce((sum, { seconds }) => sum + seconds, 0))] as const,
  );
  const kept = Object.entries(recorded).filter(([file]) => !chosen.some((one) => one.file === file));
  const all = [...kept, ...measured.filter(([, seconds]) => seconds >= 1)].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(durationsFile, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
}
