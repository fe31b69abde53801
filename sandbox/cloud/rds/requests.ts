import type { CreateDBInstanceMessage, DBInstance, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import { awsError } from "../handlers.ts";
import { lacking } from "../moto/server.ts";

/** Refuses what no PostgreSQL of this machine can stand for, and what RDS itself refuses. */
export function requireSupported(input: CreateDBInstanceMessage): void {
  if (input.Engine !== "postgres") throw lacking("rds", `CreateDBInstance with the engine ${input.Engine}`);
  if (!input.ManageMasterUserPassword && !input.MasterUserPassword) {
    throw awsError("InvalidParameterValue", "The parameter MasterUserPassword must be provided and must not be blank.");
  }
  if (input.ManageMasterUserPassword && input.MasterUserPassword) {
    const message = "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.";
    throw awsError("InvalidParameterCombination", message);
  }
}

/** RDS's rules for deleting an instance: unprotected, and with a decision about the final snapshot. */
export function requireDeletable(
  input: { SkipFinalSnapshot?: boolean; FinalDBSnapshotIdentifier?: string },
  instance: DBInstance,
): void {
  if (instance.DeletionProtection) {
    const message = "Cannot delete protected DB Instance, please disable deletion protection and try again.";
    throw awsError("InvalidParameterCombination", message);
  }
  if (!input.SkipFinalSnapshot && !input.FinalDBSnapshotIdentifier) {
    throw awsError(
      "InvalidParameterCombination",
      "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
    );
  }
  if (input.SkipFinalSnapshot && input.FinalDBSnapshotIdentifier) {
    const message = "FinalDBSnapshotIdentifier can not be specified when deleting with SkipFinalSnapshot.";
    throw awsError("InvalidParameterCombination", message);
  }
}

/** The settings of a request that moto does not give back. */
export function droppedSettings(input: CreateDBInstanceMessage | ModifyDBInstanceMessage): Partial<DBInstance> {
  const insights = input.EnablePerformanceInsights;
  const settings: Partial<DBInstance> = {
    PerformanceInsightsEnabled: insights,
    PerformanceInsightsKMSKeyId: input.PerformanceInsightsKMSKeyId,
    PerformanceInsightsRetentionPeriod: input.PerformanceInsightsRetentionPeriod ?? (insights ? 7 : undefined),
    DatabaseInsightsMode: input.DatabaseInsightsMode,
    MonitoringRoleArn: input.MonitoringRoleArn,
    StorageThroughput: input.StorageThroughput,
    Iops: input.Iops,
    NetworkType: input.NetworkType,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
