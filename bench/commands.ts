/** What every command costs before it does anything: the start of the process, and the quickest look at an environment. */
import { type BenchResult, median, type Row } from "./measure.ts";
import type { BenchSandbox } from "./sandbox.ts";

const times = 9;

export async function commands(sandbox: BenchSandbox): Promise<BenchResult> {
  const rows: Row[] = [];
  for (const [args, limit] of [
    [["--help"], 150],
    [["status", "sandbox"], 600],
  ] as const) {
    await sandbox.run(args);
    const taken = [];
    for (let i = 0; i < times; i++) taken.push(await sandbox.run(args));
    const wall = taken.map((t) => t.wallMs);
    const what = `switchyard ${args.join(" ")}`;
    rows.push(
      { what, value: median(wall), unit: "ms", limit, note: `quickest ${Math.round(Math.min(...wall))} ms` },
      { what, value: median(taken.map((t) => t.cpuMs)), unit: "ms CPU" },
    );
  }
  return { bench: "commands", rows };
}
