import { writeFile } from "node:fs/promises";
import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { PolicyReportFormat } from "../audit/policy-report.ts";
import { systemClock } from "../clock.ts";
import { actor, openAws, openTable, withLease } from "../deploy/session.ts";
import { recordShape } from "../deploy/stage.ts";
import { stackName } from "../flags.ts";
import { type Output, seconds } from "../render/reporter.ts";
import { type OpenStack, openStack } from "../stacks/open.ts";
import { mergeStackValues, parseOverride } from "../stacks/settings.ts";
import { apply, nameOf, type Plan, plan, refuseViolations, updateFailed } from "../stacks/update.ts";
import type { Surroundings } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";

export interface UpFlags extends CommonFlags {
  readonly stack: string;
  readonly config?: readonly string[];
  /** Read every resource from the account first, so that what was changed there by hand is put back. */
  readonly refresh?: boolean;
}

/** Previews a stack with the policy pack, then applies it. Stages a change; never touches what runs or serves. */
export function up(flags: UpFlags): Promise<void> {
  const overrides = (flags.config ?? []).map(parseOverride);
  return withContext(flags, async (context) => {
    const name = stackName(flags.stack);
    if (overrides.length > 0) await context.where.override(name, overrides.reduce(mergeStackValues));
    const result = await applyStack(context, name, { refresh: flags.refresh === true });
    context.out.document(result);
  });
}

export async function applyStack(
  { where, out }: Context,
  name: string,
  options: { readonly refresh?: boolean } = {},
): Promise<{ stack: string; counts: object; outputs: object }> {
  const open = await openStack(where, name);
  const started = performance.now();
  out.line(`Updating ${name}`);
  const work = async () => {
    const planned = await plan(open, options);
    refuseViolations(planned);
    await advise(out, planned);
    return apply(open, planned, options);
  };
  const { counts, outputs } = await (isEnvironment(open) ? underLease(where, open, work) : work());
  out.line(`${name}: ${countsLine(counts)} in ${seconds(performance.now() - started)}`);
  return { stack: name, counts, outputs };
}

/** An environment is shared with deploys: its update holds the lease, and leaves its outputs where the driver finds them. */
async function underLease<T extends { outputs: Record<string, unknown> }>(
  where: Surroundings,
  open: OpenStack,
  work: () => Promise<T>,
): Promise<T> {
  const aws = openAws(where);
  const table = openTable(aws, open.name);
  try {
    const session = { where, table, clock: systemClock };
    return await withLease(session, `up by ${actor()}`, async (lease) => {
      const done = await work();
      await recordShape(table, open.name, done.outputs, lease);
      return done;
    });
  } finally {
    aws.close();
  }
}

function isEnvironment(open: OpenStack): boolean {
  return programOf(open.name, open.values) === "environment";
}

export interface PlanFlags extends CommonFlags {
  readonly stack: string;
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
  return withContext(flags, async ({ where, out }) => {
    const open = await openStack(where, stackName(flags.stack));
    const planned = await plan(open, { refresh: flags.refresh === true });
    const report = flags.policies ? await policyReport(planned, flags.format) : undefined;
    if (report !== undefined && flags.out === undefined) out.line(report.trimEnd());
    else await showPlan(out, planned);
    if (report !== undefined && flags.out !== undefined) {
      await writeFile(flags.out, report);
      out.line(`  policies: report written to ${flags.out}`);
    }
    out.document(planned);
    refuseViolations(planned);
  });
}

async function policyReport({ violations }: Plan, format: PolicyReportFormat = "terminal"): Promise<string> {
  const { renderPolicyReport } = await import("../audit/policy-report.ts");
  return renderPolicyReport(violations, format);
}

async function showPlan(out: Output, planned: Plan): Promise<void> {
  for (const { op, type, urn, properties } of planned.changes)
    out.line(`  ${op.padEnd(8)} ${type}  ${nameOf(urn)}${properties.length > 0 ? `  (${properties.join(", ")})` : ""}`);
  out.line(`${planned.stack}: ${countsLine(planned.counts)}`);
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

/** `12 created, 3 unchanged`. */
export function countsLine(counts: Readonly<Record<string, number | undefined>>): string {
  const words: Readonly<Record<string, string>> = {
    create: "created",
    update: "updated",
    replace: "replaced",
    delete: "deleted",
    same: "unchanged",
    read: "read",
  };
  const parts = Object.entries(words).flatMap(([op, word]) => ((counts[op] ?? 0) > 0 ? [`${counts[op]} ${word}`] : []));
  return parts.length === 0 ? "no resources" : parts.join(", ");
}

export interface DestroyFlags extends CommonFlags {
  readonly stack: string;
  readonly yes: boolean;
}

/** Deletes every resource of a stack. Protected ones make it stop before anything is deleted. */
export function destroy(flags: DestroyFlags): Promise<void> {
  return withContext(flags, async ({ where, out }) => {
    const name = stackName(flags.stack);
    if (!flags.yes)
      throw new SwitchyardError("invalid-flag", {
        what: `destroy deletes every resource of ${name}`,
        where: "--yes",
        fix: `run \`switchyard destroy ${name} --yes\` if that is what you want`,
      });
    const { stack } = await openStack(where, name);
    const started = performance.now();
    out.line(`Destroying ${name}`);
    const diagnostics: string[] = [];
    const answer = await stack
      .destroy({
        onEvent: (e) => {
          if (e.diagnosticEvent?.severity === "error") diagnostics.push(e.diagnosticEvent.message.trim());
        },
      })
      .catch((cause: unknown) => {
        throw updateFailed(name, "the destroy failed", diagnostics, cause);
      });
    const counts = answer.summary.resourceChanges ?? {};
    out.line(`${name}: ${countsLine(counts)} in ${seconds(performance.now() - started)}`);
    out.document({ stack: name, counts });
  });
}
