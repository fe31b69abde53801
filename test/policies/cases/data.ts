import { type Domain, type Fault, policy } from "./types.ts";

const db = "aws:rds/instance:Instance";
const bucketPolicy = "aws:s3/bucketPolicy:BucketPolicy";
const table = "aws:dynamodb/table:Table";
const tls = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: "*",
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const everyone = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::files/*" };

function database(rule: string, change: Record<string, unknown>): Fault {
  return { rule, type: db, change };
}

export const data: Domain = {
  good: {
    [db]: {
      props: {
        engine: "postgres",
        username: "switchyard",
        manageMasterUserPassword: true,
        publiclyAccessible: false,
        storageEncrypted: true,
        backupRetentionPeriod: 7,
        parameterGroupName: "tls-only",
        multiAz: true,
        deletionProtection: true,
        enabledCloudwatchLogsExports: ["postgresql"],
        skipFinalSnapshot: false,
        finalSnapshotIdentifier: "final",
        monitoringInterval: 60,
        iamDatabaseAuthenticationEnabled: true,
        autoMinorVersionUpgrade: true,
        copyTagsToSnapshot: true,
        caCertIdentifier: "rds-ca-rsa2048-g1",
        performanceInsightsEnabled: true,
        performanceInsightsKmsKeyId: "arn",
      },
    },
    "aws:rds/parameterGroup:ParameterGroup": {
      props: { family: "postgres18", parameters: [{ name: "rds.force_ssl", value: "1" }] },
    },
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
      props: { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    },
    [bucketPolicy]: { props: { bucket: "files", policy: policy(tls) } },
    "aws:s3/bucketAcl:BucketAcl": { props: { bucket: "files", acl: "private" } },
    "aws:s3/bucket:Bucket": { props: { forceDestroy: false } },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
      props: { rule: { objectOwnership: "BucketOwnerEnforced" } },
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
      props: { rules: [{ id: "tidy", status: "Enabled", abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } }] },
    },
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": {
      props: {
        bucket: "files",
        corsRules: [
          { allowedOrigins: ["https://www.example.com"], allowedMethods: ["GET", "PUT"] },
          { allowedOrigins: ["*"], allowedMethods: ["GET", "HEAD"] },
        ],
      },
    },
    "aws:s3/bucketVersioning:BucketVersioning": { props: { versioningConfiguration: { status: "Enabled" } } },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
      props: { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "arn" } }] },
    },
    [table]: {
      props: {
        pointInTimeRecovery: { enabled: true },
        deletionProtectionEnabled: true,
        serverSideEncryption: { enabled: true, kmsKeyArn: "arn" },
      },
    },
    "aws:dynamodb/resourcePolicy:ResourcePolicy": {
      props: {
        resourceArn: "arn:aws:dynamodb:us-east-1:123456789012:table/t",
        policy: policy({
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:role/web" },
          Action: "dynamodb:GetItem",
          Resource: "*",
        }),
      },
    },
    "aws:rds/snapshot:Snapshot": { props: { dbInstanceIdentifier: "db", sharedAccounts: ["123456789012"] } },
    "aws:rds/proxy:Proxy": { props: { engineFamily: "POSTGRESQL", requireTls: true } },
    "aws:efs/fileSystemPolicy:FileSystemPolicy": {
      props: {
        fileSystemId: "fs-1",
        policy: policy({
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:role/web" },
          Action: "elasticfilesystem:ClientMount",
          Resource: "*",
        }),
      },
    },
    "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess": { props: { state: "block-new-sharing" } },
    "aws:ec2/vpcEndpointService:VpcEndpointService": {
      props: { acceptanceRequired: true, allowedPrincipals: ["arn:aws:iam::123456789012:root"] },
    },
    "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple": {
      props: { principalArn: "arn:aws:iam::123456789012:role/partner", vpcEndpointServiceId: "vpce-svc-1" },
    },
    "aws:ecrpublic/repositoryPolicy:RepositoryPolicy": {
      props: {
        policy: policy({
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:root" },
          Action: "ecr-public:PutImage",
        }),
      },
    },
    "aws:dynamodb/tableReplica:TableReplica": {
      props: { globalTableArn: "arn", pointInTimeRecovery: true, deletionProtectionEnabled: true },
    },
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": { props: { imageId: "ami-1", accountId: "123456789012" } },
    "aws:ecr/repository:Repository": {
      props: {
        imageScanningConfiguration: { scanOnPush: true },
        imageTagMutability: "IMMUTABLE",
        encryptionConfigurations: [{ encryptionType: "KMS" }],
      },
    },
    "aws:ecr/repositoryPolicy:RepositoryPolicy": {
      props: {
        policy: policy({
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:root" },
          Action: "ecr:BatchGetImage",
        }),
      },
    },
  },
  faults: [
    database("rds-not-public", { publiclyAccessible: true }),
    database("rds-encrypted", { storageEncrypted: undefined }),
    database("rds-backups", { backupRetentionPeriod: 1 }),
    database("rds-managed-password", { manageMasterUserPassword: undefined, password: "hunter22-canary" }),
    database("rds-own-parameters", { parameterGroupName: "default.postgres18" }),
    database("rds-own-parameters", { parameterGroupName: undefined }),
    database("rds-multi-az", { multiAz: false }),
    database("rds-deletion-protection", { deletionProtection: false }),
    database("rds-log-exports", { enabledCloudwatchLogsExports: [] }),
    database("rds-final-snapshot", { skipFinalSnapshot: true }),
    database("rds-enhanced-monitoring", { monitoringInterval: 0 }),
    database("rds-iam-authentication", { iamDatabaseAuthenticationEnabled: false }),
    database("rds-minor-upgrades", { autoMinorVersionUpgrade: false }),
    database("rds-tagged-snapshots", { copyTagsToSnapshot: false }),
    database("rds-administrator-name", { username: "postgres" }),
    database("rds-certificate-authority", { caCertIdentifier: "rds-ca-2019" }),
    database("rds-performance-insights", { performanceInsightsEnabled: false }),
    database("rds-performance-insights-key", { performanceInsightsKmsKeyId: undefined }),
    {
      rule: "rds-forces-tls",
      type: "aws:rds/parameterGroup:ParameterGroup",
      change: { parameters: [{ name: "rds.force_ssl", value: "0" }] },
    },
    {
      rule: "s3-blocks-public-access",
      type: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
      change: { restrictPublicBuckets: false },
    },
    { rule: "s3-not-public", type: bucketPolicy, change: { policy: policy(tls, everyone) } },
    { rule: "s3-no-public-read-acl", type: "aws:s3/bucketAcl:BucketAcl", change: { acl: "public-read" } },
    { rule: "s3-no-public-read-acl", type: "aws:s3/bucket:Bucket", change: { acl: "public-read-write" } },
    { rule: "s3-no-public-write-acl", type: "aws:s3/bucketAcl:BucketAcl", change: { acl: "public-read-write" } },
    {
      rule: "s3-tls-only",
      type: bucketPolicy,
      change: { policy: policy({ ...everyone, Principal: { AWS: "arn:aws:iam::123456789012:root" } }) },
    },
    {
      rule: "s3-no-acls",
      type: "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
      change: { rule: { objectOwnership: "ObjectWriter" } },
    },
    {
      rule: "s3-aborts-uploads",
      type: "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
      change: { rules: [{ id: "tidy", status: "Enabled" }] },
    },
    {
      rule: "s3-pages-that-write",
      type: "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
      change: { corsRules: [{ allowedOrigins: ["https://*.example.com"], allowedMethods: ["PUT"] }] },
    },
    {
      rule: "s3-versioned",
      type: "aws:s3/bucketVersioning:BucketVersioning",
      change: { versioningConfiguration: { status: "Suspended" } },
    },
    {
      rule: "s3-own-key",
      type: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      change: { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }] },
    },
    { rule: "rds-snapshots-private", type: "aws:rds/snapshot:Snapshot", change: { sharedAccounts: ["all"] } },
    { rule: "rds-proxy-tls", type: "aws:rds/proxy:Proxy", change: { requireTls: false } },
    {
      rule: "resource-policy-not-public",
      type: "aws:efs/fileSystemPolicy:FileSystemPolicy",
      change: { policy: policy({ Effect: "Allow", Principal: "*", Action: "elasticfilesystem:*", Resource: "*" }) },
    },
    { rule: "ec2-images-private", type: "aws:ec2/amiLaunchPermission:AmiLaunchPermission", change: { group: "all" } },
    {
      rule: "ec2-images-private",
      type: "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess",
      change: { state: "unblocked" },
    },
    {
      rule: "endpoint-services-not-public",
      type: "aws:ec2/vpcEndpointService:VpcEndpointService",
      change: { allowedPrincipals: ["arn:aws:iam::123456789012:root", "*"] },
    },
    {
      rule: "endpoint-services-not-public",
      type: "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple",
      change: { principalArn: "*" },
    },
    {
      rule: "ecr-public-push-not-open",
      type: "aws:ecrpublic/repositoryPolicy:RepositoryPolicy",
      change: { policy: policy({ Effect: "Allow", Principal: "*", Action: "ecr-public:*" }) },
    },
    {
      rule: "dynamodb-recovery",
      type: "aws:dynamodb/tableReplica:TableReplica",
      change: { pointInTimeRecovery: undefined },
    },
    {
      rule: "dynamodb-deletion-protection",
      type: "aws:dynamodb/tableReplica:TableReplica",
      change: { deletionProtectionEnabled: undefined },
    },
    { rule: "types-are-judged", type: "aws:ec2/defaultVpc:DefaultVpc" },
    {
      rule: "dynamodb-not-public",
      type: "aws:dynamodb/resourcePolicy:ResourcePolicy",
      change: { policy: policy({ Effect: "Allow", Principal: "*", Action: "dynamodb:GetItem", Resource: "*" }) },
    },
    { rule: "dynamodb-recovery", type: table, change: { pointInTimeRecovery: undefined } },
    { rule: "dynamodb-deletion-protection", type: table, change: { deletionProtectionEnabled: false } },
    { rule: "dynamodb-own-key", type: table, change: { serverSideEncryption: { enabled: true } } },
    {
      rule: "ecr-scan-on-push",
      type: "aws:ecr/repository:Repository",
      change: { imageScanningConfiguration: { scanOnPush: false } },
    },
    { rule: "ecr-immutable-tags", type: "aws:ecr/repository:Repository", change: { imageTagMutability: "MUTABLE" } },
    { rule: "ecr-own-key", type: "aws:ecr/repository:Repository", change: { encryptionConfigurations: undefined } },
    {
      rule: "ecr-not-public",
      type: "aws:ecr/repositoryPolicy:RepositoryPolicy",
      change: { policy: policy({ Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }) },
    },
    {
      rule: "ecr-public-allow-list",
      type: "aws:ecrpublic/repository:Repository",
      change: { repositoryName: "secret-sauce" },
      settings: { repositories: ["base"] },
    },
  ],
};
