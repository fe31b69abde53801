import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { PermissionSetEntry } from "../../organization-config.ts";
import { managedPolicyArn, policyJson } from "./documents.ts";

export interface PermissionSetArgs extends PermissionSetEntry {
  readonly instanceArn: string;
  readonly partition: string;
}

/** What somebody may do in an account they are assigned to. */
export class PermissionSet extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  /** All of it: who is assigned before would get a part, and again the whole. */
  readonly parts: readonly pulumi.Resource[];

  constructor(name: string, args: PermissionSetArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:organization:PermissionSet", name, {}, options);
    const { instanceArn, partition } = args;
    const set = new aws.ssoadmin.PermissionSet(
      name,
      {
        instanceArn,
        name,
        description: args.description,
        sessionDuration: `PT${args.sessionHours}H`,
        ...(args.relayState !== undefined && { relayState: args.relayState }),
      },
      { parent: this },
    );
    const of = { instanceArn, permissionSetArn: set.arn };
    const parts: pulumi.Resource[] = [set];
    for (const policy of args.managedPolicies)
      parts.push(
        new aws.ssoadmin.ManagedPolicyAttachment(
          `${name}/${policy.split("/").at(-1)}`,
          { ...of, managedPolicyArn: managedPolicyArn(policy, partition) },
          // Identity Center takes one change of a permission set at a time (ConflictException).
          { parent: this, dependsOn: parts.slice(-1) },
        ),
      );
    if (args.inlinePolicy !== undefined)
      parts.push(
        new aws.ssoadmin.PermissionSetInlinePolicy(
          name,
          { ...of, inlinePolicy: policyJson(args.inlinePolicy) },
          { parent: this, dependsOn: parts.slice(-1) },
        ),
      );
    if (args.permissionsBoundary !== undefined)
      parts.push(
        new aws.ssoadmin.PermissionsBoundaryAttachment(
          name,
          { ...of, permissionsBoundary: boundary(args.permissionsBoundary, partition) },
          { parent: this, dependsOn: parts.slice(-1) },
        ),
      );
    this.arn = set.arn;
    this.parts = parts;
    this.registerOutputs({ arn: this.arn });
  }
}

function boundary(
  { managedPolicy, customerPolicy = "" }: NonNullable<PermissionSetEntry["permissionsBoundary"]>,
  partition: string,
) {
  if (managedPolicy !== undefined) return { managedPolicyArn: managedPolicyArn(managedPolicy, partition) };
  const at = customerPolicy.lastIndexOf("/");
  const path = `/${customerPolicy.slice(0, at + 1).replace(/^\//, "")}`;
  return { customerManagedPolicyReference: { name: customerPolicy.slice(at + 1), path } };
}
