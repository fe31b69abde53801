import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { Statement } from "../../policy.ts";
import type { Profile } from "../../profile.ts";
import { Bucket } from "../storage/bucket.ts";
import { Key } from "../storage/key.ts";

export interface TrailArgs {
  readonly trailName: string;
  /** The management account, whose trail it is. */
  readonly management: Account;
  readonly organizationId: string;
  /** The account of the bucket and its key. */
  readonly archive: pulumi.Input<string>;
  readonly archiveProvider: aws.Provider;
  readonly profile: Profile;
}

/** What every account's API was asked, in every region, where nobody deletes it (AWS CloudTrail, "Trail for an organization"). */
export class Trail extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: TrailArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:organization:Trail", name, {}, options);
    const { management, trailName, profile } = args;
    const arn = `arn:${management.partition}:cloudtrail:${management.region}:${management.id}:trail/${trailName}`;
    const inArchive = { parent: this, providers: { aws: args.archiveProvider } };
    const key = new Key(
      `${name}-log`,
      {
        description: "The organization's trail",
        alias: `switchyard/${name}/log`,
        account: { ...management, id: args.archive },
        profile,
        statements: keyStatements(arn, management),
      },
      inArchive,
    );
    const bucket = new Bucket(
      `${name}-log`,
      { profile, keyArn: key.arn, statements: (bucketArn) => bucketStatements(bucketArn, arn, args) },
      inArchive,
    );
    const trail = new aws.cloudtrail.Trail(
      name,
      {
        name: trailName,
        s3BucketName: bucket.name,
        kmsKeyId: key.arn,
        isMultiRegionTrail: true,
        isOrganizationTrail: true,
        includeGlobalServiceEvents: true,
        enableLogFileValidation: true,
        enableLogging: true,
      },
      { parent: this, protect: profile.protect, dependsOn: [bucket.policy] },
    );
    this.bucketName = bucket.name;
    this.arn = trail.arn;
    this.registerOutputs({ bucketName: this.bucketName, arn: this.arn });
  }
}

/** AWS CloudTrail user guide, "Configure AWS KMS key policies for CloudTrail". `Resource: "*"` is the key itself. */
function keyStatements(trailArn: string, { id, partition }: Account): readonly Statement[] {
  const Principal = { Service: "cloudtrail.amazonaws.com" };
  return [
    {
      Sid: "TrailEncrypts",
      Effect: "Allow",
      Principal,
      Action: "kms:GenerateDataKey*",
      Resource: "*",
      Condition: {
        StringEquals: { "aws:SourceArn": trailArn },
        StringLike: { "kms:EncryptionContext:aws:cloudtrail:arn": `arn:${partition}:cloudtrail:*:${id}:trail/*` },
      },
    },
    {
      Sid: "TrailDescribes",
      Effect: "Allow",
      Principal,
      Action: "kms:DescribeKey",
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceArn": trailArn } },
    },
  ];
}

/** The same guide, "Amazon S3 bucket policy for CloudTrail"; and that nobody, in the archive's account too, deletes a record. */
function bucketStatements(
  bucketArn: pulumi.Output<string>,
  trailArn: string,
  { management, organizationId }: TrailArgs,
): readonly Statement[] {
  const Principal = { Service: "cloudtrail.amazonaws.com" };
  const owned = { "s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trailArn };
  return [
    {
      Sid: "TrailLooks",
      Effect: "Allow",
      Principal,
      Action: "s3:GetBucketAcl",
      Resource: bucketArn,
      Condition: { StringEquals: { "aws:SourceArn": trailArn } },
    },
    {
      Sid: "TrailWrites",
      Effect: "Allow",
      Principal,
      Action: "s3:PutObject",
      Resource: [management.id, organizationId].map((part) => pulumi.interpolate`${bucketArn}/AWSLogs/${part}/*`),
      Condition: { StringEquals: owned },
    },
    {
      Sid: "NobodyDeletes",
      Effect: "Deny",
      Principal: "*",
      Action: ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteBucket"],
      Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
    },
  ];
}
