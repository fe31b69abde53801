import { writeFile } from "node:fs/promises";
import { environmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { mergeStackValues } from "../../programs/stack-values.ts";
import type { PolicyReportFormat } from "../audit/policy-report.ts";
import type { Aws } from "../aws/clients.ts";
import { saidRegion } from "../aws/region.ts";
import { stackText } from "../delivery/comment/parts.ts";
import { readShape } from "../deploy/act/stage.ts";
import { endedBefore } from "../deploy/conduct/gone.ts";
import { openTable, refuseElsewhere, withAws } from "../deploy/conduct/session.ts";
import { refuseForbidden } from "../deploy/observe/opened.ts";
import { secretsScheduled } from "../deploy/observe/parts.ts";
import { refuseTakenNames } from "../deploy/observe/taken-names.ts";
import { stackName } from "../flags.ts";
import { type Judged, judgePlan, standingOf } from "../guard/environment.ts";
import { judge } from "../guard/guard.ts";
import { refuseDisruption } from "../guard/refuse.ts";
import { routeLine } from "../guard/routes.ts";
import type { Finding } from "../migrations/rule.ts";
import { countsLine } from "../render/counts.ts";
import { keepReport } from "../render/report-file.ts";
import { type Output, seconds } from "../render/reporter.ts";
import { nameOf, type PlannedChange } from "../stacks/changes.ts";
import { type Given, parseGiven, typedValues } from "../stacks/given.ts";
import { type OpenStack, openStack, stackConfig, validateConfig } from "../stacks/open.ts";
import { switchyardValues } from "../stacks/settings.ts";
import { apply, type Plan, plan, refuseViolations } from "../stacks/update.ts";
import type { Surroundings } from "../surroundings.ts";
import { type CommonFlags, type Context, stoppable, withContext, withLook } from "./context.ts";
import { isEnvironment, keptApart, type Ledger } from "./kept-apart.ts";

export interface UpFlags extends CommonFlags {
  readonly stack: string;
  readonly config?: readonly string[];
  readonly set?: readonly string[];
  /** Read every resource from the account first, so that what was changed there by hand is put back. */
  readonly refresh?: boolean;
  /** What of that which serves may be disrupted: URNs, or names of resources or components. */
  readonly disrupt?: readonly string[];
}

/**
 * Previews a stack with the policy pack, then applies it. Stages a change; what would disrupt what serves is refused
 * unless it is named.
 */
export function up(flags: UpFlags): Promise<void> {
  const given = parseFlags(flags);
  return withContext(flags, async (context) => {
    const name = stackName(flags.stack);
    const { refresh = false, disrupt = [] } = flags;
    const result = await applyStack(context, name, { refresh, disrupt, given });
    context.out.document(result);
  });
}

interface GivenValues {
  /** Written to the stack's file. */
  readonly config: readonly Given[];
  /** Of this command alone. */
  readonly set: readonly Given[];
}

export function parseFlags({
  config = [],
  set = [],
}: {
  config?: readonly string[];
  set?: readonly string[];
}): GivenValues {
  return {
    config: config.map((text) => parseGiven("--config", text)),
    set: set.map((text) => parseGiven("--set", text)),
  };
}

/** Opens a stack with the values that were given. `keep` writes those of `--config`; the engine's own are written at once. */
async function openWith({ where, out }: Context, name: string, { config, set }: GivenValues) {
  const base = await stackConfig(where, name);
  const kept = typedValues(name, base, config);
  const over = mergeStackValues(kept, typedValues(name, mergeStackValues(base, kept), set));
  const write = async (ofProgram: boolean) => {
    const values = Object.entries(kept).filter(([key]) => key.startsWith("switchyard:") === ofProgram);
    if (values.length === 0) return;
    const file = await where.override(name, Object.fromEntries(values));
    out.line(`  ${values.map(([key]) => key).join(", ")} written to ${file}`);
  };
  await validateConfig(name, switchyardValues(mergeStackValues(base, over)));
  saidRegion({ stack: kept["aws:region"] });
  await write(false);
  return { open: await openStack(where, name, over), keep: () => write(true) };
}

interface ApplyOptions {
  readonly refresh?: boolean;
  readonly disrupt?: readonly string[];
  readonly given?: GivenValues;
  /** Throws for a plan that is not to be applied. */
  readonly refuse?: (planned: Plan) => void;
}

export async function applyStack(
  context: Context,
  name: string,
  { given = { config: [], set: [] }, disrupt = [], refuse, ...options }: ApplyOptions = {},
): Promise<{ stack: string; counts: object; outputs: object }> {
  const { where, out } = context;
  const { open, keep } = await openWith(context, name, given);
  const started = performance.now();
  out.line(`Updating ${name}`);
  const work = async (signal: AbortSignal, ledger?: Ledger) => {
    if (ledger && options.refresh) await refuseScheduled(ledger);
    let planned = await plan(open, { ...options, signal });
    if (ledger && (await endedBefore(ledger, planned))) planned = await plan(open, { ...options, signal });
    if (ledger) await refuseForbidden(ledger.aws, planned);
    else refuseViolations(planned);
    if (ledger) await refuseTakenNames(ledger.aws, planned);
    refuse?.(planned);
    refuseDisruption(name, ledger ? judge(planned.changes, await standingOf(ledger.table)) : [], disrupt);
    await advise(out, planned);
    // What the program, a policy or the guard refuses is never kept.
    await keep();
    return { ...(await apply(open, { ...options, signal })), planHash: planned.hash };
  };
  const { counts, outputs } = await stoppable(out, name, (wake) => keptApart(where, open, out, wake, work));
  out.line(`${name}: ${countsLine(counts)} in ${seconds(performance.now() - started)}`);
  return { stack: name, counts, outputs };
}

/**
 * A refresh would forget a secret that is to be deleted, and no other could be made in its place.
 *
 * @throws SwitchyardError `drift` with the command that brings it back.
 */
async function refuseScheduled({ aws, table }: Ledger): Promise<void> {
  const shape = await readShape(table);
  const [halt] = shape ? await secretsScheduled(aws, shape) : [];
  if (halt) throw new SwitchyardError("drift", { what: halt.why, where: `stack ${table.stack}`, fix: halt.fix });
}

/** By what the ledger says; it is not asked about a plan that changes nothing. */
async function judgedOf(where: Surroundings, open: OpenStack, planned: Plan): Promise<Judged> {
  if (!isEnvironment(open) || planned.changes.length === 0) return { findings: [], routes: [] };
  const judge = async (aws: Aws) => {
    const { services } = environmentConfig(open.name, open.values);
    return judgePlan(planned.changes, await standingOf(openTable(aws, open.name)), services);
  };
  return withAws(where, open.name, judge, open.values);
}

export interface PlanFlags extends CommonFlags {
  readonly stack: string;
  readonly set?: readonly string[];
  /** Show what `up --refresh` would change. */
  readonly refresh?: boolean;
  /** Print what the policies say, in full. */
  readonly policies?: boolean;
  readonly format?: PolicyReportFormat;
  /** File the policies' report goes to; the terminal when absent. */
  readonly out?: string;
}

/** Shows what `up` would change, and what the policy pack says to it. Exits non-zero when a mandatory rule is broken. */
export function planCommand(flags: PlanFlags): Promise<void> {
  const given = parseFlags({ set: flags.set ?? [] });
  return withLook(flags, async (context) => {
    const { out } = context;
    const { open } = await openWith(context, stackName(flags.stack), given);
    const { planned, judged, migrations } = await inspect(context, open, flags);
    const report = flags.policies ? await policyReport(planned, { migrations, judged }, flags.format) : undefined;
    if (report !== undefined && flags.out === undefined) out.line(report.trimEnd());
    else await showPlan(out, planned, judged);
    if (report !== undefined && flags.out !== undefined) {
      await writeFile(flags.out, report);
      out.line(`  policies: report written to ${flags.out}`);
    }
    await keepReport(stackText({ stack: planned.stack, planned, judged, migrations }));
    out.document({ ...planned, changes: planned.changes.map(shown), ...judged, migrations });
    refuseViolations(planned);
    const { refuseFindings } = await import("../migrations/plan.ts");
    refuseFindings(migrations);
  });
}

export interface Inspected {
  readonly planned: Plan;
  readonly judged: Judged;
  readonly migrations: readonly Finding[];
}

/** What an update would change, and what the policies, the guard and the lint of migrations say to it. */
export async function inspect(
  { where, out }: Context,
  open: OpenStack,
  { refresh = false }: { readonly refresh?: boolean } = {},
): Promise<Inspected> {
  await refuseElsewhere(where, open);
  const planned = await plan(open, { refresh });
  const judged = await judgedOf(where, open, planned);
  const { planMigrations } = await import("../migrations/plan.ts");
  const migrations = isEnvironment(open) ? await planMigrations(where, out, open.name) : [];
  return { planned, judged, migrations };
}

async function policyReport(
  { violations }: Plan,
  more: { readonly migrations: readonly Finding[]; readonly judged: Judged },
  format: PolicyReportFormat = "terminal",
): Promise<string> {
  const { renderPolicyReport } = await import("../audit/policy-report.ts");
  return renderPolicyReport(violations, format, more);
}

/** A change without what it was before and will be: that may be long. */
function shown({ before: _before, after: _after, ...change }: PlannedChange): object {
  return change;
}

async function showPlan(out: Output, planned: Plan, { findings, routes }: Judged): Promise<void> {
  const byUrn = new Map(findings.map((finding) => [finding.urn, finding]));
  for (const { op, type, urn, properties } of planned.changes) {
    out.line(`  ${op.padEnd(8)} ${type}  ${nameOf(urn)}${properties.length > 0 ? `  (${properties.join(", ")})` : ""}`);
    const finding = byUrn.get(urn);
    if (finding) out.line(`           ${finding.effect}: ${finding.why}`);
  }
  for (const route of routes) out.line(`  ${routeLine(route)}`);
  out.line(`${planned.stack}: ${countsLine(planned.counts)}`);
  const many = findings.filter(({ effect }) => effect === "disruptive").length;
  if (many > 0) out.line(`  ${many} of them would disrupt what serves: \`up\` and \`deploy\` refuse without --disrupt`);
  await advise(out, planned);
}

async function advise(out: Output, { stack, violations }: Plan): Promise<void> {
  if (violations.length === 0) return;
  const [{ byResource, countFindings }, { renderCounts }] = await Promise.all([
    import("../audit/policy-findings.ts"),
    import("../audit/policy-report.ts"),
  ]);
  const counts = renderCounts(countFindings(byResource(violations)));
  out.line(`  policies: ${counts} (\`switchyard plan ${stack} --policies\` lists them)`);
}
