import * as aws from "@pulumi/aws";
import type { OrganizationConfig } from "../../config.ts";
import { SwitchyardError } from "../../errors.ts";
import { configKey } from "../../validation.ts";
import type { ControlPolicyType } from "./documents.ts";

export interface ExistingAccount {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** `ACTIVE`, `SUSPENDED` (closed), `PENDING_CLOSURE`. */
  readonly state: string;
}

/** What is there before the stack is. */
export interface Existing {
  readonly organizationId: string;
  readonly managementAccountId: string;
  /** `arn:aws:organizations::<management>:organization/o-…`. */
  readonly arn: string;
  readonly rootId: string;
  readonly policyTypes: readonly string[];
  /** Closed ones too; without the management account. */
  readonly accounts: readonly ExistingAccount[];
}

/**
 * The organization, as plain values.
 *
 * @param caller the account the stack is applied in
 * @throws SwitchyardError `not-set-up` when there is none, or it is another account's.
 */
export async function readOrganization(
  config: OrganizationConfig,
  caller: string,
  provider: aws.Provider,
): Promise<Existing> {
  const found = await aws.organizations.getOrganization({}, { provider }).catch((cause: unknown) => {
    if (!/AWSOrganizationsNotInUse/.test(String(cause))) throw cause;
    throw notSetUp("there is no AWS organization", setUpSteps, cause);
  });
  const existing = {
    organizationId: found.id,
    managementAccountId: found.masterAccountId,
    arn: found.arn,
    rootId: found.roots[0]?.id ?? "",
    policyTypes: found.roots.flatMap(({ policyTypes }) =>
      policyTypes.filter(({ status }) => status === "ENABLED").map(({ type }) => type),
    ),
    accounts: found.nonMasterAccounts.map(({ id, name, email, state, status }) => ({
      id,
      name,
      email,
      state: state ?? status,
    })),
  };
  refuseElsewhere(config, existing, caller);
  refuseAddressOf(found.masterAccountEmail, config);
  for (const [key, type] of policyTypes)
    if (Object.keys(config[key]).length > 0 && !existing.policyTypes.includes(type))
      throw notSetUp(`policies of the type ${type} are not enabled in the organization`, [
        enablePolicyType(existing.rootId, type),
      ]);
  return existing;
}

const policyTypes = [
  ["serviceControlPolicies", "SERVICE_CONTROL_POLICY"],
  ["resourceControlPolicies", "RESOURCE_CONTROL_POLICY"],
] as const satisfies readonly (readonly [string, ControlPolicyType])[];

const enablePolicyType = (root: string, type: string) =>
  `\`aws organizations enable-policy-type --root-id ${root} --policy-type ${type}\``;

/** In this order: an Identity Center enabled before there is an organization stays one of a single account. */
const setUpSteps: readonly string[] = [
  "in the management account, `aws organizations create-organization --feature-set ALL`",
  "confirm the management account's e-mail address by the mail AWS sends",
  "in the console, IAM Identity Center, in the stack's region: Enable, with AWS Organizations",
];

function refuseElsewhere(config: OrganizationConfig, { managementAccountId }: Existing, caller: string): void {
  const here = caller === managementAccountId;
  if (config.administers === "organization" && !here)
    throw notSetUp(`the stack is applied in ${caller}, and ${managementAccountId} is the management account`, [
      `use credentials of ${managementAccountId}`,
      "or set switchyard:administers: logins, for a stack of logins alone in Identity Center's delegated administrator",
    ]);
  if (config.administers === "logins" && here)
    throw notSetUp("a stack that administers logins is applied in the management account", [
      "use credentials of Identity Center's delegated administrator",
      "or set switchyard:administers: organization",
    ]);
}

/** AWS takes an address for one account only, and the management account's is nobody's entry. */
function refuseAddressOf(management: string, { accounts }: OrganizationConfig): void {
  for (const [name, { email }] of Object.entries(accounts))
    if (email.toLowerCase() === management.toLowerCase())
      throw new SwitchyardError("invalid-config", {
        what: "the management account has the same address, which AWS takes for one account only, ever",
        where: configKey(["accounts", name, "email"]),
        fix: "Give it its own, such as aws+<account>@example.com",
      });
}

export interface IdentityCenter {
  readonly instanceArn: string;
  readonly identityStoreId: string;
  readonly region: string;
}

/**
 * Identity Center's instance, which only the console makes.
 *
 * @throws SwitchyardError `not-set-up` naming the steps.
 */
export async function readIdentityCenter(provider: aws.Provider): Promise<IdentityCenter> {
  const found = await aws.ssoadmin.getInstances({}, { provider });
  const [instanceArn] = found.arns;
  const [identityStoreId] = found.identityStoreIds;
  if (instanceArn !== undefined && identityStoreId !== undefined)
    return { instanceArn, identityStoreId, region: found.region };
  throw notSetUp(`IAM Identity Center is not enabled in ${found.region}`, [
    "sign in to the management account's console (an API makes an instance of a single account only)",
    `choose the region ${found.region}, which is the stack's; it cannot be changed later`,
    "IAM Identity Center, Enable, with AWS Organizations",
    "where another account is to administer logins: Settings, Management, Register account",
  ]);
}

function notSetUp(what: string, steps: readonly string[], cause?: unknown): SwitchyardError {
  const listed = steps.length === 1 ? steps[0] : steps.map((step, index) => `${index + 1}. ${step}`).join("; ");
  return new SwitchyardError("not-set-up", { what, where: "organization", fix: `${listed}; then run it again`, cause });
}
