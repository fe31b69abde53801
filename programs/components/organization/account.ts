import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { accessRoleName } from "../../access.ts";
import type { AccountEntry, BudgetEntry, Contacts } from "../../organization-config.ts";
import { monthlyBudget } from "./budget.ts";

export interface AccountArgs extends Pick<AccountEntry, "email" | "tags" | "decommission"> {
  readonly name: string;
  /** The unit it is in. */
  readonly parentId: pulumi.Input<string>;
  readonly contacts: Contacts;
  readonly budget: BudgetEntry | undefined;
}

/**
 * A member account. It is protected, and nothing that Pulumi does ever closes it or takes it out of the organization:
 * one that is to be decommissioned only leaves the state.
 */
export class Account extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: AccountArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:organization:Account", name, {}, options);
    const account = new aws.organizations.Account(
      name,
      {
        name: args.name,
        email: args.email,
        parentId: args.parentId,
        roleName: accessRoleName,
        tags: { ...args.tags, ...(args.decommission ? { decommission: "true" } : {}) },
      },
      { parent: this, protect: !args.decommission, retainOnDelete: true },
    );
    this.id = account.id;
    // Those of a closed account are nobody's to delete.
    contactsOf(name, account.id, args.contacts, { parent: this, retainOnDelete: args.decommission });
    if (args.budget !== undefined) monthlyBudget(name, args.budget, account.id, { parent: this });
    this.registerOutputs({ id: this.id });
  }
}

/** Of the account, or of the stack's own when none is named. */
export function contactsOf(
  name: string,
  accountId: pulumi.Input<string> | undefined,
  contacts: Contacts,
  options: pulumi.CustomResourceOptions,
): void {
  for (const kind of ["billing", "operations", "security"] as const) {
    const contact = contacts[kind];
    if (contact === undefined) continue;
    new aws.account.AlternativeContact(
      `${name}/${kind}`,
      {
        ...(accountId !== undefined && { accountId }),
        alternateContactType: kind.toUpperCase(),
        name: contact.name,
        title: contact.title,
        emailAddress: contact.email,
        phoneNumber: contact.phone,
      },
      options,
    );
  }
}
