/** What the organization has, held against what the stack has entries for. */
import * as aws from "@pulumi/aws";
import type { OrganizationConfig } from "../../config.ts";
import { SwitchyardError } from "../../errors.ts";
import type { AccountEntry } from "../../organization-config.ts";
import type { Existing, ExistingAccount } from "./existing.ts";

type Entries = Readonly<Record<string, AccountEntry>>;

const addressOf = ({ email }: { readonly email: string }) => email.toLowerCase();

/** Active accounts that no entry names: made by hand, or made by an entry that is gone. */
export function withoutEntry(accounts: readonly ExistingAccount[], entries: Entries): readonly ExistingAccount[] {
  const known = new Set(Object.values(entries).map(addressOf));
  return accounts.filter((account) => account.state === "ACTIVE" && !known.has(addressOf(account)));
}

/** Entries whose account is closed, or to be closed and nowhere: there is nothing left to keep. */
export function closedEntries(accounts: readonly ExistingAccount[], entries: Entries): ReadonlySet<string> {
  const active = new Set(accounts.filter(({ state }) => state === "ACTIVE").map(addressOf));
  return new Set(
    Object.keys(entries).filter((name) => entries[name]?.decommission && !active.has(addressOf(entries[name]))),
  );
}

/**
 * Refuses more accounts than AWS lets there be; closed ones count until they are gone.
 *
 * @throws SwitchyardError `invalid-config`.
 */
export function refuseOverQuota({ accounts }: Existing, { accountQuota, ...config }: OrganizationConfig): void {
  const there = new Set(accounts.map(addressOf));
  const fresh = Object.values(config.accounts).filter((entry) => !entry.decommission && !there.has(addressOf(entry)));
  const all = accounts.length + fresh.length + 1;
  if (fresh.length === 0 || all <= accountQuota) return;
  throw new SwitchyardError("invalid-config", {
    what: `${fresh.length} new and ${accounts.length} existing accounts, closed ones and the management account counted, are more than AWS allows, ${accountQuota}`,
    where: "switchyard:accounts",
    fix: "Ask AWS for a higher quota (Service Quotas, AWS Organizations), then set switchyard:accountQuota to it",
  });
}

/**
 * Refuses that an entry of the stack is gone while its account is not closed.
 *
 * @throws SwitchyardError `protected` naming the accounts.
 */
export async function refuseRemoved(
  existing: Existing,
  { stack, accounts }: OrganizationConfig,
  provider: aws.Provider,
): Promise<void> {
  const strays = withoutEntry(existing.accounts, accounts);
  const tagged = await Promise.all(
    strays.map(({ id }) => aws.organizations.getResourceTags({ resourceId: id }, { provider })),
  );
  const removed = strays.filter((_, index) => {
    const tags = tagged[index]?.tags ?? {};
    return tags["managed-by"] === "switchyard" && tags["stack"] === stack;
  });
  if (removed.length === 0) return;
  const named = removed.map(({ name, id }) => `${name} (${id})`).join(", ");
  throw new SwitchyardError("protected", {
    what: `${named} ${removed.length === 1 ? "is an account of this stack that has" : "are accounts of this stack that have"} no entry with ${removed.length === 1 ? "its" : "their"} e-mail address any more`,
    where: "switchyard:accounts",
    fix: "Put the entry back as it was. To close an account, set decommission: true in it, run `switchyard up`, then `switchyard account close`",
  });
}
