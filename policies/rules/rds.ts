import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";

const instance = "aws:rds/instance:Instance";

export const rdsRules = [
  resourceRule(instance, {
    name: "rds-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["RDS.2", "CKV_AWS_17"],
    title: "Databases have no public address",
    why: "A public address leaves passwords as the only barrier to the data.",
    fix: "Set publiclyAccessible to false.",
    check: (db) => (db.publiclyAccessible === true ? "publiclyAccessible is true" : undefined),
  }),
  resourceRule(instance, {
    name: "rds-encrypted",
    level: "mandatory",
    severity: "high",
    controls: ["RDS.3", "CKV_AWS_16"],
    title: "Databases are encrypted at rest",
    why: "Snapshots and disks outlive the instance and are copied between accounts.",
    fix: "Set storageEncrypted to true.",
    check: (db) => (db.storageEncrypted === true ? undefined : "storageEncrypted is not true"),
  }),
  resourceRule(instance, {
    name: "rds-backups",
    level: "mandatory",
    severity: "medium",
    controls: ["RDS.11", "CKV_AWS_133"],
    title: "Databases are backed up for long enough",
    why: "Point-in-time recovery reaches back only as far as the retention period.",
    fix: "Set backupRetentionPeriod to at least the configured number of days.",
    settings: { minimumDays: setting.integer(7, "Shortest retention allowed, in days") },
    check: (db, { settings }) =>
      (db.backupRetentionPeriod ?? 0) >= settings.minimumDays
        ? undefined
        : "backupRetentionPeriod is shorter than the configured minimum",
  }),
  resourceRule(instance, {
    name: "rds-managed-password",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
    title: "The master password is made and kept by RDS",
    why: "A password given in code passes through state, plans and whoever can read them.",
    fix: "Set manageMasterUserPassword to true and leave password out.",
    check: function* (db) {
      if ("password" in db || "passwordWo" in db) yield "password is given";
      if (db.manageMasterUserPassword !== true && db.replicateSourceDb === undefined) {
        yield "manageMasterUserPassword is not true";
      }
    },
  }),
  resourceRule(instance, {
    name: "rds-multi-az",
    level: "production",
    severity: "medium",
    controls: ["RDS.5", "CKV_AWS_157"],
    title: "Databases have a standby in a second zone",
    why: "A zone's failure, or maintenance, otherwise takes the database with it.",
    fix: "Set multiAz to true.",
    check: (db) => (db.multiAz === true ? undefined : "multiAz is not true"),
  }),
  resourceRule(instance, {
    name: "rds-deletion-protection",
    level: "production",
    severity: "high",
    controls: ["RDS.8", "CKV_AWS_293"],
    title: "Databases are protected from deletion",
    why: "A replacement planned by mistake would delete the data with the instance.",
    fix: "Set deletionProtection to true.",
    check: (db) => (db.deletionProtection === true ? undefined : "deletionProtection is not true"),
  }),
  resourceRule(instance, {
    name: "rds-log-exports",
    level: "production",
    severity: "medium",
    controls: ["RDS.36", "CKV_AWS_129"],
    title: "Database logs go to CloudWatch",
    why: "Logs kept only on the instance are lost with it and cannot raise an alarm.",
    fix: "Name postgresql in enabledCloudwatchLogsExports.",
    check: (db) =>
      (db.enabledCloudwatchLogsExports ?? []).length > 0 ? undefined : "enabledCloudwatchLogsExports is empty",
  }),
  resourceRule(instance, {
    name: "rds-final-snapshot",
    level: "production",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    title: "Deleting a database leaves a final snapshot",
    why: "Automated backups go with the instance; the final snapshot is what remains.",
    fix: "Set skipFinalSnapshot to false and name finalSnapshotIdentifier.",
    check: function* (db) {
      if (db.skipFinalSnapshot === true) yield "skipFinalSnapshot is true";
      else if (!("finalSnapshotIdentifier" in db)) yield "finalSnapshotIdentifier is missing";
    },
  }),
];
