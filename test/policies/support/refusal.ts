import type { OpenStack } from "../../../automation/stacks/open.ts";
import { plan, refuseViolations } from "../../../automation/stacks/update.ts";
import { parseMessage } from "../../../policies/message.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { TestCloud } from "../../support/cloud.ts";

export interface Refusal {
  /** Mandatory rules the preview found broken. */
  readonly broken: readonly string[];
  /** Rules it left to the update. */
  readonly undecided: readonly string[];
  /** What the driver ends with. */
  readonly error: SwitchyardError | undefined;
  /** Calls that change something in AWS, `service:Operation`, since the preview began. */
  readonly writes: readonly string[];
}

const reading = /:(Describe|Get|List|BatchGet|BatchCheck|Head|Lookup)/;

/** What `up` does before it applies anything: previews with the pack, and refuses what a mandatory rule forbids. */
export async function refusal(cloud: TestCloud, open: OpenStack): Promise<Refusal> {
  const before = await cloud.calls();
  const planned = await plan(open);
  const error = refused(() => refuseViolations(planned));
  const names = (wanted: (violation: (typeof planned.violations)[number]) => boolean) => [
    ...new Set(planned.violations.filter(wanted).map(({ policy }) => policy)),
  ];
  return {
    broken: names(({ level }) => level === "mandatory"),
    undecided: names(({ message }) => parseMessage(message)?.kind === "undecided"),
    error,
    writes: await writesSince(cloud, before),
  };
}

/** Calls that change something in AWS since a count of all. */
export async function writesSince(cloud: TestCloud, before: Readonly<Record<string, number>>): Promise<string[]> {
  const calls = Object.entries(await cloud.calls()).filter(([name, count]) => count > (before[name] ?? 0));
  return calls.map(([name]) => name).filter((name) => !reading.test(name));
}

function refused(act: () => void): SwitchyardError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof SwitchyardError) return error;
    throw error;
  }
}
