import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { programOf } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { lookForHands } from "../deploy/conduct/look.ts";
import { isDeadHere, openTable, refuseElsewhere, withAws } from "../deploy/conduct/session.ts";
import type { Halt } from "../deploy/decide/decision.ts";
import { stackName } from "../flags.ts";
import { type LeaseState, readLease } from "../ledger/lease.ts";
import { nameOf } from "../stacks/changes.ts";
import { type Difference, differenceLine, differenceOf } from "../stacks/differences.ts";
import { openStack } from "../stacks/open.ts";
import { Troubles } from "../stacks/troubles.ts";
import { updateFailed } from "../stacks/update.ts";
import type { Surroundings } from "../surroundings.ts";
import { type CommonFlags, programHere, withLook } from "./context.ts";

export interface DriftFlags extends CommonFlags {
  readonly stack: string;
}

/** Compares a stack's recorded state with the account, property by property; changes neither. */
export function drift(flags: DriftFlags): Promise<void> {
  return withLook(flags, async ({ where, out }) => {
    const name = stackName(flags.stack);
    const before = await leaseOf(where, name);
    const { differences, byHand } = await compareStack(where, name);
    for (const line of driftLines(differences)) out.line(line);
    for (const { why, fix } of byHand) out.line(`  ${why}: ${fix}`);
    if (differences.length > 0) out.line(`${name}: ${counted(differences.length, "differ")}`);
    else if (byHand.length === 0) out.line(`${name}: no drift`);
    out.document({ stack: name, differences, byHand });
    const [first] = byHand;
    const busy = first || differences.length > 0 ? atWork(name, before, await leaseOf(where, name)) : undefined;
    if (busy) throw busy;
    if (first) throw new SwitchyardError("drift", { what: first.why, where: `stack ${name}`, fix: first.fix });
    if (differences.length > 0)
      throw new SwitchyardError("drift", {
        what: `${differences.length} ${differences.length === 1 ? "resource was" : "resources were"} changed outside the program`,
        where: `stack ${name}`,
        fix: `\`switchyard up ${name} --refresh\` puts them back as the program says; or change the program to match`,
      });
  });
}

/** Of what has one: the pipeline does from its second update on (kept-apart.ts). Who may not read it compares all the same. */
export async function leaseOf(where: Surroundings, name: string): Promise<LeaseState | undefined> {
  const program = await programHere(where, name);
  if (program !== "environment" && program !== "pipeline") return undefined;
  return withAws(where, name, (aws) => readLease(openTable(aws, name))).catch(() => undefined);
}

/**
 * What another does to the stack while it is looked at differs like what a hand has changed.
 *
 * @param before the lease as it was before the look
 * @returns the refusal `lease-held` where somebody is at work on it, or was meanwhile
 */
export function atWork(
  name: string,
  before: LeaseState | undefined,
  after: LeaseState | undefined,
  isDead: (lease: LeaseState) => boolean = isDeadHere,
): SwitchyardError | undefined {
  if (after === undefined) return undefined;
  const holds = !after.released && !isDead(after);
  if (!holds && after.token === before?.token && after.released === before.released) return undefined;
  return new SwitchyardError("lease-held", {
    what: `${after.holder} ${holds ? "is" : "was"} at work on it meanwhile (${after.purpose}): what differs may be its doing`,
    where: `stack ${name}`,
    fix: `compare again when it is done; \`switchyard status ${name}\` tells`,
  });
}

export interface Compared {
  /** By URN. */
  readonly differences: readonly Difference[];
  readonly byHand: readonly Halt[];
}

/** @throws SwitchyardError `update-failed` where the comparison itself fails. */
export async function compareStack(where: Surroundings, name: string): Promise<Compared> {
  const open = await openStack(where, name);
  const { stack, values } = open;
  await refuseElsewhere(where, open);
  const differences: Difference[] = [];
  const troubles = new Troubles();
  const onEvent = (event: EngineEvent) => {
    const found = differenceOf(event);
    if (found) differences.push(found);
    troubles.add(event);
  };
  await stack.previewRefresh({ onEvent }).catch((cause: unknown) => {
    throw updateFailed(name, "the comparison failed", troubles.said, cause);
  });
  const byHand = programOf(name, values) === "environment" ? await servingOtherwise(where, name) : [];
  return { differences: differences.sort((a, b) => (a.urn < b.urn ? -1 : 1)), byHand };
}

/** What serves otherwise than the release document says: no resource's property tells that. */
function servingOtherwise(where: Surroundings, name: string): Promise<readonly Halt[]> {
  return withAws(where, name, (aws) => lookForHands(aws, openTable(aws, name)));
}

export function driftLines(differences: readonly Difference[]): readonly string[] {
  return differences.flatMap(({ op, type, urn, properties }) => [
    `  ${op === "delete" ? "deleted" : "changed"}  ${type}  ${nameOf(urn)}`,
    ...properties.map((property) => `             ${differenceLine(property)}`),
  ]);
}

function counted(count: number, verb: string): string {
  return count === 1 ? `1 resource ${verb}s` : `${count} resources ${verb}`;
}
