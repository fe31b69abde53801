/**
 * What the policy pack costs: its start beyond an empty pack's in Pulumi's own runner, and the evaluation of stacks of
 * growing size through that runner. Run with `node bench/policies.ts`; prints JSON.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unknownCheckingProxy } from "@pulumi/policy";
import { resourceRules } from "../policies/catalogue.ts";
import { evaluateResource, evaluateStack } from "../policies/evaluate.ts";
import { activeExceptions } from "../policies/exceptions.ts";
import { stackRules } from "../policies/stack-rules.ts";
import { type Recorded, recordProgram } from "../test/fixtures/recording.ts";
import { linkedStack } from "../test/policies/support/audit.ts";
import { asInputs, asOutputs } from "../test/policies/support/engine-resource.ts";
import { type RunningPack, startPack } from "../test/policies/support/runner.ts";

export interface PolicyCost {
  readonly rules: number;
  /** Median of the starts, in ms: in all, and what of it an empty pack does not need. */
  readonly start: Cost;
  readonly ownStart: Cost;
  /** By number of resources, in ms for one: every resource rule and its share of the rules on the stack. */
  readonly perResource: Readonly<
    Record<
      number,
      {
        /** Through Pulumi's runner: calls, unpacking for each policy, rules. */
        readonly runner: Cost;
        /** The rules alone, in this process. */
        readonly rules: Cost;
      }
    >
  >;
}

/** On a busy machine only the processor's time says what the pack costs. */
export interface Cost {
  readonly wallMs: number;
  /** Processor time of the runner's process; NaN where there is no /proc. */
  readonly cpuMs: number;
}

export async function measurePolicies(
  starts = 5,
  sizes: readonly number[] = [250, 500, 1000, 2000],
): Promise<PolicyCost> {
  const empty = await emptyPack();
  try {
    const [start, least] = [await medianStart(starts), await medianStart(starts, empty)];
    const ownStart = { wallMs: round(start.wallMs - least.wallMs), cpuMs: round(start.cpuMs - least.cpuMs) };
    const base = await recordProgram("environment", "production");
    const pack = await startPack({ preview: true });
    try {
      await evaluate(pack, copies(base, 500));
      evaluateAlone(copies(base, 500));
      const perResource: Record<number, { runner: Cost; rules: Cost }> = {};
      for (const size of sizes) {
        const each = ({ wallMs, cpuMs }: Cost) => ({ wallMs: round(wallMs / size), cpuMs: round(cpuMs / size) });
        const stack = copies(base, size);
        perResource[size] = { runner: each(await evaluate(pack, stack)), rules: each(evaluateAlone(stack)) };
      }
      return { rules: pack.info.policiesList.length, start, ownStart, perResource };
    } finally {
      await pack.stop();
    }
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
}

/** What a preview asks of the pack: each resource, then the stack. */
async function evaluate(pack: RunningPack, stack: readonly Recorded[]): Promise<Cost> {
  const [each, whole] = [stack.map(asInputs), stack.map(asOutputs)];
  const [started, cpu] = [performance.now(), cpuOf(pack.pid)];
  for (const resource of each) await pack.analyze(resource);
  await pack.analyzeStack(whole);
  return { wallMs: performance.now() - started, cpuMs: cpuOf(pack.pid) - cpu };
}

/** The same rules on the same stack, without runner and wire. */
function evaluateAlone(stack: readonly Recorded[]): Cost {
  const run = { preview: true, exceptions: activeExceptions([], new Date(0)), configured: {} };
  const byType = Map.groupBy(
    resourceRules.flatMap((rule) => rule.types.map((type) => ({ type: type as string, rule }))),
    ({ type }) => type,
  );
  const each = stack.map((one) => ({ ...one, props: unknownCheckingProxy(one.inputs) }));
  const whole = { resources: linkedStack(stack), tags: new Map<string, string>() };
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  for (const resource of each)
    for (const { rule } of byType.get(resource.type) ?? []) evaluateResource(rule, resource, run);
  for (const rule of stackRules) evaluateStack(rule, whole, run);
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - started, cpuMs: (user + system) / 1000 };
}

/** Environments side by side, each under a stack name of its own, until there are so many resources. */
function copies(base: readonly Recorded[], size: number): Recorded[] {
  const text = JSON.stringify(base);
  const sets = Array.from({ length: Math.ceil(size / base.length) }, (_, index) =>
    JSON.parse(
      text.replaceAll("urn:pulumi:production::", `urn:pulumi:copy-${index}::`).replaceAll('-id"', `-${index}-id"`),
    ),
  );
  return (sets as Recorded[][]).flat().slice(0, size);
}

async function medianStart(times: number, directory?: string): Promise<Cost> {
  const taken: Cost[] = [];
  for (let i = 0; i < times; i++) {
    const pack = await startPack({ preview: true, ...(directory === undefined ? {} : { directory }) });
    taken.push({ wallMs: pack.startMs, cpuMs: cpuOf(pack.pid) });
    await pack.stop();
  }
  const median = (key: keyof Cost) =>
    round(taken.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN);
  return { wallMs: median("wallMs"), cpuMs: median("cpuMs") };
}

/** User and system time of a process, in ms: fields 14 and 15 of /proc/<pid>/stat, in ticks of 10 ms (proc(5)). */
function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

async function emptyPack(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "empty-pack-"));
  await symlink(fileURLToPath(new URL("../node_modules", import.meta.url)), join(directory, "node_modules"));
  await writeFile(join(directory, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
  await writeFile(join(directory, "package.json"), '{ "name": "empty", "version": "1.0.0", "type": "module" }\n');
  await writeFile(
    join(directory, "index.js"),
    'import { PolicyPack } from "@pulumi/policy";\nnew PolicyPack("empty", { policies: [] });\n',
  );
  return directory;
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measurePolicies(), undefined, 2));
  process.exit(0);
}
