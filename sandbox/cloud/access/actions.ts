/** Which actions of IAM a call needs: mostly the one of its name (Service Authorization Reference, and each API reference). */
import type { Members } from "../limits/limit.ts";

/** Prefix of the actions of a service, where it is not the name calls are signed with. */
const prefixes: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

export function prefixOf(service: string): string {
  return prefixes[service] ?? service;
}

const renamed: Readonly<Record<string, readonly string[]>> = {
  "cloudfront:CreateDistributionWithTags": ["cloudfront:CreateDistribution", "cloudfront:TagResource"],
  // CloudFront is asked whether its logs may be delivered (CloudWatch Logs user guide, "Service-specific permissions").
  "logs:PutDeliverySource": ["logs:PutDeliverySource", "cloudfront:AllowVendedLogDeliveryForResource"],
  "s3:DeleteBucketCors": ["s3:PutBucketCORS"],
  "s3:DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
  "s3:DeleteBucketLifecycle": ["s3:PutLifecycleConfiguration"],
  "s3:DeleteBucketOwnershipControls": ["s3:PutBucketOwnershipControls"],
  "s3:DeleteBucketTagging": ["s3:PutBucketTagging"],
  "s3:DeleteObjects": ["s3:DeleteObject"],
  "s3:DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
  "s3:GetBucketCors": ["s3:GetBucketCORS"],
  "s3:GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
  "s3:GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
  "s3:GetObjectLockConfiguration": ["s3:GetBucketObjectLockConfiguration"],
  "s3:GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
  "s3:HeadBucket": ["s3:ListBucket"],
  "s3:HeadObject": ["s3:GetObject"],
  "s3:ListObjects": ["s3:ListBucket"],
  "s3:ListObjectsV2": ["s3:ListBucket"],
  "s3:ListObjectVersions": ["s3:ListBucketVersions"],
  "s3:PutBucketCors": ["s3:PutBucketCORS"],
  "s3:PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
  "s3:PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
  "s3:PutObjectLockConfiguration": ["s3:PutBucketObjectLockConfiguration"],
  "s3:PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
  "lambda:Invoke": ["lambda:InvokeFunction"],
};

/** What putting tags on something as it is made needs beside making it. */
const tagging: Readonly<Record<string, string>> = {
  acm: "acm:AddTagsToCertificate",
  "application-autoscaling": "application-autoscaling:TagResource",
  cloudwatch: "cloudwatch:TagResource",
  dynamodb: "dynamodb:TagResource",
  ec2: "ec2:CreateTags",
  ecr: "ecr:TagResource",
  ecs: "ecs:TagResource",
  elasticloadbalancing: "elasticloadbalancing:AddTags",
  kms: "kms:TagResource",
  lambda: "lambda:TagResource",
  logs: "logs:TagResource",
  rds: "rds:AddTagsToResource",
  secretsmanager: "secretsmanager:TagResource",
  sns: "sns:TagResource",
};
const iamTagging: Readonly<Record<string, string>> = {
  CreateOpenIDConnectProvider: "iam:TagOpenIDConnectProvider",
  CreatePolicy: "iam:TagPolicy",
  CreateRole: "iam:TagRole",
};

const making = /^(Allocate|Create|Put|Register|Request|Run)/;
const tags = /^(tags|tagspecifications?)[.\d]/i;

/** Calls every identity may make (AWS STS API reference, GetCallerIdentity). */
const free = new Set(["sts:GetCallerIdentity"]);

/** The actions of a call, parts of a transaction excepted. */
export function actionsOfCall(service: string, operation: string, members: Members): readonly string[] {
  const prefix = prefixOf(service);
  const name = `${prefix}:${operation}`;
  if (free.has(name)) return [];
  const actions = renamed[name] ?? [name];
  if (!making.test(operation) || !members.some(([path]) => tags.test(path))) return actions;
  const also = prefix === "iam" ? iamTagging[operation] : tagging[prefix];
  return also === undefined ? actions : [...actions, also];
}

/** Roles a call hands to a service (IAM, "Grant a user permissions to pass a role"): member, and who is given it. */
const passing: Readonly<Record<string, { readonly member: RegExp; readonly service: string }>> = {
  "ec2:CreateFlowLogs": { member: /^DeliverLogsPermissionArn$/, service: "vpc-flow-logs.amazonaws.com" },
  "ecs:RegisterTaskDefinition": { member: /^(execution|task)RoleArn$/, service: "ecs-tasks.amazonaws.com" },
  "lambda:CreateFunction": { member: /^Role$/, service: "lambda.amazonaws.com" },
};

export interface PassedRole {
  readonly roleArn: string;
  readonly service: string;
}

export function passedRoles(service: string, operation: string, members: Members): readonly PassedRole[] {
  const found = passing[`${prefixOf(service)}:${operation}`];
  if (found === undefined) return [];
  return members.flatMap(([path, value]) =>
    found.member.test(path) ? [{ roleArn: value, service: found.service }] : [],
  );
}
