import type { OrganizationSettings } from "../../organization-config.ts";
import { accountsWithin } from "./units.ts";

/** The management account, which has no entry. */
export const management = "management";

export interface Access {
  readonly account: string;
  readonly group: string;
  readonly permissionSet: string;
}

/** Who may log in to which account with what: each once, in the order of accounts, groups and permission sets. */
export function expandAssignments(
  config: Pick<OrganizationSettings, "units" | "accounts" | "assignments">,
): readonly Access[] {
  const within = accountsWithin(config.units, config.accounts);
  const found = new Map<string, Access>();
  for (const { group, permissionSets, units, accounts } of config.assignments) {
    const reached = new Set([...accounts, ...units.flatMap((unit) => within.get(unit) ?? [])]);
    for (const account of reached) {
      if (config.accounts[account]?.decommission === true) continue;
      for (const permissionSet of permissionSets)
        found.set(accessName({ account, group, permissionSet }), { account, group, permissionSet });
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, access]) => access);
}

/** Names the assignment among the stack's resources. */
export function accessName({ account, group, permissionSet }: Access): string {
  return `${account}/${group}/${permissionSet}`;
}
