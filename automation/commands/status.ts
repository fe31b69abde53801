import { type Colour, colours, type ServiceRelease } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import { approvalHints, waitsUntil } from "../deploy/conduct/approval.ts";
import type { Halt } from "../deploy/decide/decision.ts";
import { changedByHand, isLeftOver, leftOver } from "../deploy/decide/hands.ts";
import type { Observed } from "../deploy/decide/model.ts";
import { progressOf } from "../deploy/decide/progress.ts";
import { versionOf } from "../deploy/decide/situation.ts";
import { partsChanged } from "../deploy/observe/parts.ts";
import { previewChanged } from "../deploy/observe/preview.ts";
import type { EnvironmentShape } from "../deploy/observe/shape.ts";
import { stackName } from "../flags.ts";
import { type OperationRecord, readJournal, readOperations } from "../ledger/journal.ts";
import { readApprovals } from "../ledger/signals.ts";
import type { StackTable } from "../ledger/table.ts";
import { table } from "../render/reporter.ts";
import { standing } from "../upgrade/decide.ts";
import { namesNow } from "../upgrade/names-now.ts";
import { readUpgrade } from "../upgrade/record.ts";
import { readNow } from "../watch/now.ts";
import { type CommonFlags, programHere, withContext, withSession } from "./context.ts";
import { runnerStatus } from "./runner-status.ts";

export interface StatusFlags extends CommonFlags {
  readonly stack: string;
}

const releasesShown = 5;

/** One screen: what serves, what runs, what is in flight, who holds the lease. */
export function status(flags: StatusFlags): Promise<void> {
  return withContext(flags, async (context) => {
    const name = stackName(flags.stack);
    if ((await programHere(context.where, name)) === "runner") return runnerStatus(context, name);
    return withSession(context, name, "ends at once", async ({ aws, table: ledger, stack, clock }) => {
      const [now, upgrade] = await Promise.all([
        readNow({ aws, table: ledger }, releasesShown, { scaling: true, setups: "all" }),
        readUpgrade(ledger),
      ]);
      const { shape, observed, gone, lease, operations, closed, frozen } = now;
      const { out } = context;
      const ended = closed && `${closed.why}, ${closed.at} (${closed.by}); the next deploy makes it anew`;
      out.line(`${stack}  ${gone ?? shape?.url ?? ended ?? "never applied"}`);
      const shown = Object.entries(observed.services).filter(([name]) => !isLeftOver(observed, name));
      const rows = shown.flatMap(([name, service]) =>
        colours.map((colour) => {
          const release = observed.release.services[name];
          const side = service[colour];
          return [
            name,
            colour,
            release?.[colour]?.version ?? "-",
            roleOf(release, colour),
            `${service.weights[colour]}%`,
            `${side.healthy}/${side.desired} healthy`,
          ];
        }),
      );
      if (rows.length > 0) out.line(table([["SERVICE", "COLOUR", "VERSION", "ROLE", "TRAFFIC", "TASKS"], ...rows]));
      const names = await namesNow(aws, ledger, gone === undefined ? shape?.sharedNames : undefined);
      for (const line of names.lines) out.line(line);
      const inFlight = operations.some(({ outcome }) => outcome === undefined);
      const byHand =
        inFlight || gone
          ? []
          : [...changedByHand(observed, Date.now()), ...(await beside(aws, stack, shape, observed)), ...names.byHand];
      const left = inFlight || gone ? undefined : leftOver(observed, stack);
      for (const { why, fix } of left ? [...byHand, left] : byHand) out.line(`! ${why}. ${capitalized(fix)}`);
      const held = lease && !lease.released;
      out.line(held ? `lease: ${lease.holder}, ${lease.purpose}, since ${lease.acquiredAt}` : "lease: free");
      const stands = upgrade && standing(upgrade, clock.now());
      if (stands) out.line(`upgrade: ${stands}`);
      if (frozen) out.line(`frozen: by ${frozen.by}, since ${frozen.at}${frozen.why === "" ? "" : `: ${frozen.why}`}`);
      for (const operation of operations)
        out.line(
          `${new Date(operation.at).toISOString()}  ${operation.goal.kind} ${versionOf(operation.goal)}  ${operation.outcome ?? "in flight"}${operation.why ? `: ${operation.why}` : ""}`,
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
        byHand,
        ...(names.lines.length > 0 && { names: names.lines }),
        ...(left && { left }),
        ...(closed && { closed }),
        ...(frozen && { frozen }),
        ...(upgrade && stands && { upgrade: { ...upgrade, stands } }),
        ...(gone !== undefined && { gone }),
        ...(awaited && { approvalUntil: awaited.until }),
      });
    });
  });
}

function roleOf({ live, retired }: ServiceRelease = {}, colour: Colour): string {
  if (live === colour) return "live";
  return retired?.colour === colour ? "retired" : "idle";
}

/** Who only looks may not be allowed to read the secret, or another part: then nothing is said of it. */
async function beside(
  aws: Aws,
  stack: string,
  shape: EnvironmentShape | undefined,
  observed: Observed,
): Promise<readonly Halt[]> {
  if (!shape) return [];
  const [preview, parts] = await Promise.all([
    previewChanged(aws, shape).catch(() => undefined),
    partsChanged(aws, stack, shape, observed).catch(() => []),
  ]);
  return [...(preview ? [preview] : []), ...parts];
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
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
        versionOf(o.goal),
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
