/** A sweep of preview environments that nobody asked for: what it calls, and how long it takes, of few and of many. */
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { surroundings } from "../automation/choose-surroundings.ts";
import { systemClock } from "../automation/clock.ts";
import { judgeSweep } from "../automation/previews/decide.ts";
import { findPreviews, openPreviews } from "../automation/previews/find.ts";
import { previewStack } from "../automation/previews/name.ts";
import { readPreviewSettings } from "../automation/previews/settings.ts";
import { sweepPreviews } from "../automation/previews/sweep.ts";
import type { Surroundings } from "../automation/surroundings.ts";
import { type BenchResult, type Row, total } from "./measure.ts";

const [few, many] = [10, 50];

interface Swept {
  readonly calls: Record<string, number>;
  readonly decisionMs: number;
  readonly ms: number;
}

export async function sweep(): Promise<BenchResult> {
  const where = await surroundings();
  try {
    const some = await swept(where, few);
    const all = await swept(where, many);
    const each = ({ calls }: Swept, count: number) => total(calls) / count;
    const rows: Row[] = [
      { what: `${few} environments: AWS calls, each`, value: each(some, few), unit: "calls" },
      { what: `${many} environments: AWS calls, each`, value: each(all, many), unit: "calls" },
      { what: "the second by the first", value: each(all, many) / each(some, few), unit: "×", limit: 1.1 },
      { what: `${many} environments: decisions, all`, value: all.decisionMs, unit: "ms", limit: 1000 },
      { what: `${many} environments: the whole, each`, value: all.ms / many, unit: "ms" },
    ];
    return {
      bench: "sweep",
      rows,
      calls: { [`${few} environments`]: some.calls, [`${many} environments`]: all.calls },
    };
  } finally {
    await where.close();
  }
}

/** States without resources: what is made and deleted of an environment is the engine's, and its own business. */
async function swept(where: Surroundings, count: number): Promise<Swept> {
  for (let pull = 1; pull <= count; pull++) await makeState(where, previewStack(pull));
  const settings = await readPreviewSettings();
  const aws = await openPreviews(where, settings);
  try {
    const found = await findPreviews(where, aws);
    const decided = performance.now();
    const verdicts = judgeSweep(found, settings, systemClock.now());
    const decisionMs = performance.now() - decided;
    if (verdicts.filter(({ kind }) => kind === "destroy").length !== count) throw new Error("not all are to be ended");
    const before = { ...aws.counts() };
    const started = performance.now();
    const out = { line: () => undefined, document: () => undefined };
    const done = await sweepPreviews({ where, out } as never, aws, settings, systemClock);
    const ms = performance.now() - started;
    if (done.filter((one) => one.done === "destroyed").length !== count) throw new Error(JSON.stringify(done));
    const calls = Object.fromEntries(
      Object.entries(aws.counts()).map(([name, sum]) => [name, sum - (before[name] ?? 0)]),
    );
    return { calls, decisionMs, ms };
  } finally {
    aws.close();
  }
}

async function makeState(where: Surroundings, stack: string): Promise<void> {
  const [pulumiCommand, workDir] = await Promise.all([where.pulumi(), where.workDir(stack)]);
  const workspace = await LocalWorkspace.create({ workDir, pulumiCommand, envVars: { ...where.engineEnv } });
  await workspace.createStack(stack);
}
