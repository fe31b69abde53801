import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { accessName, type Access as Entry } from "./expand.ts";
import type { PermissionSet } from "./permission-set.ts";

export interface AccessArgs {
  readonly accountId: pulumi.Input<string>;
  readonly instanceArn: string;
  readonly entries: readonly Entry[];
  readonly groupIds: Readonly<Record<string, pulumi.Input<string>>>;
  readonly permissionSets: ReadonlyMap<string, PermissionSet>;
}

/** Who may log in to one account. */
export class Access extends pulumi.ComponentResource {
  constructor(name: string, args: AccessArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:organization:Access", name, {}, options);
    for (const entry of args.entries) {
      const set = args.permissionSets.get(entry.permissionSet);
      if (set === undefined) throw new Error(`no permission set ${entry.permissionSet}`);
      new aws.ssoadmin.AccountAssignment(
        accessName(entry),
        {
          instanceArn: args.instanceArn,
          permissionSetArn: set.arn,
          principalType: "GROUP",
          principalId: args.groupIds[entry.group] ?? "",
          targetType: "AWS_ACCOUNT",
          targetId: args.accountId,
        },
        { parent: this, dependsOn: [...set.parts] },
      );
    }
    this.registerOutputs({});
  }
}
