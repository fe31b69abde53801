import type { LifecycleRule, S3 } from "@aws-sdk/client-s3";
import type { s3 } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import { type Rows, row } from "../row.ts";
import { type Bag, isBag } from "../values.ts";
import { type Put, putRow } from "./shapes.ts";
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
    if (Object.keys(aws.tags).length > 0)
      await aws.s3.putBucketTagging({ Bucket: id, Tagging: { TagSet: tagList(aws.tags) } });
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
  // Setting a bucket's tags takes all others away; only the last ones have to be removed.
  tag: (Bucket, tags, { s3 }) => s3.putBucketTagging({ Bucket, Tagging: { TagSet: tagList(tags) } }),
  untag: async (Bucket, _keys, { s3, tags }) => {
    if (Object.keys(tags).length === 0) await s3.deleteBucketTagging({ Bucket });
  },
  delete: async (id, { s3 }, { forceDestroy }) => {
    if (forceDestroy) await empty(id, s3);
    await s3.deleteBucket({ Bucket: id });
  },
});

/** What a bucket has once or not at all, and one operation sets. */
const setting = <A extends { bucket: unknown }, R>(
  shape: Pick<Put<A, R>, "update" | "required" | "computed" | "put" | "read" | "delete">,
) => putRow<A, R>({ ...shape, id: "bucket", replace: ["bucket"] });

const blocks = (inputs: Bag) => ({
  BlockPublicAcls: (inputs["blockPublicAcls"] ?? false) as boolean,
  BlockPublicPolicy: (inputs["blockPublicPolicy"] ?? false) as boolean,
  IgnorePublicAcls: (inputs["ignorePublicAcls"] ?? false) as boolean,
  RestrictPublicBuckets: (inputs["restrictPublicBuckets"] ?? false) as boolean,
});

const publicAccessBlock = setting<s3.BucketPublicAccessBlockArgs, s3.BucketPublicAccessBlock>({
  update: ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"],
  put: (inputs, { s3 }) =>
    s3.putPublicAccessBlock({ Bucket: inputs.bucket, PublicAccessBlockConfiguration: blocks(inputs) }),
  read: async (Bucket, { s3 }) => {
    const { PublicAccessBlockConfiguration: found } = await s3.getPublicAccessBlock({ Bucket });
    return found && { bucket: Bucket, ...camel<object>(found) };
  },
  delete: (Bucket, { s3 }) => s3.deletePublicAccessBlock({ Bucket }),
});

const bucketPolicy = setting<s3.BucketPolicyArgs, s3.BucketPolicy>({
  update: ["policy"],
  required: ["bucket", "policy"],
  put: ({ bucket: Bucket, policy }, { s3 }) => s3.putBucketPolicy({ Bucket, Policy: asJson(policy) }),
  read: async (Bucket, { s3 }) => ({ bucket: Bucket, policy: (await s3.getBucketPolicy({ Bucket })).Policy }),
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

const serverSideEncryption = setting<
  s3.BucketServerSideEncryptionConfigurationArgs,
  s3.BucketServerSideEncryptionConfiguration
>({
  update: ["rules"],
  required: ["bucket", "rules"],
  put: ({ bucket: Bucket, rules }, { s3 }) =>
    s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: encryption(rules) }),
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
  delete: (Bucket, { s3 }) => s3.deleteBucketEncryption({ Bucket }),
});

const versioning = setting<s3.BucketVersioningArgs, s3.BucketVersioning>({
  update: ["versioningConfiguration"],
  required: ["bucket", "versioningConfiguration"],
  put: ({ bucket: Bucket, versioningConfiguration }, { s3 }) =>
    s3.putBucketVersioning({ Bucket, VersioningConfiguration: pascal(versioningConfiguration) }),
  read: async (Bucket, { s3 }) => {
    const { Status } = await s3.getBucketVersioning({ Bucket });
    return Status && { bucket: Bucket, versioningConfiguration: { status: Status } as never };
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

const lifecycle = setting<s3.BucketLifecycleConfigurationArgs, s3.BucketLifecycleConfiguration>({
  update: ["rules"],
  required: ["bucket"],
  computed: ["expectedBucketOwner", "transitionDefaultMinimumObjectSize"],
  put: ({ bucket: Bucket, rules }, { s3 }) =>
    s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: toLifecycle(rules) } }),
  read: async (Bucket, { s3 }) => {
    const { Rules } = await s3.getBucketLifecycleConfiguration({ Bucket });
    return { bucket: Bucket, rules: fromLifecycle(Rules) as never };
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketLifecycle({ Bucket }),
});

const cors = setting<s3.BucketCorsConfigurationArgs, s3.BucketCorsConfiguration>({
  update: ["corsRules"],
  required: ["bucket", "corsRules"],
  put: ({ bucket: Bucket, corsRules }, { s3 }) =>
    s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: (corsRules as Bag[]).map((rule) => pascal(rule)) } }),
  read: async (Bucket, { s3 }) => {
    const { CORSRules } = await s3.getBucketCors({ Bucket });
    return CORSRules && { bucket: Bucket, corsRules: CORSRules.map((rule) => camel<object>(rule)) as never };
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketCors({ Bucket }),
});

const ownership = setting<s3.BucketOwnershipControlsArgs, s3.BucketOwnershipControls>({
  update: ["rule"],
  required: ["bucket", "rule"],
  put: ({ bucket: Bucket, rule }, { s3 }) =>
    s3.putBucketOwnershipControls({ Bucket, OwnershipControls: { Rules: [pascal(rule)] } }),
  read: async (Bucket, { s3 }) => {
    const { OwnershipControls } = await s3.getBucketOwnershipControls({ Bucket });
    const rule = first(OwnershipControls?.Rules);
    return rule && { bucket: Bucket, rule: { objectOwnership: rule.ObjectOwnership ?? "" } };
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketOwnershipControls({ Bucket }),
});

const logging = setting<s3.BucketLoggingArgs, s3.BucketLogging>({
  update: ["targetBucket", "targetPrefix"],
  required: ["bucket", "targetBucket"],
  put: ({ bucket: Bucket, targetBucket, targetPrefix = "" }, { s3 }) => {
    const LoggingEnabled = { TargetBucket: targetBucket, TargetPrefix: targetPrefix };
    return s3.putBucketLogging({ Bucket, BucketLoggingStatus: { LoggingEnabled } });
  },
  read: async (Bucket, { s3 }) => {
    const { LoggingEnabled: found } = await s3.getBucketLogging({ Bucket });
    return found && { bucket: Bucket, targetBucket: found.TargetBucket, targetPrefix: found.TargetPrefix ?? "" };
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
  "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": cors,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ownership,
  "aws:s3/bucketLogging:BucketLogging": logging,
};
