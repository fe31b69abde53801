import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { CdnConfig } from "../../files.ts";
import { policyDocument, type Statement } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import { Cdn, cdnMayRead, type OwnName } from "./cdn.ts";

export interface BucketArgs {
  /** Of a bucket that is there already, and is taken over. */
  readonly adopt?: string | undefined;
  readonly profile: Profile;
  /** KMS key of its objects; AWS's own key when absent, for writers that can use no other. */
  readonly keyArn?: pulumi.Input<string>;
  /** Objects go after so many days; never when absent. */
  readonly expireDays?: number | undefined;
  /** Whose pages a browser lets read and write objects, by signed addresses; none when absent. */
  readonly origins?: readonly string[];
  /** CloudFront in front of what is public in it; nothing is when absent. */
  readonly cdn?: CdnConfig | undefined;
  /** Where the CDN answers beside CloudFront's own name; there alone when absent. */
  readonly ownName?: OwnName | undefined;
  /** Who else may do what, given the bucket's ARN. */
  readonly statements?: (bucketArn: pulumi.Output<string>) => readonly Statement[];
}

/** A private, versioned, encrypted bucket that answers over TLS only. */
export class Bucket extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly domainName: pulumi.Output<string>;
  /** What answers what is public in it. */
  readonly cdn: Cdn | undefined;
  /** The policy; what writes to the bucket as soon as it is created waits for it. */
  readonly policy: aws.s3.BucketPolicy;

  constructor(name: string, args: BucketArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:storage:Bucket", name, {}, options);
    const bucket = new aws.s3.Bucket(
      name,
      args.adopt === undefined ? { forceDestroy: args.profile.forceDestroy } : { bucket: args.adopt },
      {
        parent: this,
        protect: args.profile.protect,
        // What was there before the stack outlives it.
        ...(args.adopt === undefined ? {} : { import: args.adopt, retainOnDelete: true }),
      },
    );
    const child = { parent: this };
    new aws.s3.BucketOwnershipControls(
      name,
      { bucket: bucket.bucket, rule: { objectOwnership: "BucketOwnerEnforced" } },
      child,
    );
    new aws.s3.BucketVersioning(name, { bucket: bucket.bucket, versioningConfiguration: { status: "Enabled" } }, child);
    new aws.s3.BucketServerSideEncryptionConfiguration(
      name,
      { bucket: bucket.bucket, rules: [encryption(args.keyArn)] },
      child,
    );
    new aws.s3.BucketLifecycleConfiguration(name, { bucket: bucket.bucket, rules: lifecycle(args.expireDays) }, child);
    const { origins = [] } = args;
    if (origins.length > 0)
      new aws.s3.BucketCorsConfiguration(name, { bucket: bucket.bucket, corsRules: [pagesOf(origins)] }, child);
    const access = new aws.s3.BucketPublicAccessBlock(
      name,
      {
        bucket: bucket.bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      child,
    );
    this.cdn =
      args.cdn &&
      new Cdn(
        name,
        {
          config: args.cdn,
          ownName: args.ownName,
          bucketDomainName: bucket.bucketRegionalDomainName,
          pagesMayRead: origins.length > 0,
        },
        child,
      );
    this.policy = new aws.s3.BucketPolicy(
      name,
      {
        bucket: bucket.bucket,
        policy: policyDocument(
          tlsOnly(bucket.arn),
          ...(this.cdn === undefined ? [] : [cdnMayRead(bucket.arn, this.cdn.arn)]),
          ...(args.statements?.(bucket.arn) ?? []),
        ),
      },
      // S3 refuses two changes of a bucket's access at the same time (OperationAborted).
      { parent: this, dependsOn: [access] },
    );
    this.name = bucket.bucket;
    this.arn = bucket.arn;
    this.domainName = bucket.bucketDomainName;
    this.registerOutputs({ name: this.name, arn: this.arn, domainName: this.domainName });
  }
}

function encryption(
  keyArn: pulumi.Input<string> | undefined,
): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  if (keyArn === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn },
    bucketKeyEnabled: true,
  };
}

/** What an upload and a download by a signed address need of a browser (Amazon S3, "Using cross-origin resource sharing"). */
function pagesOf(origins: readonly string[]): aws.types.input.s3.BucketCorsConfigurationCorsRule {
  return {
    allowedOrigins: [...origins],
    allowedMethods: ["GET", "HEAD", "PUT"],
    allowedHeaders: ["content-type"],
    exposeHeaders: ["ETag"],
    maxAgeSeconds: 3600,
  };
}

function lifecycle(expireDays: number | undefined): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  return [
    {
      id: "tidy",
      status: "Enabled",
      filter: {},
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      noncurrentVersionExpiration: { noncurrentDays: 30 },
      ...(expireDays === undefined ? {} : { expiration: { days: expireDays } }),
    },
  ];
}

/** Denies every principal and action; a wildcard that can only take away. */
function tlsOnly(bucketArn: pulumi.Output<string>): Statement {
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
