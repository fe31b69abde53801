import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";

/** Fixed, so that a command finds the ledger without asking an engine for the pipeline's outputs. */
export const ledgerTableName = "switchyard-ledger";

export interface LedgerArgs {
  readonly profile: Profile;
  readonly keyArn: pulumi.Input<string>;
}

/** The table of leases, journals and release documents: one partition a stack. */
export class Ledger extends pulumi.ComponentResource {
  readonly tableName: pulumi.Output<string>;
  readonly tableArn: pulumi.Output<string>;

  constructor(name: string, args: LedgerArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:pipeline:Ledger", name, {}, options);
    const table = new aws.dynamodb.Table(
      name,
      {
        name: ledgerTableName,
        billingMode: "PAY_PER_REQUEST",
        hashKey: "stack",
        rangeKey: "item",
        attributes: [
          { name: "stack", type: "S" },
          { name: "item", type: "S" },
        ],
        serverSideEncryption: { enabled: true, kmsKeyArn: args.keyArn },
        pointInTimeRecovery: { enabled: true },
        deletionProtectionEnabled: args.profile.deletionProtection,
      },
      { parent: this, protect: args.profile.protect },
    );
    this.tableName = table.name;
    this.tableArn = table.arn;
    this.registerOutputs({ tableName: this.tableName, tableArn: this.tableArn });
  }
}
