import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { accessRoleName } from "./access.ts";
import { accountOf, accountProvider, stackProvider } from "./account.ts";
import { Access } from "./components/organization/access.ts";
import { Account, contactsOf } from "./components/organization/account.ts";
import { closedEntries, refuseOverQuota, refuseRemoved } from "./components/organization/accounts.ts";
import { monthlyBudget } from "./components/organization/budget.ts";
import { ControlPolicies } from "./components/organization/control-policies.ts";
import { lookUpPeople, People } from "./components/organization/directory.ts";
import { type Existing, readIdentityCenter, readOrganization } from "./components/organization/existing.ts";
import { expandAssignments, management } from "./components/organization/expand.ts";
import { OrganizationalUnits } from "./components/organization/organizational-units.ts";
import { PermissionSet } from "./components/organization/permission-set.ts";
import { Trail } from "./components/organization/trail.ts";
import { pathOf } from "./components/organization/units.ts";
import type { OrganizationConfig } from "./config.ts";
import { SwitchyardError } from "./errors.ts";
import type { OrganizationOutputs } from "./organization-outputs.ts";
import { profileOf } from "./profile.ts";

/** The same as OrganizationOutputs, while a program runs. */
export type OrganizationOutput = {
  readonly [Key in keyof OrganizationOutputs]: pulumi.Input<OrganizationOutputs[Key]>;
};

type AccountIds = Readonly<Record<string, pulumi.Input<string>>>;

/** Accounts in their units, what binds them, and who may log in to them with what. */
export async function organization(config: OrganizationConfig): Promise<OrganizationOutput> {
  const provider = stackProvider(config.stack, config);
  const here = await accountOf(provider);
  const existing = await readOrganization(config, here.id, provider);
  const identityCenter = await readIdentityCenter(provider);
  const options = { providers: { aws: provider } };

  const accounts =
    config.administers === "organization"
      ? await administered(config, existing, here, provider)
      : found(config, existing);
  const { groupIds, memberships } =
    config.identity === "external"
      ? await lookUpPeople({ ...identityCenter, ...config }, provider)
      : new People(config.stack, { ...identityCenter, ...config }, options);
  const permissionSets = new Map(
    Object.entries(config.permissionSets).map(([name, set]) => [
      name,
      new PermissionSet(name, { ...set, ...identityCenter, partition: here.partition }, options),
    ]),
  );
  const access = expandAssignments(config);
  const ids: AccountIds = { ...accounts, [management]: existing.managementAccountId };
  for (const [account, entries] of Map.groupBy(access, (entry) => entry.account)) {
    const accountId = ids[account];
    if (accountId === undefined) throw new Error(`no account ${account}`);
    new Access(account, { ...identityCenter, accountId, entries, groupIds, permissionSets }, options);
  }

  return {
    organizationId: existing.organizationId,
    managementAccountId: existing.managementAccountId,
    accountIds: pulumi.all(accounts),
    units: Object.fromEntries(
      Object.entries(config.accounts).map(([name, { unit }]) => [name, pathOf(config.units, unit)]),
    ),
    access,
    memberships,
    identityCenter: { ...identityCenter, startUrl: `https://${identityCenter.identityStoreId}.awsapps.com/start` },
  };
}

/** Everything of the management account's stack; answers the ids of the accounts that are not closed. */
async function administered(
  config: OrganizationConfig,
  existing: Existing,
  here: Awaited<ReturnType<typeof accountOf>>,
  provider: aws.Provider,
): Promise<AccountIds> {
  const name = config.stack;
  const options = { providers: { aws: provider } };
  refuseOverQuota(existing, config);
  await refuseRemoved(existing, config, provider);

  const units = new OrganizationalUnits(name, { rootId: existing.rootId, units: config.units }, options);
  const closed = closedEntries(existing.accounts, config.accounts);
  const accounts: Record<string, pulumi.Output<string>> = {};
  for (const [key, entry] of Object.entries(config.accounts)) {
    if (closed.has(key)) continue;
    const { name: shown = key, unit, contacts } = entry;
    const args = { ...entry, name: shown, parentId: units.idOf(unit), budget: entry.budget };
    accounts[key] = new Account(key, { ...args, contacts: { ...config.contacts, ...contacts } }, options).id;
  }
  const closing = new Set(Object.keys(config.accounts).filter((key) => config.accounts[key]?.decommission));
  const targets = {
    closing,
    unitId: (unit: string) => units.idOf(unit),
    accountId: (account: string) => accounts[account],
  };
  for (const [kind, type] of [
    ["serviceControlPolicies", "SERVICE_CONTROL_POLICY"],
    ["resourceControlPolicies", "RESOURCE_CONTROL_POLICY"],
  ] as const)
    new ControlPolicies(kind, { type, policies: config[kind], ...targets }, options);
  for (const { account, service } of config.delegatedAdministrators)
    new aws.organizations.DelegatedAdministrator(
      `${account}/${service}`,
      { accountId: accounts[account] ?? "", servicePrincipal: service },
      { provider },
    );
  if (config.budget !== undefined) monthlyBudget(name, config.budget, undefined, { provider });
  contactsOf(management, undefined, config.contacts, { provider });
  if (config.trail !== undefined)
    trailOf(config.trail, config, existing, here, accounts[config.trail.account], options);
  return accounts;
}

function trailOf(
  { name: trailName, account }: NonNullable<OrganizationConfig["trail"]>,
  config: OrganizationConfig,
  { organizationId }: Existing,
  here: Awaited<ReturnType<typeof accountOf>>,
  archive: pulumi.Output<string> | undefined,
  options: { readonly providers: { readonly aws: aws.Provider } },
): void {
  if (archive === undefined) throw new Error(`no account ${account}`);
  const there = { account: archive, partition: here.partition, role: accessRoleName };
  const archiveProvider = accountProvider(`${config.stack}-archive`, config.stack, config, there);
  const trusted = new aws.organizations.AwsServiceAccess(
    "cloudtrail",
    { servicePrincipal: "cloudtrail.amazonaws.com" },
    { provider: options.providers.aws },
  );
  const profile = profileOf(config.tier);
  new Trail(
    config.stack,
    { trailName, management: here, organizationId, archive, archiveProvider, profile },
    { ...options, dependsOn: [trusted] },
  );
}

/**
 * The accounts of another stack, by their addresses.
 *
 * @throws SwitchyardError `invalid-config` naming one that is not there.
 */
function found({ accounts }: OrganizationConfig, existing: Existing): AccountIds {
  const ids = new Map(existing.accounts.map(({ email, id }) => [email.toLowerCase(), id]));
  return Object.fromEntries(
    Object.entries(accounts).map(([name, { email }]) => {
      const id = ids.get(email.toLowerCase());
      if (id !== undefined) return [name, id];
      throw new SwitchyardError("invalid-config", {
        what: `the organization has no account with the address ${email}`,
        where: `switchyard:accounts.${name}`,
        fix: "Make it in the organization's own stack first; a stack that administers logins makes none",
      });
    }),
  );
}
