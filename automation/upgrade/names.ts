/** Where the names that two environments have in common lead, and what has to change for another way. Pure. */
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { DomainConfig } from "../../programs/domain.ts";
import { type SharedNames, weights } from "../../programs/shared-names.ts";
import type { Halt } from "../deploy/decide/decision.ts";

/** The names that are shared in both. */
export function namesOfBoth(old: DomainConfig | undefined, fresh: DomainConfig | undefined): SharedNames | undefined {
  const hosts = (old?.shared ?? []).filter((host) => fresh?.shared.includes(host));
  return old === undefined || hosts.length === 0 ? undefined : { zoneId: old.zoneId, hosts };
}

/** Records of each name, by the name. */
export type Found = ReadonlyMap<string, readonly ResourceRecordSet[]>;

export interface Weighing {
  /** Each record of the two as it is to be: together in one batch, so that there is no moment at which a name leads nowhere. */
  readonly records: readonly ResourceRecordSet[];
  /** What stands against it, in words. */
  readonly problems: readonly string[];
}

/** All of each name to one environment, and nothing to the other. @param ends their stacks' names, which identify records */
export function weigh(found: Found, ends: { readonly to: string; readonly from: string }): Weighing {
  const each = [...found].map(([host, records]) => weighOne(host, records, ends));
  return { records: each.flatMap(({ records }) => records), problems: each.flatMap(({ problems }) => problems) };
}

function weighOne(
  host: string,
  records: readonly ResourceRecordSet[],
  { to, from }: { readonly to: string; readonly from: string },
): Weighing {
  const weightOf = (stack: string) => (stack === to ? weights.all : weights.none);
  const ours = records.filter(({ SetIdentifier }) => SetIdentifier === to || SetIdentifier === from);
  const others = records.filter((one) => !ours.includes(one) && (one.Weight ?? weights.all) > weights.none);
  const problems = [
    ...(ours.some(({ SetIdentifier }) => SetIdentifier === to) ? [] : [`${host} has no record of ${to}'s yet`]),
    ...others.map(({ SetIdentifier = "a record of no environment" }) => `${host} leads to ${SetIdentifier} as well`),
  ];
  return { records: ours.map((one) => ({ ...one, Weight: weightOf(one.SetIdentifier ?? "") })), problems };
}

/** `www.example.com: production 0, production-2 255`. */
export function leadsLine(host: string, records: readonly ResourceRecordSet[]): string {
  const each = records.map(({ SetIdentifier = "not shared", Weight }) => `${SetIdentifier} ${Weight ?? ""}`.trim());
  return `${host}: ${each.length === 0 ? "no record" : each.join(", ")}`;
}

export interface NamesTold {
  /** `www.example.com: production 0, production-2 255`. */
  readonly lines: readonly string[];
  readonly byHand: readonly Halt[];
}

/** @param weight what the ledger says */
export function toldOf(stack: string, found: Found, weight: number): NamesTold {
  return {
    lines: [...found].map(([host, records]) => leadsLine(host, records)),
    byHand: [...found].flatMap(([host, records]) => changedByHand(stack, host, records, weight) ?? []),
  };
}

function changedByHand(
  stack: string,
  host: string,
  records: readonly ResourceRecordSet[],
  weight: number,
): Halt | undefined {
  const fix = `\`switchyard up ${stack} --refresh\` puts it back`;
  const own = records.find(({ SetIdentifier }) => SetIdentifier === stack);
  if (own === undefined) return { kind: "halt", why: `${host} has no record of this environment`, fix };
  if (own.Weight === weight) return undefined;
  return { kind: "halt", why: `${host} has the weight ${own.Weight} here, and the ledger says ${weight}`, fix };
}
