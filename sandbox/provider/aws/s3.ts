import type { LifecycleRule, S3 } from "@aws-sdk/client-s3";
import type { s3 } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import { type Context, type Rows, row, type Tags } from "../row.ts";
import { type Bag, isBag } from "../values.ts";
import { asJson, camel, first, must, pascal, tagList, tagRecord } from "./shared.ts";

/** Empties a versioned bucket: objects, versions and delete markers. */
async function empty(Bucket: string, s3: S3): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket, MaxKeys: 1000 });
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return;
    await s3.deleteObjects({ Bucket, Delete: { Objects, Quiet: true } });
  }
}

async function setTags(Bucket: string, tags: Tags, { s3 }: Context) {
  if (Object.keys(tags).length > 0) await s3.putBucketTagging({ Bucket, Tagging: { TagSet: tagList(tags) } });
  else await s3.deleteBucketTagging({ Bucket });
}

const bucket = row<s3.BucketArgs, s3.Bucket>({
  update: ["forceDestroy"],
  replace: ["bucket", "objectLockEnabled"],
  autoName: { key: "bucket", max: 63, lower: true },
  defaults: { forceDestroy: false },
  computed: [
    "arn",
    "bucketDomainName",
    "bucketRegionalDomainName",
    "hostedZoneId",
    "bucketRegion",
    "objectLockEnabled",
  ],
  create: async (inputs, aws) => {
    await aws.s3.createBucket({
      Bucket: inputs.bucket,
      ObjectLockEnabledForBucket: inputs.objectLockEnabled,
      ...(aws.region !== "us-east-1" && {
        CreateBucketConfiguration: { LocationConstraint: aws.region as "eu-west-1" },
      }),
    });
    const id = aws.created(must(inputs.bucket, "the bucket's name"));
    if (Object.keys(aws.tags).length > 0) await setTags(id, aws.tags, aws);
    return id;
  },
  read: async (id, aws) => {
    await aws.s3.getBucketLocation({ Bucket: id });
    const tagging = await ifFound(aws.s3.getBucketTagging({ Bucket: id }));
    return {
      arn: `arn:aws:s3:::${id}`,
      bucket: id,
      bucketDomainName: `${id}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${id}.s3.${aws.region}.amazonaws.com`,
      // Amazon S3 endpoints and quotas, "Amazon S3 website endpoints": the hosted zone of us-east-1.
      hostedZoneId: "Z3AQBSTGFYJSTF",
      bucketRegion: aws.region,
      tagsAll: tagRecord(tagging?.TagSet),
    };
  },
  write: async () => undefined,
  tag: (id, tags, _removed, aws) => setTags(id, tags, aws),
  delete: async (id, { s3 }, { forceDestroy }) => {
    if (forceDestroy) await empty(id, s3);
    await s3.deleteBucket({ Bucket: id });
  },
});

const blocks = (inputs: Bag) => ({
  BlockPublicAcls: (inputs["blockPublicAcls"] ?? false) as boolean,
  BlockPublicPolicy: (inputs["blockPublicPolicy"] ?? false) as boolean,
  IgnorePublicAcls: (inputs["ignorePublicAcls"] ?? false) as boolean,
  RestrictPublicBuckets: (inputs["restrictPublicBuckets"] ?? false) as boolean,
});

const publicAccessBlock = row<s3.BucketPublicAccessBlockArgs, s3.BucketPublicAccessBlock>({
  update: ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"],
  replace: ["bucket"],
  computed: [],
  create: async (inputs, { s3 }) => {
    await s3.putPublicAccessBlock({ Bucket: inputs.bucket, PublicAccessBlockConfiguration: blocks(inputs) });
    return inputs.bucket;
  },
  read: async (Bucket, { s3 }) => {
    const { PublicAccessBlockConfiguration: found } = await s3.getPublicAccessBlock({ Bucket });
    return found && { bucket: Bucket, ...camel<object>(found) };
  },
  write: async (Bucket, inputs, { s3 }) => {
    await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: blocks(inputs) });
  },
  delete: (Bucket, { s3 }) => s3.deletePublicAccessBlock({ Bucket }),
});

const bucketPolicy = row<s3.BucketPolicyArgs, s3.BucketPolicy>({
  update: ["policy"],
  replace: ["bucket"],
  required: ["bucket", "policy"],
  computed: [],
  create: async ({ bucket, policy }, { s3 }) => {
    await s3.putBucketPolicy({ Bucket: bucket, Policy: asJson(policy) });
    return bucket;
  },
  read: async (Bucket, { s3 }) => ({ bucket: Bucket, policy: (await s3.getBucketPolicy({ Bucket })).Policy }),
  write: async (Bucket, { policy }, { s3 }) => {
    await s3.putBucketPolicy({ Bucket, Policy: asJson(policy) });
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketPolicy({ Bucket }),
});

type Encryption = {
  applyServerSideEncryptionByDefault?: { sseAlgorithm: string; kmsMasterKeyId?: string };
  bucketKeyEnabled?: boolean;
};
const encryption = (rules: unknown) => ({
  Rules: (rules as Encryption[]).map(({ applyServerSideEncryptionByDefault: by, bucketKeyEnabled }) => ({
    ...(by && {
      ApplyServerSideEncryptionByDefault: {
        SSEAlgorithm: by.sseAlgorithm as "AES256",
        ...(by.kmsMasterKeyId && { KMSMasterKeyID: by.kmsMasterKeyId }),
      },
    }),
    BucketKeyEnabled: bucketKeyEnabled ?? false,
  })),
});

const serverSideEncryption = row<
  s3.BucketServerSideEncryptionConfigurationArgs,
  s3.BucketServerSideEncryptionConfiguration
>({
  update: ["rules"],
  replace: ["bucket"],
  required: ["bucket", "rules"],
  computed: [],
  create: async ({ bucket, rules }, { s3 }) => {
    await s3.putBucketEncryption({ Bucket: bucket, ServerSideEncryptionConfiguration: encryption(rules) });
    return bucket;
  },
  read: async (Bucket, { s3 }) => {
    const { ServerSideEncryptionConfiguration: found } = await s3.getBucketEncryption({ Bucket });
    const rules = found?.Rules?.map(({ ApplyServerSideEncryptionByDefault: by, BucketKeyEnabled }) => ({
      ...(by && {
        applyServerSideEncryptionByDefault: {
          sseAlgorithm: by.SSEAlgorithm ?? "",
          kmsMasterKeyId: by.KMSMasterKeyID ?? "",
        },
      }),
      bucketKeyEnabled: BucketKeyEnabled ?? false,
    }));
    return rules && { bucket: Bucket, rules: rules as never };
  },
  write: async (Bucket, { rules }, { s3 }) => {
    await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: encryption(rules) });
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketEncryption({ Bucket }),
});

const versioning = row<s3.BucketVersioningArgs, s3.BucketVersioning>({
  update: ["versioningConfiguration"],
  replace: ["bucket"],
  required: ["bucket", "versioningConfiguration"],
  computed: [],
  create: async ({ bucket, versioningConfiguration }, { s3 }) => {
    await s3.putBucketVersioning({ Bucket: bucket, VersioningConfiguration: pascal(versioningConfiguration) });
    return bucket;
  },
  read: async (Bucket, { s3 }) => {
    const { Status } = await s3.getBucketVersioning({ Bucket });
    return Status && { bucket: Bucket, versioningConfiguration: { status: Status } as never };
  },
  write: async (Bucket, { versioningConfiguration }, { s3 }) => {
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: pascal(versioningConfiguration) });
  },
  // Versioning cannot be taken off a bucket, only suspended.
  delete: (Bucket, { s3 }) => s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } }),
});

const toLifecycle = (rules: unknown): LifecycleRule[] =>
  (rules as Bag[]).map(({ id, filter, ...rule }) => {
    const prefix = isBag(filter) ? { Prefix: "", ...pascal<object>(filter) } : { Prefix: "" };
    return { ID: id as string, Filter: prefix, ...pascal<object>(rule) } as LifecycleRule;
  });

const fromLifecycle = (rules: readonly LifecycleRule[] | undefined) =>
  (rules ?? []).map(({ ID, ...rule }) => ({ id: ID, ...camel<object>(rule) }));

const lifecycle = row<s3.BucketLifecycleConfigurationArgs, s3.BucketLifecycleConfiguration>({
  update: ["rules"],
  replace: ["bucket"],
  required: ["bucket"],
  computed: ["expectedBucketOwner", "transitionDefaultMinimumObjectSize"],
  create: async ({ bucket, rules }, { s3 }) => {
    await s3.putBucketLifecycleConfiguration({ Bucket: bucket, LifecycleConfiguration: { Rules: toLifecycle(rules) } });
    return bucket;
  },
  read: async (Bucket, { s3 }) => {
    const { Rules } = await s3.getBucketLifecycleConfiguration({ Bucket });
    return { bucket: Bucket, rules: fromLifecycle(Rules) as never };
  },
  write: async (Bucket, { rules }, { s3 }) => {
    await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: toLifecycle(rules) } });
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketLifecycle({ Bucket }),
});

const ownership = row<s3.BucketOwnershipControlsArgs, s3.BucketOwnershipControls>({
  update: ["rule"],
  replace: ["bucket"],
  required: ["bucket", "rule"],
  computed: [],
  create: async ({ bucket, rule }, { s3 }) => {
    await s3.putBucketOwnershipControls({ Bucket: bucket, OwnershipControls: { Rules: [pascal(rule)] } });
    return bucket;
  },
  read: async (Bucket, { s3 }) => {
    const { OwnershipControls } = await s3.getBucketOwnershipControls({ Bucket });
    const rule = first(OwnershipControls?.Rules);
    return rule && { bucket: Bucket, rule: { objectOwnership: rule.ObjectOwnership ?? "" } };
  },
  write: async (Bucket, { rule }, { s3 }) => {
    await s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [pascal(rule)] } });
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketOwnershipControls({ Bucket }),
});

const logging = row<s3.BucketLoggingArgs, s3.BucketLogging>({
  update: ["targetBucket", "targetPrefix"],
  replace: ["bucket"],
  required: ["bucket", "targetBucket"],
  computed: [],
  create: async ({ bucket, targetBucket, targetPrefix }, { s3 }) => {
    const LoggingEnabled = { TargetBucket: targetBucket, TargetPrefix: targetPrefix ?? "" };
    await s3.putBucketLogging({ Bucket: bucket, BucketLoggingStatus: { LoggingEnabled } });
    return bucket;
  },
  read: async (Bucket, { s3 }) => {
    const { LoggingEnabled: found } = await s3.getBucketLogging({ Bucket });
    return found && { bucket: Bucket, targetBucket: found.TargetBucket, targetPrefix: found.TargetPrefix ?? "" };
  },
  write: async (Bucket, { targetBucket, targetPrefix }, { s3 }) => {
    const LoggingEnabled = { TargetBucket: targetBucket, TargetPrefix: targetPrefix ?? "" };
    await s3.putBucketLogging({ Bucket, BucketLoggingStatus: { LoggingEnabled } });
  },
  delete: (Bucket, { s3 }) => s3.putBucketLogging({ Bucket, BucketLoggingStatus: {} }),
});

export const s3Rows: Rows = {
  "aws:s3/bucket:Bucket": bucket,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": publicAccessBlock,
  "aws:s3/bucketPolicy:BucketPolicy": bucketPolicy,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": serverSideEncryption,
  "aws:s3/bucketVersioning:BucketVersioning": versioning,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": lifecycle,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ownership,
  "aws:s3/bucketLogging:BucketLogging": logging,
};
