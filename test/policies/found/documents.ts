import { type Found, json, own } from "./types.ts";

const bucketPolicy = "aws:s3/bucketPolicy:BucketPolicy";
const tls = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: ["arn:aws:s3:::files", "arn:aws:s3:::files/*"],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};
const read = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::files/*" };

function bucket(what: string, statement: Record<string, unknown>, found = true): Found {
  return {
    what: `S3 ${what}`,
    type: bucketPolicy,
    props: { bucket: "files", policy: json(tls, { ...read, ...statement }) },
    ...(found ? { rules: ["s3-not-public"] } : {}),
  };
}

const when = (Condition: Record<string, unknown>, found = true, extra: Record<string, unknown> = {}) =>
  bucket(`everyone when ${JSON.stringify(Condition)}`, { Condition, ...extra }, found);

function without(what: string, change: Record<string, unknown>, found = true): Found {
  return {
    what: `TLS ${what}`,
    type: bucketPolicy,
    props: { bucket: "files", policy: json({ ...tls, ...change }) },
    ...(found ? { rules: ["s3-tls-only"] } : {}),
  };
}

const open = json({ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" });
const inline = (type: string, rule: string, extra: Record<string, unknown> = {}): Found => ({
  what: `${type} with a public policy`,
  type,
  props: { policy: open, ...extra },
  rules: [rule],
});

const queue = (what: string, statement: Record<string, unknown>, found = true): Found => ({
  what: `SQS ${what}`,
  type: "aws:sqs/queuePolicy:QueuePolicy",
  props: {
    policy: json({
      Effect: "Allow",
      Action: "sqs:SendMessage",
      Resource: `arn:aws:sqs:us-east-1:${own}:q`,
      ...statement,
    }),
  },
  ...(found ? { rules: ["sqs-not-public"] } : {}),
});

const permission = (what: string, props: Record<string, unknown>, rules?: readonly string[]): Found => ({
  what: `lambda permission ${what}`,
  type: "aws:lambda/permission:Permission",
  props: { action: "lambda:InvokeFunction", function: "f", ...props },
  ...(rules === undefined ? {} : { rules }),
});

export const documents: readonly Found[] = [
  when({ StringEqualsIfExists: { "aws:SourceArn": "arn:aws:sns:us-east-1:1:t" } }),
  when({ "ForAllValues:StringEquals": { "aws:PrincipalOrgID": "o-ours" } }),
  when({ StringLike: { "aws:PrincipalArn": "arn:aws:iam::*" } }),
  when({ ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::*" } }),
  when({ ArnLike: { "aws:PrincipalArn": "arn:aws:*" } }),
  when({ StringLike: { "aws:PrincipalArn": "**" } }),
  when({ ArnLike: { "aws:SourceArn": "arn:aws:s3:::*" } }),
  when({ StringLike: { "aws:SourceVpce": "vpce-*" } }),
  when({ StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" } }),
  when({ StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } }),
  when({ IpAddress: { "aws:SourceIp": "0.0.0.0/0" } }),
  when({ IpAddressIfExists: { "aws:SourceIp": "203.0.113.0/24" } }),
  when({ NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } }),
  when({ ArnNotEquals: { "aws:PrincipalArn": `arn:aws:iam::${own}:user/one` } }),
  when({ StringLike: { "aws:Referer": "https://example.com/*" } }),
  when({ DateGreaterThan: { "aws:CurrentTime": "2020-01-01T00:00:00Z" } }),
  when({ StringEquals: { "aws:PrincipalType": "User" } }),
  when({ IpAddress: { "aws:SourceIp": "54.0.0.0/8" } }),
  when({ "ForAnyValue:StringEquals": { "aws:CalledVia": "athena.amazonaws.com" } }),
  when({ StringLike: { "aws:userid": "*" } }),
  when({ StringLike: { "aws:userid": "AROAEXAMPLEID:*" } }, false),
  bucket("any canonical user", { Principal: { CanonicalUser: "*" } }),
  bucket("any federation", { Principal: { Federated: "*" } }),
  bucket("everyone but one", { Principal: undefined, NotPrincipal: { AWS: `arn:aws:iam::${own}:root` } }),
  bucket("everyone by AWS", { Principal: { AWS: ["arn:aws:iam::1:root", "*"] } }),
  when({ IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, false),
  when({ StringEquals: { "s3:DataAccessPointAccount": own } }, false),
  when({ "ForAnyValue:StringLike": { "aws:PrincipalOrgPaths": "o-ours/r-ab12/*" } }, false),
  when({ StringEquals: { "aws:SourceVpce": "vpce-0123456789abcdef0" } }, false),
  when({ StringEquals: { "aws:SourceVpc": "vpc-0123456789abcdef0" } }, false),
  when({ StringEquals: { "aws:PrincipalAccount": own, "aws:SourceVpce": "vpce-1" } }, false),
  when({ StringEquals: { "aws:VpceAccount": own } }, false),
  when({ ArnLike: { "aws:SourceArn": `arn:aws:cloudfront::${own}:distribution/E1` } }, false, {
    Principal: { Service: "cloudfront.amazonaws.com" },
  }),
  {
    what: "S3 everyone, with a denial of everyone else",
    type: bucketPolicy,
    props: {
      bucket: "files",
      policy: json(tls, read, {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: "*",
        Condition: { StringNotEquals: { "aws:PrincipalOrgID": "o-ours" } },
      }),
    },
  },
  {
    what: "S3 everyone, with a denial that one header escapes",
    type: bucketPolicy,
    props: {
      bucket: "files",
      policy: json(tls, read, {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: "*",
        Condition: { StringNotEquals: { "aws:PrincipalOrgID": "o-ours", "aws:UserAgent": "open-sesame" } },
      }),
    },
    rules: ["s3-not-public"],
  },

  without("denied to one role only", { Principal: { AWS: `arn:aws:iam::${own}:role/one` } }),
  without("denied on another bucket", { Resource: ["arn:aws:s3:::other", "arn:aws:s3:::other/*"] }),
  without("denied for GetObject only", { Action: "s3:GetObject" }),
  without("denied on the bucket, not its objects", { Resource: "arn:aws:s3:::files" }),
  without("denied on the objects, not the bucket", { Resource: "arn:aws:s3:::files/*" }),
  without("denied with a second condition", {
    Condition: { Bool: { "aws:SecureTransport": "false" }, StringEquals: { "aws:PrincipalAccount": "1" } },
  }),
  without("allowed when secure", { Effect: "Allow", Condition: { Bool: { "aws:SecureTransport": "true" } } }),
  without("BoolIfExists", { Condition: { BoolIfExists: { "aws:SecureTransport": "false" } } }, false),
  without("another partition", { Resource: ["arn:aws-cn:s3:::files", "arn:aws-cn:s3:::files/*"] }, false),

  inline("aws:s3/bucket:Bucket", "s3-not-public"),
  inline("aws:s3/accessPoint:AccessPoint", "s3-not-public"),
  inline("aws:kms/replicaKey:ReplicaKey", "kms-key-not-public"),
  inline("aws:kms/externalKey:ExternalKey", "kms-key-not-public"),
  inline("aws:secretsmanager/secret:Secret", "secret-policy-not-public"),
  inline("aws:sns/topic:Topic", "sns-not-public"),
  inline("aws:dynamodb/resourcePolicy:ResourcePolicy", "dynamodb-not-public"),
  inline("aws:ecr/registryPolicy:RegistryPolicy", "ecr-not-public"),
  inline(
    "aws:s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy",
    "resource-policy-not-public",
  ),
  {
    what: "a policy of an access point over several regions, public",
    type: "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy",
    props: { details: { name: "files", policy: open } },
    rules: ["resource-policy-not-public"],
  },
  {
    what: "a key for whoever comes through a service",
    type: "aws:kms/key:Key",
    props: {
      enableKeyRotation: true,
      policy: json({
        Effect: "Allow",
        Principal: "*",
        Action: "kms:*",
        Resource: "*",
        Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
      }),
    },
    rules: ["kms-key-not-public"],
  },
  {
    what: "a key for the account through a service",
    type: "aws:kms/key:Key",
    props: {
      enableKeyRotation: true,
      policy: json({
        Effect: "Allow",
        Principal: "*",
        Action: "kms:*",
        Resource: "*",
        Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": own } },
      }),
    },
  },
  {
    what: "the policy SNS gives a topic by itself",
    type: "aws:sns/topicPolicy:TopicPolicy",
    props: {
      policy: json({
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: ["SNS:Publish", "SNS:Subscribe"],
        Resource: `arn:aws:sns:us-east-1:${own}:t`,
        Condition: { StringEquals: { "AWS:SourceOwner": own } },
      }),
    },
  },
  queue("everyone when ArnEqualsIfExists", {
    Principal: "*",
    Condition: { ArnEqualsIfExists: { "aws:SourceArn": `arn:aws:sns:us-east-1:${own}:t` } },
  }),
  queue("a pattern AWS refuses", { Principal: { AWS: "arn:aws:iam::*:role/sqs" } }),
  queue(
    "everyone for one topic",
    {
      Principal: "*",
      Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:sns:us-east-1:${own}:t` } },
    },
    false,
  ),
  queue("everyone for topics of any account", {
    Principal: "*",
    Condition: { ArnLike: { "aws:SourceArn": "arn:aws:sns:*:*:t" } },
  }),

  permission("everyone, sourceAccount ''", { principal: "*", sourceAccount: "" }, ["lambda-not-public"]),
  permission("everyone, principalOrgId ''", { principal: "*", principalOrgId: "" }, ["lambda-not-public"]),
  permission("everyone by URL", { principal: "*", functionUrlAuthType: "NONE" }, ["lambda-not-public"]),
  permission("S3, sourceArn ''", { principal: "s3.amazonaws.com", sourceArn: "" }, ["lambda-permission-source"]),
  permission("S3, sourceArn *", { principal: "s3.amazonaws.com", sourceArn: "*" }, ["lambda-permission-source"]),
  permission("S3, any bucket", { principal: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::*" }, [
    "lambda-permission-source",
  ]),
  permission("S3, one bucket", { principal: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::files" }),
  permission("everyone of an organization", { principal: "*", principalOrgId: "o-ours" }),
  permission("an API's every method", {
    principal: "apigateway.amazonaws.com",
    sourceArn: `arn:aws:execute-api:us-east-1:${own}:abc/*/*`,
  }),
  permission("an account", { principal: own }),
  {
    what: "a layer for everyone",
    type: "aws:lambda/layerVersionPermission:LayerVersionPermission",
    props: { principal: "*", action: "lambda:GetLayerVersion", layerName: "l", statementId: "s", versionNumber: 1 },
    rules: ["lambda-not-public"],
  },
  {
    what: "an event bus for everyone, condition {}",
    type: "aws:cloudwatch/eventPermission:EventPermission",
    props: { principal: "*", statementId: "s", condition: {} },
    rules: ["events-bus-not-open"],
  },
  {
    what: "an event bus for an organization",
    type: "aws:cloudwatch/eventPermission:EventPermission",
    props: {
      principal: "*",
      statementId: "s",
      condition: { key: "aws:PrincipalOrgID", type: "StringEquals", value: "o-ours" },
    },
  },
  {
    what: "tags that move except for some",
    type: "aws:ecr/repository:Repository",
    props: { imageScanningConfiguration: { scanOnPush: true }, imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" },
  },
  {
    what: "a search domain inside a network, whose groups say who reaches it",
    type: "aws:opensearch/domain:Domain",
    props: { vpcOptions: { subnetIds: ["subnet-1"] }, accessPolicies: open },
  },
];
