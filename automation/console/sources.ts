/** What the page can ask for, read from the ledger and the account. */
import { SwitchyardError } from "../../programs/errors.ts";
import { colours } from "../../programs/release.ts";
import type { Clock } from "../clock.ts";
import { plansOf } from "../delivery/plan-record.ts";
import { readShape } from "../deploy/act/stage.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { type Group, metricPoints, periodSeconds, wholePeriods } from "../deploy/observe/figures.ts";
import { readJournal, readOperation, readOperations } from "../ledger/journal.ts";
import { proof } from "../ledger/proof.ts";
import { queryAudit } from "../ledger/query-audit.ts";
import { readApprovals } from "../ledger/signals.ts";
import type { Execution } from "../runner/executions.ts";
import type { Surroundings } from "../surroundings.ts";
import { minuteMetrics } from "../watch/minute.ts";
import type { Opened } from "./look.ts";
import { checkView } from "./views/check.ts";
import { figuresView } from "./views/figures.ts";
import { type Explained, explained, type ReleaseRow, releaseRow } from "./views/release.ts";

/** Minutes of figures that are shown. */
const minutesShown = 15;

/** Executions that are shown. */
const executionsShown = 50;

/** Audit records that are shown. */
const recordsShown = 200;

export async function releases({ table }: Pick<Opened, "table">, limit: number): Promise<readonly ReleaseRow[]> {
  const operations = await readOperations(table, limit);
  const approvals = await readApprovals(table, operations);
  return operations.map((record) => releaseRow(record, approvals));
}

/** @throws SwitchyardError `not-found` where the ledger has none of this name. */
export async function release({ table }: Opened, operation: string): Promise<Explained> {
  const found = await readOperation(table, operation);
  if (found === undefined)
    throw new SwitchyardError("not-found", {
      what: "there is no such operation",
      where: `ledger of ${table.stack}`,
      fix: "choose one from the list of releases",
    });
  const [approvals, entries] = await Promise.all([readApprovals(table, [found]), readJournal(table, operation)]);
  return explained(releaseRow(found, approvals), found.goal, entries);
}

/** @param pace Scales a minute: the sandbox's are shorter. */
export async function figures({ aws, table }: Opened, clock: Clock, pace: number) {
  const shape = await readShape(table);
  const periodMs = periodSeconds * 1000 * pace;
  const now = clock.now() - (aws.clockSkewMs ?? 0);
  const window = wholePeriods(now - (minutesShown + 1) * periodMs, now, periodMs);
  const names = Object.keys(shape?.services ?? {});
  if (shape === undefined || window === undefined) return figuresView(names, new Map(), { from: 0, to: 0, periodMs });
  const groups: Group[] = Object.entries(shape.services).flatMap(([service, each]) =>
    colours.map((colour) => ({ service, colour, arn: each[colour].targetGroupArn })),
  );
  const points = await metricPoints(aws, shape.listenerArn, groups, window, minuteMetrics);
  return figuresView(names, points, { from: window.StartTime.getTime(), to: window.EndTime.getTime(), periodMs });
}

/** The newest records, of the stack and of plans for it, and whether each chain is as it was written. */
export async function audit({ aws, table }: Opened) {
  const plans = openTable(aws, plansOf(table.stack));
  const [own, planned, ...proofs] = await Promise.all([
    queryAudit(table, {}, recordsShown),
    queryAudit(plans, {}, recordsShown),
    proof(table),
    proof(plans),
  ]);
  const records = [...own.found, ...planned.found]
    .map(({ record }) => record)
    .sort((a, b) => (a.at > b.at ? -1 : 1))
    .slice(0, recordsShown);
  return {
    records,
    total: proofs.reduce((sum, one) => sum + one.records, 0),
    findings: proofs.flatMap((one) => one.findings),
  };
}

export async function previews(where: Surroundings, clock: Clock) {
  const [{ findPreviews, openPreviews }, { readPreviewSettings }, { lastSweep }, { silence }] = await Promise.all([
    import("../previews/find.ts"),
    import("../previews/settings.ts"),
    import("../previews/sweep.ts"),
    import("../previews/decide.ts"),
  ]);
  const aws = await openPreviews(where, await readPreviewSettings());
  try {
    const [found, last] = await Promise.all([findPreviews(where, aws), lastSweep(aws)]);
    return { previews: found, lastSweep: last, silent: found.length > 0 ? silence(last, clock.now()) : undefined };
  } finally {
    aws.close();
  }
}

/** The newest executions of the pipeline's runner. @throws SwitchyardError `not-found` where there is none. */
export async function executions(where: Surroundings): Promise<readonly Execution[]> {
  const [{ list }, { machinesHere }] = await Promise.all([
    import("../runner/executions.ts"),
    import("../commands/runner-context.ts"),
  ]);
  return withAws(where, "runner", async (aws) => list(aws, await machinesHere(where, aws), executionsShown));
}

/** Compares with the account, and asks the guardrails about what an `up` would make: changes nothing. */
export async function check(where: Surroundings, stack: string) {
  const [{ compareStack }, { openStack }, { plan }] = await Promise.all([
    import("../commands/drift.ts"),
    import("../stacks/open.ts"),
    import("../stacks/update.ts"),
  ]);
  const compared = await compareStack(where, stack);
  return checkView(compared, await plan(await openStack(where, stack), {}));
}
