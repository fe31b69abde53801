import { colours } from "../../programs/release.ts";
import { approvalHints, waitsUntil } from "../deploy/approval.ts";
import { type Needs, observe } from "../deploy/observe.ts";
import { progressOf } from "../deploy/progress.ts";
import { readShape } from "../deploy/stage.ts";
import { type OperationRecord, readJournal, readOperations } from "../ledger/journal.ts";
import { readLease } from "../ledger/lease.ts";
import { readApprovals } from "../ledger/signals.ts";
import type { StackTable } from "../ledger/table.ts";
import { table } from "../render/reporter.ts";
import { type CommonFlags, withContext, withSession } from "./context.ts";

export interface StatusFlags extends CommonFlags {
  readonly stack: string;
}

const releasesShown = 5;

/** One screen: what serves, what runs, what is in flight, who holds the lease. */
export function status(flags: StatusFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, "ends at once", async ({ aws, table: ledger, stack }) => {
      const shape = await readShape(ledger);
      const wanted: Needs = {
        health: Object.keys(shape?.services ?? {}).flatMap((service) => colours.map((colour) => ({ service, colour }))),
        scaling: false,
        migrations: false,
        watch: false,
        taskDefinitions: false,
      };
      const [observed, lease, operations] = await Promise.all([
        observe({ aws, table: ledger, shape }, undefined, wanted),
        readLease(ledger),
        readOperations(ledger, releasesShown),
      ]);
      const { out } = context;
      out.line(shape ? `${stack}  ${shape.url}` : `${stack}  never applied`);
      const rows = Object.entries(observed.services).flatMap(([name, service]) =>
        colours.map((colour) => {
          const release = observed.release.services[name];
          const side = service[colour];
          return [
            name,
            colour,
            release?.[colour]?.version ?? "-",
            release?.live === colour ? "live" : "idle",
            `${service.weights[colour]}%`,
            `${side.healthy}/${side.desired} healthy`,
          ];
        }),
      );
      if (rows.length > 0) out.line(table([["SERVICE", "COLOUR", "VERSION", "ROLE", "TRAFFIC", "TASKS"], ...rows]));
      const held = lease && !lease.released;
      out.line(held ? `lease: ${lease.holder}, ${lease.purpose}, since ${lease.acquiredAt}` : "lease: free");
      for (const operation of operations)
        out.line(
          `${new Date(operation.at).toISOString()}  ${operation.goal.kind} ${operation.goal.version}  ${operation.outcome ?? "in flight"}${operation.why ? `: ${operation.why}` : ""}`,
        );
      const awaited = await approvalAwaited(ledger, operations);
      if (awaited) out.line(`${awaited.version} waits for approval until ${awaited.until}`);
      for (const hint of awaited && shape ? approvalHints(stack, shape) : []) out.line(`  ${hint}`);
      out.document({
        stack,
        url: shape?.url,
        services: observed.services,
        release: observed.release,
        lease,
        operations,
        ...(awaited && { approvalUntil: awaited.until }),
      });
    }),
  );
}

async function approvalAwaited(
  ledger: StackTable,
  operations: readonly OperationRecord[],
): Promise<{ readonly version: string; readonly until: string } | undefined> {
  const inFlight = operations.find(({ outcome }) => outcome === undefined);
  if (!inFlight) return undefined;
  const until = waitsUntil(inFlight.goal, progressOf(await readJournal(ledger, inFlight.operation)));
  return until === undefined ? undefined : { version: inFlight.goal.version, until: new Date(until).toISOString() };
}

export interface HistoryFlags extends CommonFlags {
  readonly stack: string;
  readonly limit: number;
}

/** Operations from the journal, newest first: who, what, from which commit, approved by whom, with what result. */
export function history(flags: HistoryFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, "ends at once", async ({ table: ledger }) => {
      const operations = await readOperations(ledger, flags.limit);
      const approvals = await readApprovals(ledger, operations);
      const rows = operations.map((o) => [
        new Date(o.at).toISOString(),
        o.goal.kind,
        o.goal.version,
        o.outcome ?? "in flight",
        o.goal.actor,
        o.goal.commit?.slice(0, 8) ?? "-",
        approvals.get(o.operation)?.by ?? "-",
        o.why ?? "",
      ]);
      const head = ["WHEN", "WHAT", "VERSION", "RESULT", "ACTOR", "COMMIT", "APPROVER", "WHY"];
      context.out.line(rows.length === 0 ? "nothing deployed yet" : table([head, ...rows]));
      const approverOf = ({ operation }: OperationRecord) => {
        const approver = approvals.get(operation)?.by;
        return approver === undefined ? {} : { approver };
      };
      context.out.document(operations.map((o) => ({ ...o, ...approverOf(o) })));
    }),
  );
}
