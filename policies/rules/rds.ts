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
  resourceRule("aws:rds/parameterGroup:ParameterGroup", {
    name: "rds-forces-tls",
    level: "mandatory",
    severity: "high",
    controls: ["RDS.38", "CKV2_AWS_69"],
    title: "Postgres refuses connections without TLS",
    why: "Passwords and rows otherwise cross the network in plain text when a client forgets sslmode.",
    fix: "Add the parameter rds.force_ssl with value 1.",
    check: ({ family, parameters }) =>
      family.startsWith("postgres") &&
      !(parameters ?? []).some(({ name, value }) => name === "rds.force_ssl" && value === "1")
        ? "parameters does not set rds.force_ssl to 1"
        : undefined,
  }),
  resourceRule(instance, {
    name: "rds-own-parameters",
    level: "mandatory",
    severity: "high",
    controls: ["RDS.38"],
    title: "Postgres uses a parameter group of the platform",
    why: "The default group cannot force TLS on every version.",
    fix: "Set parameterGroupName to the group that sets rds.force_ssl.",
    check: (db) => {
      if (!("parameterGroupName" in db)) return "parameterGroupName is missing";
      return db.parameterGroupName?.startsWith("default.") ? "parameterGroupName is AWS's default group" : undefined;
    },
  }),
  resourceRule(instance, {
    name: "rds-enhanced-monitoring",
    level: "advisory",
    severity: "low",
    controls: ["RDS.6", "CKV_AWS_118"],
    title: "Databases report their operating system's metrics",
    why: "Memory and swap of the machine are not in the plain metrics.",
    fix: "Set monitoringInterval and monitoringRoleArn.",
    check: (db) => ((db.monitoringInterval ?? 0) > 0 ? undefined : "monitoringInterval is 0"),
  }),
  resourceRule(instance, {
    name: "rds-iam-authentication",
    level: "advisory",
    severity: "medium",
    controls: ["RDS.10", "CKV_AWS_161"],
    title: "Databases accept IAM tokens",
    why: "Tokens live for minutes; passwords live until somebody changes them.",
    fix: "Set iamDatabaseAuthenticationEnabled to true.",
    check: (db) =>
      db.iamDatabaseAuthenticationEnabled === true ? undefined : "iamDatabaseAuthenticationEnabled is not true",
  }),
  resourceRule(instance, {
    name: "rds-minor-upgrades",
    level: "advisory",
    severity: "high",
    controls: ["RDS.13", "CKV_AWS_226"],
    title: "Databases take minor versions by themselves",
    why: "Minor versions carry the security fixes.",
    fix: "Leave autoMinorVersionUpgrade true.",
    check: (db) => (db.autoMinorVersionUpgrade === false ? "autoMinorVersionUpgrade is false" : undefined),
  }),
  resourceRule(instance, {
    name: "rds-tagged-snapshots",
    level: "advisory",
    severity: "low",
    controls: ["RDS.17", "CKV2_AWS_60"],
    title: "Snapshots carry the database's tags",
    why: "An untagged snapshot belongs to nobody and is never cleaned up.",
    fix: "Set copyTagsToSnapshot to true.",
    check: (db) => (db.copyTagsToSnapshot === true ? undefined : "copyTagsToSnapshot is not true"),
  }),
  resourceRule(instance, {
    name: "rds-administrator-name",
    level: "advisory",
    severity: "medium",
    controls: ["RDS.25"],
    title: "The administrator has a name of its own",
    why: "The engine's default name is the first one tried.",
    fix: "Set username to something other than admin or postgres.",
    check: (db) =>
      /^(admin|administrator|postgres|root|master)$/.test(db.username ?? "postgres")
        ? "username is a default name"
        : undefined,
  }),
  resourceRule(instance, {
    name: "rds-certificate-authority",
    level: "advisory",
    severity: "medium",
    controls: ["CKV_AWS_211"],
    title: "Databases use a current certificate authority",
    why: "rds-ca-2019 has expired: clients that verify stop connecting.",
    fix: "Leave caCertIdentifier out, or set rds-ca-rsa2048-g1 or newer.",
    check: (db) => (/^rds-ca-20/.test(db.caCertIdentifier ?? "") ? "caCertIdentifier is out of date" : undefined),
  }),
  resourceRule(instance, {
    name: "rds-performance-insights",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_353"],
    title: "Databases record which queries are slow",
    why: "Without it the reason of a slow hour is gone with the hour.",
    fix: "Set performanceInsightsEnabled to true.",
    check: (db) => (db.performanceInsightsEnabled === true ? undefined : "performanceInsightsEnabled is not true"),
  }),
  resourceRule(instance, {
    name: "rds-performance-insights-key",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_354"],
    title: "Recorded queries are encrypted with a key of the platform",
    why: "Recorded queries hold literals, which hold personal data.",
    fix: "Set performanceInsightsKmsKeyId.",
    check: (db) =>
      db.performanceInsightsEnabled === true && !("performanceInsightsKmsKeyId" in db)
        ? "performanceInsightsKmsKeyId is missing"
        : undefined,
  }),
];
