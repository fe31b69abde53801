import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { given, isTrue } from "../unknown.ts";

const instance = "aws:rds/instance:Instance";
const cluster = "aws:rds/cluster:Cluster";
const clusterInstance = "aws:rds/clusterInstance:ClusterInstance";
const databases = [instance, cluster] as const;
/** In days (RDS API reference, CreateDBInstance, BackupRetentionPeriod). */
const longestBackups = 35;
const machines = [instance, clusterInstance] as const;

export const rdsRules = [
  resourceRule([...machines, "aws:rds/shardGroup:ShardGroup"], {
    name: "rds-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["RDS.2", "CKV_AWS_17"],
    title: "Databases have no public address",
    why: "A public address leaves passwords as the only barrier to the data.",
    fix: "Set publiclyAccessible to false.",
    check: (db) => (isTrue(db.publiclyAccessible) ? "publiclyAccessible is true" : undefined),
  }),
  resourceRule([...databases, "aws:rds/globalCluster:GlobalCluster"], {
    name: "rds-encrypted",
    level: "mandatory",
    severity: "high",
    controls: ["RDS.3", "CKV_AWS_16"],
    title: "Databases are encrypted at rest",
    why: "Snapshots and disks outlive the instance and are copied between accounts.",
    fix: "Set storageEncrypted to true.",
    check: (db) => {
      // A copy of another database, a snapshot or a global cluster is encrypted as what it was made from.
      if (isCopy(db) || ("globalClusterIdentifier" in db && "engine" in db && given(db, "sourceRegion")))
        return undefined;
      return isTrue(db.storageEncrypted) ? undefined : "storageEncrypted is not true";
    },
  }),
  resourceRule(databases, {
    name: "rds-backups",
    level: "mandatory",
    severity: "medium",
    controls: ["RDS.11", "CKV_AWS_133"],
    title: "Databases are backed up for long enough, and no longer than RDS keeps backups",
    why: "Point-in-time recovery reaches back only as far as the retention period.",
    fix: "Set backupRetentionPeriod to at least the configured number of days, and at most 35.",
    settings: { minimumDays: setting.integer(7, "Shortest retention allowed, in days") },
    check: (db, { settings }) => {
      if (isReplica(db)) return undefined;
      const days = Number(db.backupRetentionPeriod ?? 0);
      if (days > longestBackups) return "backupRetentionPeriod is longer than the 35 days RDS takes";
      return days >= settings.minimumDays ? undefined : "backupRetentionPeriod is shorter than the configured minimum";
    },
  }),
  resourceRule(databases, {
    name: "rds-managed-password",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
    title: "The master password is made and kept by RDS",
    why: "A password given in code passes through state, plans and whoever can read them.",
    fix: "Set manageMasterUserPassword to true and leave password out.",
    check: function* (db) {
      for (const property of ["password", "passwordWo", "masterPassword", "masterPasswordWo"])
        if (given(db, property)) yield `${property} is given`;
      if (!isTrue(db.manageMasterUserPassword) && !isCopy(db)) yield "manageMasterUserPassword is not true";
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
    check: (db) => (isTrue(db.multiAz) || isReplica(db) ? undefined : "multiAz is not true"),
  }),
  resourceRule([...databases, "aws:rds/globalCluster:GlobalCluster"], {
    name: "rds-deletion-protection",
    level: "production",
    severity: "high",
    controls: ["RDS.8", "CKV_AWS_293"],
    title: "Databases are protected from deletion",
    why: "A replacement planned by mistake would delete the data with the instance.",
    fix: "Set deletionProtection to true.",
    check: (db) => (isTrue(db.deletionProtection) ? undefined : "deletionProtection is not true"),
  }),
  resourceRule(databases, {
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
  resourceRule(databases, {
    name: "rds-final-snapshot",
    level: "production",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
    title: "Deleting a database leaves a final snapshot",
    why: "Automated backups go with the instance; the final snapshot is what remains.",
    fix: "Set skipFinalSnapshot to false and name finalSnapshotIdentifier.",
    check: function* (db) {
      if (isReplica(db)) return;
      if (isTrue(db.skipFinalSnapshot)) yield "skipFinalSnapshot is true";
      else if (!given(db, "finalSnapshotIdentifier")) yield "finalSnapshotIdentifier is missing";
    },
  }),
  resourceRule(["aws:rds/parameterGroup:ParameterGroup", "aws:rds/clusterParameterGroup:ClusterParameterGroup"], {
    name: "rds-forces-tls",
    level: "mandatory",
    severity: "high",
    controls: ["RDS.38", "CKV2_AWS_69"],
    title: "Databases refuse connections without TLS",
    why: "Passwords and rows otherwise cross the network in plain text when a client forgets sslmode.",
    fix: "Add the parameter rds.force_ssl (Postgres) with value 1, or require_secure_transport (MySQL, MariaDB) with ON.",
    check: ({ family, parameters }) => {
      const switches = tlsSwitch(family);
      if (switches === undefined) return undefined;
      const { name: wanted, on } = switches;
      return (parameters ?? []).some(({ name, value }) => name === wanted && on.test(value))
        ? undefined
        : `parameters does not switch ${wanted} on`;
    },
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
      if (!given(db, "parameterGroupName")) return "parameterGroupName is missing";
      return db.parameterGroupName?.startsWith("default.") ? "parameterGroupName is AWS's default group" : undefined;
    },
  }),
  resourceRule(machines, {
    name: "rds-enhanced-monitoring",
    level: "advisory",
    severity: "low",
    controls: ["RDS.6", "CKV_AWS_118"],
    title: "Databases report their operating system's metrics",
    why: "Memory and swap of the machine are not in the plain metrics.",
    fix: "Set monitoringInterval and monitoringRoleArn.",
    check: (db) => ((db.monitoringInterval ?? 0) > 0 ? undefined : "monitoringInterval is 0"),
  }),
  resourceRule(databases, {
    name: "rds-iam-authentication",
    level: "advisory",
    severity: "medium",
    controls: ["RDS.10", "CKV_AWS_161"],
    title: "Databases accept IAM tokens",
    why: "Tokens live for minutes; passwords live until somebody changes them.",
    fix: "Set iamDatabaseAuthenticationEnabled to true.",
    check: (db) =>
      isTrue(db.iamDatabaseAuthenticationEnabled) ? undefined : "iamDatabaseAuthenticationEnabled is not true",
  }),
  resourceRule(machines, {
    name: "rds-minor-upgrades",
    level: "advisory",
    severity: "high",
    controls: ["RDS.13", "CKV_AWS_226"],
    title: "Databases take minor versions by themselves",
    why: "Minor versions carry the security fixes.",
    fix: "Leave autoMinorVersionUpgrade true.",
    check: (db) => (db.autoMinorVersionUpgrade === false ? "autoMinorVersionUpgrade is false" : undefined),
  }),
  resourceRule(databases, {
    name: "rds-tagged-snapshots",
    level: "advisory",
    severity: "low",
    controls: ["RDS.17", "CKV2_AWS_60"],
    title: "Snapshots carry the database's tags",
    why: "An untagged snapshot belongs to nobody and is never cleaned up.",
    fix: "Set copyTagsToSnapshot to true.",
    check: (db) => (isTrue(db.copyTagsToSnapshot) ? undefined : "copyTagsToSnapshot is not true"),
  }),
  resourceRule(databases, {
    name: "rds-administrator-name",
    level: "advisory",
    severity: "medium",
    controls: ["RDS.25"],
    title: "The administrator has a name of its own",
    why: "The engine's default name is the first one tried.",
    fix: "Set username to something other than admin or postgres.",
    check: (db) =>
      "username" in db || "masterUsername" in db || !isCopy(db)
        ? defaultName.test(
            ("username" in db ? db.username : "masterUsername" in db ? db.masterUsername : undefined) ?? "postgres",
          )
          ? `${"masterUsername" in db ? "masterUsername" : "username"} is a default name`
          : undefined
        : undefined,
  }),
  resourceRule(machines, {
    name: "rds-certificate-authority",
    level: "advisory",
    severity: "medium",
    controls: ["CKV_AWS_211"],
    title: "Databases use a current certificate authority",
    why: "rds-ca-2019 has expired: clients that verify stop connecting.",
    fix: "Leave caCertIdentifier out, or set rds-ca-rsa2048-g1 or newer.",
    check: (db) => (/^rds-ca-20/.test(db.caCertIdentifier ?? "") ? "caCertIdentifier is out of date" : undefined),
  }),
  resourceRule(machines, {
    name: "rds-performance-insights",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_353"],
    title: "Databases record which queries are slow",
    why: "Without it the reason of a slow hour is gone with the hour.",
    fix: "Set performanceInsightsEnabled to true.",
    check: (db) => (isTrue(db.performanceInsightsEnabled) ? undefined : "performanceInsightsEnabled is not true"),
  }),
  resourceRule(machines, {
    name: "rds-performance-insights-key",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_354"],
    title: "Recorded queries are encrypted with a key of the platform",
    why: "Recorded queries hold literals, which hold personal data.",
    fix: "Set performanceInsightsKmsKeyId.",
    check: (db) =>
      isTrue(db.performanceInsightsEnabled) && !given(db, "performanceInsightsKmsKeyId")
        ? "performanceInsightsKmsKeyId is missing"
        : undefined,
  }),
  resourceRule(
    ["aws:rds/snapshot:Snapshot", "aws:rds/snapshotCopy:SnapshotCopy", "aws:rds/clusterSnapshot:ClusterSnapshot"],
    {
      name: "rds-snapshots-private",
      level: "mandatory",
      severity: "critical",
      controls: ["RDS.1"],
      title: "No snapshot of a database is public",
      why: "Anyone with an AWS account could restore it and read the data.",
      fix: "Name the accounts in sharedAccounts.",
      check: ({ sharedAccounts }) =>
        (sharedAccounts ?? []).includes("all") ? "sharedAccounts shares it with everyone" : undefined,
    },
  ),
  resourceRule("aws:rds/proxy:Proxy", {
    name: "rds-proxy-tls",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.howitworks.html",
    title: "Proxies refuse connections without TLS",
    why: "Passwords and rows otherwise cross the network in plain text on the way to the proxy.",
    fix: "Set requireTls to true.",
    check: ({ requireTls }) => (isTrue(requireTls) ? undefined : "requireTls is not true"),
  }),
];

const defaultName = /^(admin|administrator|postgres|root|master)$/i;

/** Made from another database, whose encryption and backups it has. */
function isReplica(db: object): boolean {
  return given(db, "replicateSourceDb") || given(db, "replicationSourceIdentifier");
}

/** Made from another database or a snapshot, with its encryption and its password. */
function isCopy(db: object): boolean {
  return (
    isReplica(db) || ["snapshotIdentifier", "restoreToPointInTime", "s3Import"].some((property) => given(db, property))
  );
}

/** What makes each engine refuse plain connections (Amazon RDS, "Using SSL/TLS to encrypt a connection"). */
function tlsSwitch(family: string): { readonly name: string; readonly on: RegExp } | undefined {
  if (/^(aurora-)?postgres/.test(family)) return { name: "rds.force_ssl", on: /^1$/ };
  if (/^(aurora-)?(mysql|mariadb)/.test(family)) return { name: "require_secure_transport", on: /^(1|ON)$/i };
  if (/^sqlserver/.test(family)) return { name: "rds.force_ssl", on: /^1$/ };
  return undefined;
}
