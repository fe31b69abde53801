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
import { evaluateResource, evaluateStack } from "../policies/evaluate.ts";
import { activeExceptions } from "../policies/exceptions.ts";
import { resourceRules } from "../policies/resource-rules.ts";
import { stackRules } from "../policies/stack-rules.ts";
import { type Recorded, recordProgram } from "../test/fixtures/recording.ts";
import { linkedStack } from "../test/policies/support/audit.ts";
import { asInputs, asOutputs } from "../test/policies/support/engine-resource.ts";
import { type EngineResource, type RunningPack, startPack } from "../test/policies/support/runner.ts";

export interface PolicyCost {
  readonly rules: number;
  /** Median of the starts: of the pack, and what of it an empty pack does not need. */
  readonly start: Cost;
  readonly ownStart: Cost;
  /** A start that finds nothing compiled, beyond an empty pack's: the first one after a change of the pack. */
  readonly ownFirstStart: Cost;
  /** For one of 1,000 resources right after a start, as every preview begins: in all, and beyond an empty pack. */
  readonly fresh: { readonly runner: Cost; readonly own: Cost };
  /** By number of resources, for one: every resource rule and its share of the rules on the stack, the pack warm. */
  readonly perResource: Readonly<Record<number, PerResource>>;
  /** Processor time of a resource in the largest stack, as a multiple of one in the smallest: 1 is linear. */
  readonly growth: number;
}

export interface PerResource {
  /** Through Pulumi's runner: calls, unpacking for each policy, rules. */
  readonly runner: Cost;
  /** Of that, beyond what an empty pack costs in the same run. */
  readonly own: Cost;
  /** The rules alone, in this process. */
  readonly rules: Cost;
}

/** On a busy machine only the processor's time says what the pack costs. */
export interface Cost {
  readonly wallMs: number;
  /** Processor time of the runner's process; NaN where there is no /proc. */
  readonly cpuMs: number;
}

/** The same figures in a row each, with the limits they are held against. */
export interface PolicyRow {
  readonly what: string;
  readonly value: number;
  readonly unit: "ms CPU" | "×";
  readonly limit?: number;
}

const compiled = fileURLToPath(new URL("../node_modules/.cache/policies", import.meta.url));

export async function run(): Promise<readonly PolicyRow[]> {
  return rowsOf(await measurePolicies());
}

export function rowsOf({ ownStart, ownFirstStart, start, fresh, perResource, growth }: PolicyCost): PolicyRow[] {
  const row = (what: string, cost: Cost, limit?: number): PolicyRow => ({
    what,
    value: cost.cpuMs,
    unit: "ms CPU",
    ...(limit === undefined ? {} : { limit }),
  });
  return [
    row("start of Pulumi's runner with the pack", start),
    row("start beyond an empty pack's", ownStart, 1000),
    row("the same with nothing compiled yet", ownFirstStart, 1000),
    row("1000 resources right after a start: each", fresh.runner),
    row("1000 resources right after a start: each, beyond an empty pack", fresh.own, 1),
    ...Object.entries(perResource).flatMap(([size, { runner, own, rules }]) => [
      row(`${size} resources: each`, runner),
      row(`${size} resources: each, beyond an empty pack`, own, 1),
      row(`${size} resources: each, the rules alone`, rules),
    ]),
    { what: "a resource of the largest stack, by one of the smallest", value: growth, unit: "×", limit: 1.25 },
  ];
}

export async function measurePolicies(rounds = 3, sizes: readonly number[] = [250, 500, 1000]): Promise<PolicyCost> {
  const empty = await emptyPack();
  try {
    const base = await recordProgram("environment", "production");
    await rm(compiled, { recursive: true, force: true });
    const first = await difference(empty, start);
    const taken: Round[] = [];
    for (let i = 0; i < rounds; i++) taken.push(await measureRound(empty, base, sizes));
    const pick = (of: (round: Round) => Cost) => medianOf(taken.map(of));
    const perResource = Object.fromEntries(
      sizes.map((size) => {
        const stack = copies(base, size);
        evaluateAlone(stack);
        const rules = each(medianOf(taken.map(() => evaluateAlone(stack))), size);
        const at = (round: Round) => round.sizes.get(size) as Pair;
        return [size, { runner: pick((round) => at(round).ours), own: pick((round) => beyond(at(round))), rules }];
      }),
    ) as Record<number, PerResource>;
    const cpuOf = (size: number | undefined) => perResource[size ?? 0]?.runner.cpuMs ?? Number.NaN;
    return {
      rules: taken[0]?.rules ?? 0,
      start: pick(({ start }) => start.ours),
      ownStart: pick(({ start }) => beyond(start)),
      ownFirstStart: beyond(first),
      fresh: { runner: pick(({ fresh }) => fresh.ours), own: pick(({ fresh }) => beyond(fresh)) },
      perResource,
      growth: round(cpuOf(sizes.at(-1)) / cpuOf(sizes[0])),
    };
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
}

/** The pack and an empty one, measured next to each other, so that what else the machine does weighs on both. */
interface Pair {
  readonly ours: Cost;
  readonly empty: Cost;
}

interface Round {
  readonly rules: number;
  readonly start: Pair;
  readonly fresh: Pair;
  readonly sizes: ReadonlyMap<number, Pair>;
}

async function measureRound(empty: string, base: readonly Recorded[], sizes: readonly number[]): Promise<Round> {
  const [pack, least] = [await startPack({ preview: true }), await startPack({ preview: true, directory: empty })];
  try {
    const started = { ours: startOf(pack), empty: startOf(least) };
    const pair = async (size: number): Promise<Pair> => {
      const stack = copies(base, size);
      return { ours: each(await evaluate(pack, stack), size), empty: each(await evaluate(least, stack), size) };
    };
    const fresh = await pair(1000);
    const bySize = new Map<number, Pair>();
    for (const size of sizes) bySize.set(size, await pair(size));
    return { rules: pack.info.policiesList.length, start: started, fresh, sizes: bySize };
  } finally {
    await Promise.all([pack.stop(), least.stop()]);
  }
}

async function difference(empty: string, measure: (directory?: string) => Promise<Cost>): Promise<Pair> {
  return { ours: await measure(), empty: await measure(empty) };
}

async function start(directory?: string): Promise<Cost> {
  const pack = await startPack({ preview: true, ...(directory === undefined ? {} : { directory }) });
  try {
    return startOf(pack);
  } finally {
    await pack.stop();
  }
}

function startOf({ startMs, pid }: RunningPack): Cost {
  return { wallMs: round(startMs), cpuMs: cpuOf(pid) };
}

function beyond({ ours, empty }: Pair): Cost {
  return { wallMs: round(ours.wallMs - empty.wallMs), cpuMs: round(ours.cpuMs - empty.cpuMs) };
}

function each({ wallMs, cpuMs }: Cost, size: number): Cost {
  return { wallMs: round(wallMs / size), cpuMs: round(cpuMs / size) };
}

function medianOf(costs: readonly Cost[]): Cost {
  const median = (key: keyof Cost) =>
    costs.map((one) => one[key]).sort((a, b) => a - b)[Math.floor(costs.length / 2)] ?? Number.NaN;
  return { wallMs: median("wallMs"), cpuMs: median("cpuMs") };
}

const provider = {
  type: "pulumi:providers:aws",
  name: "production",
  urn: "urn:pulumi:production::switchyard::pulumi:providers:aws::production",
  props: { region: "us-east-1", allowedAccountIds: '["123456789012"]', defaultTags: '{"tags":{"stack":"production"}}' },
};

/** What a preview asks of the pack: each resource, then the stack. */
async function evaluate(pack: RunningPack, stack: readonly Recorded[]): Promise<Cost> {
  const provided = (resource: EngineResource) => ({ ...resource, provider });
  const [each, whole] = [
    stack.map((resource) => provided(asInputs(resource))),
    stack.map((resource) => provided(asOutputs(resource))),
  ];
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
