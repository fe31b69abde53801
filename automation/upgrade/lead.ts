/** Leads the names that two environments have in common to one of them. */
import { SwitchyardError } from "../../programs/errors.ts";
import { type SharedNames, weights } from "../../programs/shared-names.ts";
import type { Aws } from "../aws/clients.ts";
import { recordsOfAll } from "../aws/records.ts";
import { openTable, type Session, withAws, withLease } from "../deploy/conduct/session.ts";
import type { Lease } from "../ledger/lease.ts";
import { writeNamesWeight } from "../ledger/shared-names.ts";
import type { StackTable } from "../ledger/table.ts";
import { openStack } from "../stacks/open.ts";
import { recovered } from "../stacks/recover/recover.ts";
import { updateFailed } from "../stacks/update.ts";
import type { Upgrade } from "./decide.ts";
import { weigh } from "./names.ts";

interface Pair {
  /** Of the environment that is replaced. */
  readonly session: Session;
  /** Of the same one. */
  readonly lease: Lease;
  readonly tell: (line: string) => void;
}

/** Says so in both ledgers, then moves all names in one batch. Doing it again changes nothing. */
export async function leadNames(pair: Pair, { names, beside }: Upgrade, to: "old" | "fresh"): Promise<void> {
  if (names === undefined) return;
  const { session, lease } = pair;
  const { aws, stack, table, where } = session;
  const { records, problems } = weigh(
    await recordsOfAll(aws, names),
    to === "old" ? { to: stack, from: beside } : { to: beside, from: stack },
  );
  if (problems.length > 0)
    throw new SwitchyardError("upgrade-refused", {
      what: problems.join("; "),
      where: `stack ${stack}`,
      fix: `give both their records of it, by \`switchyard up\`, and no other a weight above 0, in the hosted zone ${names.zoneId}; then run this again`,
    });
  await writeNamesWeight(table, lease, to === "old" ? weights.all : weights.none);
  await inFresh(pair, beside, (fresh, held) =>
    writeNamesWeight(fresh.table, held, to === "old" ? weights.none : weights.all),
  );
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-route-53"), aws.client("route53")]);
  const Changes = records.map((ResourceRecordSet) => ({ Action: "UPSERT" as const, ResourceRecordSet }));
  await client.send(new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId: names.zoneId, ChangeBatch: { Changes } }), {
    abortSignal: lease.permit(where.deadlineMs),
  });
}

/** Has both states take the weights over, so that neither plan nor comparison takes the driver's own for a hand's. */
export async function readIntoStates(pair: Pair, { names, beside }: Upgrade): Promise<void> {
  if (names === undefined) return;
  await readIntoState(pair, pair.session, pair.lease, names);
  await inFresh(pair, beside, ({ aws, table }, lease) =>
    readIntoState(pair, { ...pair.session, aws, table, stack: beside }, lease, names),
  );
}

async function readIntoState(
  { tell }: Pair,
  { where, stack, aws, table, clock, wake }: Session,
  lease: Lease,
  { hosts }: SharedNames,
): Promise<void> {
  const open = await openStack(where, stack);
  await recovered({ aws, clock, tell, wake, table, lease }, open, async () => {
    const { deployment } = await open.stack.exportStack();
    const target = recordsIn(deployment as State | undefined, hosts);
    if (target.length === 0) return;
    await open.stack.refresh({ target: [...target] }).catch((cause: unknown) => {
      throw updateFailed(stack, "the records of its names could not be read", [], cause);
    });
  });
}

interface State {
  readonly resources?: readonly { readonly urn: string; readonly type: string; readonly inputs?: object }[];
}

/** URNs of the weighted records of the names. */
function recordsIn(state: State | undefined, hosts: readonly string[]): readonly string[] {
  return (state?.resources ?? []).flatMap(({ urn, type, inputs = {} }) => {
    const { name, setIdentifier } = inputs as { readonly name?: string; readonly setIdentifier?: string };
    const isOne = type === "aws:route53/record:Record" && setIdentifier !== undefined && hosts.includes(name ?? "");
    return isOne ? [urn] : [];
  });
}

function inFresh(
  { session: { where, clock, wake } }: Pair,
  beside: string,
  work: (fresh: { readonly aws: Aws; readonly table: StackTable }, lease: Lease) => Promise<void>,
): Promise<void> {
  return withAws(where, beside, (aws) => {
    const table = openTable(aws, beside);
    return withLease({ where, table, clock, wake }, "upgrade: its names", (lease) => work({ aws, table }, lease));
  });
}
