/** A deploy and rollbacks as a user runs them: processes of their own, on the two services of the stack `sandbox`. */
import { type BenchResult, median, type Row } from "./measure.ts";
import type { BenchSandbox, Report } from "./sandbox.ts";

/** Phases a deploy spends waiting: for tasks to become healthy, for checks to pass, for a configured bake. */
const waiting: ReadonlySet<string> = new Set(["healthy", "prove", "bake", "approve"]);
const rollbacks = 6;

export async function releases(sandbox: BenchSandbox): Promise<BenchResult> {
  const args = ["deploy", "sandbox", "--tag", "v2", "--strategy", "all-at-once", "--keep-warm", "24h"];
  const deployed = await sandbox.release(args);
  const overhead = deployed.wallMs - waitingMs(deployed.report);
  const taken = [];
  // The line that says the release is being recorded follows the proof of the last service.
  for (let i = 0; i < rollbacks; i++) taken.push(await sandbox.release(["rollback", "sandbox"], "record that"));
  const [last] = taken.slice(-1);
  const proven = taken.map((t) => t.untilMs ?? Number.NaN);
  const rows: Row[] = [
    { what: "deploy v2, everything but waiting", value: overhead, unit: "ms", limit: 2000 },
    ...phases(deployed.report),
    { what: "deploy v2, start and end of the process", value: deployed.wallMs - deployed.report.ms, unit: "ms" },
    {
      what: "deploy v2, the driver's process",
      value: deployed.cpuMs,
      unit: "ms CPU",
      note: "without the policy pack's",
    },
    {
      what: "rollback, start of the command to 100% proven",
      value: median(proven),
      unit: "ms",
      limit: 1500,
      note: `median of ${rollbacks}, quickest ${Math.round(Math.min(...proven))} ms`,
    },
    { what: "rollback, start to end of the process", value: median(taken.map((t) => t.wallMs)), unit: "ms" },
    { what: "rollback, the driver's process", value: median(taken.map((t) => t.cpuMs)), unit: "ms CPU" },
  ];
  return {
    bench: "releases",
    rows,
    details: { deploy: deployed.report, rollback: last?.report, rollbackProvenMs: proven },
  };
}

export function waitingMs({ steps }: Pick<Report, "steps">): number {
  return steps.filter(({ name }) => waiting.has(name)).reduce((sum, { ms }) => sum + ms, 0);
}

function phases({ steps }: Report): Row[] {
  const byName = new Map<string, number>();
  for (const { name, ms } of steps) byName.set(name, (byName.get(name) ?? 0) + ms);
  return [...byName].map(([name, value]) => ({
    what: `deploy v2, ${name}`,
    value,
    unit: "ms" as const,
    ...(waiting.has(name) && { note: "waiting: not counted" }),
  }));
}
