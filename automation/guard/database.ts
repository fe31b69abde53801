/** What changes of the database do (Amazon RDS User Guide, "Settings for DB instances"). */
import { disrupts, grows, harmless, type Judge, type Row, sides, type Verdict } from "./verdict.ts";

/** Settings RDS changes without an outage. */
const online: readonly string[] = [
  "allocatedStorage",
  "maxAllocatedStorage",
  "iops",
  "storageThroughput",
  "multiAz",
  "deletionProtection",
  "deleteAutomatedBackups",
  "copyTagsToSnapshot",
  "skipFinalSnapshot",
  "finalSnapshotIdentifier",
  "applyImmediately",
  "autoMinorVersionUpgrade",
  "allowMajorVersionUpgrade",
  "backupWindow",
  "maintenanceWindow",
  "monitoringInterval",
  "monitoringRoleArn",
  "performanceInsightsEnabled",
  "performanceInsightsKmsKeyId",
  "performanceInsightsRetentionPeriod",
  "enabledCloudwatchLogsExports",
];

const restarts =
  (why: string): Judge =>
  ({ after }) =>
    disrupts(`${why}${after?.["applyImmediately"] === true ? "" : ", in its next maintenance window"}`);

export function database(common: Readonly<Record<string, Verdict>>): Row {
  return {
    properties: {
      ...common,
      ...Object.fromEntries(online.map((name) => [name, harmless])),
      instanceClass: restarts("restarts the database"),
      parameterGroupName: restarts("restarts the database"),
      engineVersion: restarts("upgrades the database's engine: it is away for minutes"),
      port: restarts("restarts the database, at another port"),
      caCertIdentifier: disrupts("changes the certificate the database answers with"),
      vpcSecurityGroupIds: disrupts("changes the firewall before the database"),
      // An outage begins at once when backups are switched on or off.
      backupRetentionPeriod: (change) => {
        const [before, after] = sides(change, "backupRetentionPeriod").map(Number);
        return (before === 0) === (after === 0) ? harmless : disrupts("restarts the database");
      },
    },
    replace: disrupts("replaces the database: what is stored is lost"),
    delete: disrupts("deletes the database: what is stored is lost"),
  };
}

export function parameters(common: Readonly<Record<string, Verdict>>): Row {
  const why = "changes the database's parameters: some take a restart";
  return {
    properties: { ...common, parameters: disrupts(why) },
    replace: disrupts("restarts the database with other parameters"),
  };
}

export function subnetGroup(common: Readonly<Record<string, Verdict>>): Row {
  return {
    properties: {
      ...common,
      subnetIds: (change) =>
        grows(...sides(change, "subnetIds")) ? harmless : disrupts("takes the database out of subnets it is in"),
    },
    replace: disrupts("moves the database to other subnets"),
  };
}
