import type { Found } from "./types.ts";

const bucket = "aws:s3/bucket:Bucket";
const lifecycle = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
const everyone = "http://acs.amazonaws.com/groups/global/AllUsers";
const accounts = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const rds = (name: string) => `aws:rds/${name[0]?.toLowerCase()}${name.slice(1)}:${name}`;

function of(what: string, type: string, props: Record<string, unknown>, rules?: readonly string[]): Found {
  return { what, type, props, ...(rules === undefined ? {} : { rules }) };
}

const grants = (uri: string, permission: string) => ({
  accessControlPolicy: { grants: [{ grantee: { type: "Group", uri }, permission }], owner: { id: "1" } },
});
const cluster = {
  engine: "aurora-postgresql",
  storageEncrypted: true,
  backupRetentionPeriod: 7,
  manageMasterUserPassword: true,
  deletionProtection: true,
  enabledCloudwatchLogsExports: ["postgresql"],
  finalSnapshotIdentifier: "final",
};
const instance = {
  engine: "postgres",
  storageEncrypted: true,
  backupRetentionPeriod: 7,
  manageMasterUserPassword: true,
  parameterGroupName: "tls",
  multiAz: true,
  deletionProtection: true,
  enabledCloudwatchLogsExports: ["postgresql"],
  finalSnapshotIdentifier: "final",
};
const forced = (type: string, family: string, parameters: object[], rules?: readonly string[]) =>
  of(`${type} ${family} ${JSON.stringify(parameters)}`, rds(type), { family, parameters }, rules);

const encrypted = (sseAlgorithm: string) => ({ applyServerSideEncryptionByDefault: { sseAlgorithm } });
const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";

export const stores: readonly Found[] = [
  of("S3's key, in the bucket", bucket, { serverSideEncryptionConfiguration: { rule: encrypted("AES256") } }, [
    "s3-own-key",
  ]),
  of("a key twice over", encryption, { bucket: "b", rules: [encrypted("aws:kms:dsse")] }),
  of("grants to everyone", bucket, { grants: [{ type: "Group", uri: everyone, permissions: ["READ"] }] }, [
    "s3-no-public-read-acl",
  ]),
  of("grants to every account", bucket, { grants: [{ type: "Group", uri: accounts, permissions: ["FULL_CONTROL"] }] }, [
    "s3-no-public-write-acl",
  ]),
  of("ACL grants to everyone", "aws:s3/bucketAcl:BucketAcl", grants(everyone, "READ"), ["s3-no-public-read-acl"]),
  of("ACL grants to every account", "aws:s3/bucketAcl:BucketAcl", grants(accounts, "WRITE"), [
    "s3-no-public-write-acl",
  ]),
  of(
    "ACL grants to the log service",
    "aws:s3/bucketAcl:BucketAcl",
    grants("http://acs.amazonaws.com/groups/s3/LogDelivery", "WRITE"),
  ),
  of("public under the older name", "aws:s3/bucketV2:BucketV2", { acl: "public-read" }, ["s3-no-public-read-acl"]),
  of("public ACL under the older name", "aws:s3/bucketAclV2:BucketAclV2", { acl: "public-read-write" }, [
    "s3-no-public-write-acl",
  ]),
  of("a public object", "aws:s3/bucketObject:BucketObject", { acl: "public-read" }, ["s3-no-public-read-acl"]),
  of("a public object of the second kind", "aws:s3/bucketObjectv2:BucketObjectv2", { acl: "public-read" }, [
    "s3-no-public-read-acl",
  ]),
  of(
    "the account's block switched off",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    { blockPublicAcls: false },
    ["s3-blocks-public-access"],
  ),
  of(
    "an access point without its block",
    "aws:s3/accessPoint:AccessPoint",
    {
      publicAccessBlockConfiguration: {
        blockPublicAcls: false,
        blockPublicPolicy: false,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
    },
    ["s3-blocks-public-access"],
  ),
  of(
    "an access point over several regions without its block",
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",
    { details: { name: "files", publicAccessBlock: { blockPublicPolicy: false }, regions: [] } },
    ["s3-blocks-public-access"],
  ),
  of(
    "an access point over several regions that says nothing",
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",
    { details: { name: "files", regions: [] } },
  ),
  of("an access point that says nothing", "aws:s3/accessPoint:AccessPoint", { bucket: "files" }),
  of("versioning switched off inline", bucket, { versioning: { enabled: false } }, ["s3-versioned"]),
  of(
    "uploads aborted under a prefix",
    lifecycle,
    {
      rules: [
        { status: "Enabled", filter: { prefix: "tmp/" }, abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } },
      ],
    },
    ["s3-aborts-uploads"],
  ),
  of(
    "uploads aborted by a rule that is off",
    lifecycle,
    {
      rules: [{ status: "Disabled", abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } }],
    },
    ["s3-aborts-uploads"],
  ),

  of("a cluster in plain", rds("Cluster"), { ...cluster, storageEncrypted: undefined }, ["rds-encrypted"]),
  of("a cluster's password in code", rds("Cluster"), { ...cluster, masterPassword: "hunter22" }, [
    "rds-managed-password",
  ]),
  of("a cluster with a day of backups", rds("Cluster"), { ...cluster, backupRetentionPeriod: 1 }, ["rds-backups"]),
  of("a cluster's public instance", rds("ClusterInstance"), { publiclyAccessible: true }, ["rds-not-public"]),
  of("a cluster's instance that stays behind", rds("ClusterInstance"), { autoMinorVersionUpgrade: false }, [
    "rds-minor-upgrades",
  ]),
  of("recorded queries under AWS's key", rds("ClusterInstance"), { performanceInsightsEnabled: true }, [
    "rds-performance-insights-key",
  ]),
  of("a global cluster in plain", rds("GlobalCluster"), { globalClusterIdentifier: "g" }, ["rds-encrypted"]),
  of("a sound cluster", rds("Cluster"), cluster),
  of("a sound cluster's instance", rds("ClusterInstance"), { publiclyAccessible: false, clusterIdentifier: "c" }),
  of("an instance made public by a text", rds("Instance"), { ...instance, publiclyAccessible: "true" }, [
    "rds-not-public",
  ]),
  of("an instance with the parameters ''", rds("Instance"), { ...instance, parameterGroupName: "" }, [
    "rds-own-parameters",
  ]),
  of("an instance with the final snapshot ''", rds("Instance"), { ...instance, finalSnapshotIdentifier: "" }, [
    "rds-final-snapshot",
  ]),
  of("a replica", rds("Instance"), {
    replicateSourceDb: "db",
    parameterGroupName: "tls",
    deletionProtection: true,
    enabledCloudwatchLogsExports: ["postgresql"],
  }),
  forced("ParameterGroup", "mariadb11.4", [], ["rds-forces-tls"]),
  forced("ParameterGroup", "mysql8.4", [{ name: "require_secure_transport", value: "OFF" }], ["rds-forces-tls"]),
  forced("ParameterGroup", "mysql8.4", [{ name: "require_secure_transport", value: "ON" }]),
  forced("ClusterParameterGroup", "aurora-postgresql17", [], ["rds-forces-tls"]),
  forced("ParameterGroup", "postgres18", [{ name: "rds.force_ssl", value: "1" }]),

  of("a queue in plain, key ''", "aws:sqs/queue:Queue", { kmsMasterKeyId: "", sqsManagedSseEnabled: false }, [
    "sqs-encrypted",
  ]),
  of("a queue in plain, key null", "aws:sqs/queue:Queue", { kmsMasterKeyId: null, sqsManagedSseEnabled: false }, [
    "sqs-encrypted",
  ]),
  of("a queue's empty key", "aws:sqs/queue:Queue", { kmsMasterKeyId: "" }, ["sqs-encrypted"]),
  of("a queue that says nothing", "aws:sqs/queue:Queue", {}),
  of("a secret under ''", "aws:secretsmanager/secret:Secret", { kmsKeyId: "" }, ["secret-own-key"]),
  of("a secret under AWS's key", "aws:secretsmanager/secret:Secret", { kmsKeyId: "alias/aws/secretsmanager" }, [
    "secret-own-key",
  ]),
  of(
    "a secret that rotates once a year",
    "aws:secretsmanager/secretRotation:SecretRotation",
    { rotationRules: { scheduleExpression: "rate(365 days)" } },
    ["secret-rotation-interval"],
  ),
  of("a secret that rotates each month", "aws:secretsmanager/secretRotation:SecretRotation", {
    rotationRules: { scheduleExpression: "rate(30 days)" },
  }),
  of("logs under ''", "aws:cloudwatch/logGroup:LogGroup", { kmsKeyId: "", retentionInDays: 365 }, ["logs-own-key"]),
  of("a topic under ''", "aws:sns/topic:Topic", { kmsMasterKeyId: "" }, ["sns-encrypted"]),
];
