/** What applying, deploying and destroying an environment writes of its data and keys. */
import type * as pulumi from "@pulumi/pulumi";
import type { Statement } from "../../../policy.ts";
import { setsBucketUp } from "./buckets.ts";
import { allow, inRegion, ofStacks, type Place } from "./place.ts";

export interface EnvironmentPlace extends Place {
  /** Keys of the platform, which an environment's roles never change. */
  readonly platformKeyArns: readonly pulumi.Input<string>[];
}

export function data(place: Place): readonly Statement[] {
  const { account } = place;
  return [
    allow(
      "Database",
      [
        "rds:AddTagsToResource",
        "rds:CopyDBSnapshot",
        "rds:CreateDBInstance",
        "rds:CreateDBParameterGroup",
        "rds:CreateDBSnapshot",
        "rds:CreateDBSubnetGroup",
        "rds:DeleteDBInstance",
        "rds:DeleteDBParameterGroup",
        "rds:DeleteDBSnapshot",
        "rds:DeleteDBSubnetGroup",
        "rds:ModifyDBInstance",
        "rds:ModifyDBParameterGroup",
        "rds:ModifyDBSubnetGroup",
        "rds:RemoveTagsFromResource",
        "rds:ResetDBParameterGroup",
        "rds:RestoreDBInstanceFromDBSnapshot",
      ],
      ["db", "pg", "snapshot", "subgrp"].flatMap((type) => ofStacks(place, "rds", (stack) => `${type}:${stack}-*`)),
    ),
    allow(
      "Buckets",
      ["s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketCORS", ...setsBucketUp],
      place.stacks.map((stack) => `arn:${account.partition}:s3:::${stack}-*`),
    ),
    // Made on no resource; the ids of what there is say nothing of the stack.
    allow("NewCdn", ["cloudfront:CreateDistribution", "cloudfront:CreateOriginAccessControl"], "*"),
    allow(
      "Cdn",
      [
        "cloudfront:AllowVendedLogDeliveryForResource",
        "cloudfront:DeleteDistribution",
        "cloudfront:DeleteOriginAccessControl",
        "cloudfront:TagResource",
        "cloudfront:UntagResource",
        "cloudfront:UpdateDistribution",
        "cloudfront:UpdateOriginAccessControl",
      ],
      ["distribution", "origin-access-control"].map(
        (type) => `arn:${account.partition}:cloudfront::${account.id}:${type}/*`,
      ),
    ),
    allow(
      "CdnLog",
      [
        "logs:CreateDelivery",
        "logs:DeleteDelivery",
        "logs:DeleteDeliveryDestination",
        "logs:DeleteDeliverySource",
        "logs:PutDeliveryDestination",
        "logs:PutDeliverySource",
        "logs:TagResource",
        "logs:UntagResource",
        "logs:UpdateDeliveryConfiguration",
      ],
      // A delivery's id says nothing of the stack.
      [
        "delivery:*",
        ...["source", "destination"].flatMap((end) => place.stacks.map((stack) => `delivery-${end}:${stack}-files`)),
      ].map((resource) => inRegion({ ...account, region: "us-east-1" }, "logs", resource)),
    ),
    allow(
      "Secrets",
      [
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:TagResource",
        "secretsmanager:UntagResource",
        "secretsmanager:UpdateSecret",
        "secretsmanager:UpdateSecretVersionStage",
      ],
      ofStacks(place, "secretsmanager", (stack) => `secret:switchyard/${stack}/*`),
    ),
    allow(
      "Migrations",
      [
        "lambda:CreateFunction",
        "lambda:DeleteFunction",
        "lambda:DeleteFunctionConcurrency",
        "lambda:InvokeFunction",
        "lambda:TagResource",
        "lambda:UntagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
      ],
      ofStacks(place, "lambda", (stack) => `function:${stack}-migrate`),
    ),
  ];
}

export function keys(place: EnvironmentPlace): readonly Statement[] {
  const { account } = place;
  return [
    allow("NewKey", ["kms:CreateKey"], "*"),
    // A key's id says nothing of the stack.
    allow(
      "Keys",
      [
        "kms:DisableKeyRotation",
        "kms:EnableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateKeyDescription",
      ],
      inRegion(account, "kms", "key/*"),
    ),
    // What the services do with a key in the caller's name (AWS KMS, "kms:ViaService").
    allow(
      "KeysThroughServices",
      ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
      inRegion(account, "kms", "key/*"),
      {
        StringEquals: {
          "kms:ViaService": ["rds", "secretsmanager"].map((service) => `${service}.${account.region}.amazonaws.com`),
        },
      },
    ),
    allow(
      "Aliases",
      ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
      [inRegion(account, "kms", "key/*"), ...ofStacks(place, "kms", (stack) => `alias/switchyard/${stack}`)],
    ),
    {
      Sid: "NotOfThePlatform",
      Effect: "Deny",
      Action: [
        "kms:CreateAlias",
        "kms:CreateGrant",
        "kms:DisableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:UpdateAlias",
      ],
      Resource: [...place.platformKeyArns],
    },
  ];
}
