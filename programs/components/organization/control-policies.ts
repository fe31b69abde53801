import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { OrganizationConfig } from "../../config.ts";
import { type ControlPolicyType, policyJson } from "./documents.ts";

export interface ControlPoliciesArgs {
  readonly type: ControlPolicyType;
  readonly policies: OrganizationConfig["serviceControlPolicies"];
  readonly unitId: (unit: string) => pulumi.Input<string>;
  /** Undefined where the account is closed. */
  readonly accountId: (account: string) => pulumi.Input<string> | undefined;
  /** Those of them that are to be closed: what is attached to a closed account is not detached. */
  readonly closing: ReadonlySet<string>;
}

/** Policies of one type, and what they are attached to. */
export class ControlPolicies extends pulumi.ComponentResource {
  constructor(name: string, args: ControlPoliciesArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:organization:ControlPolicies", name, {}, options);
    for (const [key, entry] of Object.entries(args.policies)) {
      const policy = new aws.organizations.Policy(
        key,
        { name: key, description: entry.description, type: args.type, content: policyJson(entry, args.type) },
        { parent: this },
      );
      const attach = (target: string, targetId: pulumi.Input<string> | undefined, retainOnDelete = false) => {
        if (targetId === undefined) return;
        const options = { parent: this, retainOnDelete };
        new aws.organizations.PolicyAttachment(`${key}/${target}`, { policyId: policy.id, targetId }, options);
      };
      for (const unit of new Set(entry.units)) attach(`unit-${unit}`, args.unitId(unit));
      for (const account of new Set(entry.accounts))
        attach(`account-${account}`, args.accountId(account), args.closing.has(account));
    }
    this.registerOutputs({});
  }
}
