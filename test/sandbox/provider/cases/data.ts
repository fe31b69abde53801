import type { Fixtures } from "../fixtures.ts";
import { type Case, resourcePolicy, tags } from "./case.ts";

const lifecycleRule = (days: number) => ({
  id: "expire",
  status: "Enabled",
  filter: { prefix: "logs/" },
  expiration: { days },
});

const corsRule = (origin: string) => ({
  allowedOrigins: [origin],
  allowedMethods: ["GET", "PUT"],
  allowedHeaders: ["content-type"],
  maxAgeSeconds: 60,
});

const origin = async (f: Fixtures) => {
  const { state } = await f.make("aws:s3/bucket:Bucket", {});
  const control = await f.make("aws:cloudfront/originAccessControl:OriginAccessControl", accessControl);
  return { originId: "files", domainName: state["bucketRegionalDomainName"], originAccessControlId: control.id };
};

const accessControl = { originAccessControlOriginType: "s3", signingBehavior: "always", signingProtocol: "sigv4" };

const behavior = (viewerProtocolPolicy: string) => ({
  targetOriginId: "files",
  viewerProtocolPolicy,
  allowedMethods: ["GET", "HEAD"],
  cachedMethods: ["GET", "HEAD"],
  compress: true,
  cachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6",
  responseHeadersPolicyId: "67f7725c-6f97-4210-82d7-5512b31e9d03",
});

const distribution = async (f: Fixtures) => ({
  comment: "one",
  enabled: true,
  httpVersion: "http2and3",
  isIpv6Enabled: true,
  priceClass: "PriceClass_100",
  origins: [await origin(f)],
  defaultCacheBehavior: behavior("redirect-to-https"),
  restrictions: { geoRestriction: { restrictionType: "none" } },
  viewerCertificate: { cloudfrontDefaultCertificate: true },
});
const distributionArn = async (f: Fixtures) =>
  (await f.make("aws:cloudfront/distribution:Distribution", await distribution(f))).state["arn"];

const toBucket = async (f: Fixtures) => ({
  deliveryDestinationConfiguration: {
    destinationResourceArn: (await f.make("aws:s3/bucket:Bucket", {})).state["arn"],
  },
});

const expireImages = (countNumber: number) =>
  JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber },
        action: { type: "expire" },
      },
    ],
  });

export const dataCases: Record<string, Case> = {
  "aws:kms/key:Key": {
    inputs: () => ({
      description: "one",
      enableKeyRotation: true,
      deletionWindowInDays: 7,
      policy: resourcePolicy("kms:*"),
      ...tags,
    }),
    update: { description: "two", enableKeyRotation: false, policy: resourcePolicy("kms:*", "Two"), tags: { a: "b" } },
    replace: { customerMasterKeySpec: "RSA_2048" },
    outputs: ["arn", "keyId"],
  },
  "aws:kms/alias:Alias": {
    inputs: async (f) => ({ targetKeyId: (await f.key()).id }),
    update: async (f) => ({ targetKeyId: (await f.make("aws:kms/key:Key", {})).id }),
    replace: { name: "alias/other" },
    outputs: ["arn", "targetKeyArn"],
  },
  "aws:ecrpublic/repository:Repository": {
    inputs: () => ({ repositoryName: "trip-public", catalogData: { description: "one" }, ...tags }),
    update: { catalogData: { description: "two", aboutText: "more" }, tags: { a: "b" } },
    replace: { repositoryName: "trip-other" },
    outputs: ["arn", "registryId", "repositoryUri"],
  },
  "aws:s3/bucket:Bucket": {
    inputs: () => ({ forceDestroy: true, ...tags }),
    update: { tags: {} },
    replace: { bucket: "other" },
    outputs: ["arn", "bucket", "bucketDomainName", "bucketRegionalDomainName", "hostedZoneId"],
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    inputs: async (f) => ({ bucket: await f.bucket(), blockPublicAcls: true, blockPublicPolicy: true }),
    update: { ignorePublicAcls: true, restrictPublicBuckets: true },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketPolicy:BucketPolicy": {
    inputs: async (f) => ({ bucket: await f.bucket(), policy: resourcePolicy("s3:GetObject") }),
    update: { policy: resourcePolicy("s3:PutObject") },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    inputs: async (f) => ({
      bucket: await f.bucket(),
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    }),
    update: async (f) => ({
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: (await f.key()).state["arn"] },
          bucketKeyEnabled: true,
        },
      ],
    }),
    replace: { bucket: "other" },
  },
  "aws:s3/bucketVersioning:BucketVersioning": {
    inputs: async (f) => ({ bucket: await f.bucket(), versioningConfiguration: { status: "Enabled" } }),
    update: { versioningConfiguration: { status: "Suspended" } },
    replace: { bucket: "other" },
    remains: true,
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
    inputs: async (f) => ({ bucket: await f.bucket(), rules: [lifecycleRule(30)] }),
    update: { rules: [{ ...lifecycleRule(60), noncurrentVersionExpiration: { noncurrentDays: 5 } }] },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": {
    inputs: async (f) => ({ bucket: await f.bucket(), corsRules: [corsRule("https://www.example.com")] }),
    update: { corsRules: [corsRule("https://app.example.com")] },
    replace: { bucket: "other" },
  },
  "aws:cloudfront/originAccessControl:OriginAccessControl": {
    inputs: () => ({ ...accessControl, description: "one" }),
    update: { description: "two", signingBehavior: "no-override" },
    outputs: ["arn", "name"],
  },
  "aws:cloudfront/distribution:Distribution": {
    inputs: async (f) => ({ ...(await distribution(f)), ...tags }),
    update: {
      comment: "two",
      priceClass: "PriceClass_All",
      defaultCacheBehavior: behavior("https-only"),
      restrictions: { geoRestriction: { restrictionType: "whitelist", locations: ["DE"] } },
      aliases: ["files.example.com"],
      viewerCertificate: {
        acmCertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1",
        sslSupportMethod: "sni-only",
        minimumProtocolVersion: "TLSv1.2_2021",
      },
      tags: { a: "b" },
    },
    outputs: ["arn", "domainName", "hostedZoneId"],
  },
  "aws:cloudwatch/logDeliverySource:LogDeliverySource": {
    inputs: async (f) => ({ name: "one", logType: "ACCESS_LOGS", resourceArn: await distributionArn(f), ...tags }),
    update: { tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "service"],
  },
  "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": {
    inputs: async (f) => ({ ...(await toBucket(f)), name: "one", outputFormat: "json", ...tags }),
    update: async (f) => ({ ...(await toBucket(f)), tags: { a: "b" } }),
    replace: { outputFormat: "w3c" },
    outputs: ["arn", "deliveryDestinationType"],
  },
  "aws:cloudwatch/logDelivery:LogDelivery": {
    inputs: async (f) => ({
      deliverySourceName: (
        await f.make("aws:cloudwatch/logDeliverySource:LogDeliverySource", {
          logType: "ACCESS_LOGS",
          resourceArn: await distributionArn(f),
        })
      ).id,
      deliveryDestinationArn: (
        await f.make("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination", await toBucket(f))
      ).state["arn"],
      recordFields: ["date", "time", "cs-uri-stem"],
      ...tags,
    }),
    update: { tags: { a: "b" } },
    replace: { recordFields: ["date", "time"] },
    outputs: ["arn"],
  },
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
    inputs: async (f) => ({ bucket: await f.bucket(), rule: { objectOwnership: "BucketOwnerEnforced" } }),
    update: { rule: { objectOwnership: "BucketOwnerPreferred" } },
    replace: { bucket: "other" },
  },
  "aws:s3/bucketLogging:BucketLogging": {
    inputs: async (f) => {
      const target = await f.bucket();
      const principal = { Service: "logging.s3.amazonaws.com" };
      const statement = {
        Effect: "Allow",
        Principal: principal,
        Action: "s3:PutObject",
        Resource: `arn:aws:s3:::${target}/*`,
      };
      await f.make("aws:s3/bucketPolicy:BucketPolicy", {
        bucket: target,
        policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
      });
      return { bucket: target, targetBucket: target, targetPrefix: "one/" };
    },
    update: { targetPrefix: "two/" },
    replace: { bucket: "other" },
  },
  "aws:rds/subnetGroup:SubnetGroup": {
    inputs: async (f) => ({ subnetIds: await f.subnets(), ...tags }),
    update: { tags: { a: "b" }, description: "changed" },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:rds/parameterGroup:ParameterGroup": {
    inputs: () => ({ family: "postgres17", parameters: [{ name: "rds.force_ssl", value: "1" }], ...tags }),
    update: {
      parameters: [
        { name: "rds.force_ssl", value: "0" },
        { name: "log_min_duration_statement", value: "100" },
      ],
    },
    replace: { family: "postgres16" },
    outputs: ["arn", "name"],
  },
  "aws:rds/instance:Instance": {
    inputs: async (f) => ({
      engine: "postgres",
      engineVersion: "17",
      instanceClass: "db.t4g.micro",
      allocatedStorage: 20,
      dbName: "app",
      username: "switchyard",
      manageMasterUserPassword: true,
      skipFinalSnapshot: true,
      storageEncrypted: true,
      dbSubnetGroupName: (await f.make("aws:rds/subnetGroup:SubnetGroup", { subnetIds: await f.subnets() })).id,
      vpcSecurityGroupIds: [await f.securityGroup()],
      ...tags,
    }),
    update: { backupRetentionPeriod: 3, copyTagsToSnapshot: true, tags: { a: "b" } },
    replace: { dbName: "other" },
    outputs: ["arn", "address", "endpoint", "port", "resourceId", "masterUserSecrets"],
  },
  "aws:rds/snapshotCopy:SnapshotCopy": {
    inputs: async (f) => ({
      sourceDbSnapshotIdentifier: await f.databaseSnapshot(),
      targetDbSnapshotIdentifier: `${await f.databaseSnapshot()}-copy`,
      ...tags,
    }),
    replace: { sourceDbSnapshotIdentifier: "other" },
    outputs: ["dbSnapshotArn", "allocatedStorage", "engine"],
  },
  "aws:secretsmanager/secret:Secret": {
    inputs: () => ({ description: "one", recoveryWindowInDays: 0, ...tags }),
    update: { description: "two", policy: resourcePolicy("secretsmanager:GetSecretValue"), tags: { a: "b" } },
    replace: { name: "other" },
    outputs: ["arn", "name"],
  },
  "aws:secretsmanager/secretVersion:SecretVersion": {
    inputs: async (f) => ({
      secretId: (await f.make("aws:secretsmanager/secret:Secret", { recoveryWindowInDays: 0 })).id,
      secretString: "hush",
    }),
    replace: { secretString: "louder" },
    outputs: ["arn", "versionId"],
    remains: true,
  },
  "aws:secretsmanager/secretPolicy:SecretPolicy": {
    inputs: async (f) => ({
      secretArn: (await f.make("aws:secretsmanager/secret:Secret", { recoveryWindowInDays: 0 })).id,
      policy: resourcePolicy("secretsmanager:GetSecretValue"),
    }),
    update: { policy: resourcePolicy("secretsmanager:DescribeSecret") },
    replace: { secretArn: "arn:other" },
  },
  "aws:ecr/repository:Repository": {
    inputs: () => ({
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      forceDelete: true,
      ...tags,
    }),
    update: { imageTagMutability: "MUTABLE", imageScanningConfiguration: { scanOnPush: false } },
    replace: { name: "other" },
    outputs: ["arn", "repositoryUrl", "registryId"],
  },
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": {
    inputs: async (f) => ({
      repository: (await f.make("aws:ecr/repository:Repository", {})).id,
      policy: expireImages(10),
    }),
    update: { policy: expireImages(20) },
    replace: { repository: "other" },
  },
  "aws:ecr/repositoryPolicy:RepositoryPolicy": {
    inputs: async (f) => ({
      repository: (await f.make("aws:ecr/repository:Repository", {})).id,
      policy: resourcePolicy("ecr:BatchGetImage"),
    }),
    update: { policy: resourcePolicy("ecr:GetDownloadUrlForLayer") },
    replace: { repository: "other" },
  },
  "aws:dynamodb/table:Table": {
    inputs: () => ({
      billingMode: "PAY_PER_REQUEST",
      hashKey: "stack",
      rangeKey: "item",
      attributes: [
        { name: "stack", type: "S" },
        { name: "item", type: "S" },
      ],
      ...tags,
    }),
    update: {
      pointInTimeRecovery: { enabled: true },
      ttl: { attributeName: "expires", enabled: true },
      tags: { a: "b" },
    },
    replace: { hashKey: "other" },
    outputs: ["arn", "name"],
  },
  "aws:dynamodb/tableItem:TableItem": {
    inputs: async (f) => ({
      tableName: (
        await f.make("aws:dynamodb/table:Table", {
          billingMode: "PAY_PER_REQUEST",
          hashKey: "id",
          attributes: [{ name: "id", type: "S" }],
        })
      ).id,
      hashKey: "id",
      item: JSON.stringify({ id: { S: "one" }, value: { N: "1" } }),
    }),
    update: { item: JSON.stringify({ id: { S: "one" }, value: { N: "2" } }) },
    replace: { hashKey: "other" },
  },
};
