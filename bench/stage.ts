/** What the pack costs a stage: the preview with it, then the update with it or without, on a stack nothing changes. */
import { readFileSync } from "node:fs";
import { surroundings } from "../automation/choose-surroundings.ts";
import { type OpenStack, openStack } from "../automation/stacks/open.ts";
import { apply, plan } from "../automation/stacks/update.ts";
import { type BenchResult, median } from "./measure.ts";

const stack = "sandbox";
/** Of each kind, after one that warms up; they alternate, so that what else the machine does weighs on both. */
const rounds = 7;

export async function stage(): Promise<BenchResult> {
  // As the driver's own updates run.
  Error.stackTraceLimit = 0;
  const where = await surroundings();
  const withPack: Cost[] = [];
  const without: Cost[] = [];
  for (let round = 0; round <= rounds; round++) {
    const judged = await staged(await openStack(where, stack), (open) => apply(open));
    const unjudged = await staged(await openStack(where, stack), ({ stack }) => stack.up());
    if (round === 0) continue;
    withPack.push(judged);
    without.push(unjudged);
  }
  const wall = (costs: readonly Cost[]) => costs.map(({ ms }) => ms);
  const added = (of: (cost: Cost) => number) =>
    median(withPack.map((cost, i) => of(cost) - of(without[i] ?? { ms: Number.NaN, cpuMs: Number.NaN })));
  return {
    bench: "stage",
    rows: [
      { what: "preview with the pack, update with it", value: median(wall(withPack)), unit: "ms" },
      { what: "preview with the pack, update without", value: median(wall(without)), unit: "ms" },
      { what: "what the update's pack adds", value: added(({ ms }) => ms), unit: "ms", limit: 300 },
      { what: "what it adds, processor time", value: added(({ cpuMs }) => cpuMs), unit: "ms CPU" },
    ],
    details: { withPack, without },
  };
}

interface Cost {
  readonly ms: number;
  /** Of this process and of the runners. */
  readonly cpuMs: number;
}

async function staged(open: OpenStack, update: (open: OpenStack) => Promise<unknown>): Promise<Cost> {
  const [started, used] = [performance.now(), processorMs()];
  await plan(open);
  await update(open);
  return { ms: performance.now() - started, cpuMs: processorMs() - used };
}

/** Of this process, of those it has ended, and of the runners it keeps. Not a number where there is no proc(5). */
function processorMs(): number {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
    const runners = children.filter((id) => readFileSync(`/proc/${id}/cmdline`, "utf8").includes("run-policy-pack"));
    return ["self", ...runners].reduce((sum, id) => sum + processorMsOf(id), 0);
  } catch {
    return Number.NaN;
  }
}

/** utime, stime, cutime and cstime of proc_pid_stat(5), in hundredths of a second. */
function processorMsOf(id: string): number {
  const fields = readFileSync(`/proc/${id}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field) * 10, 0);
}
