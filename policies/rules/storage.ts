import { covers, openToEveryone, readDocument } from "../document.ts";
import { resourceRule } from "../rule.ts";

const bucketPolicy = "aws:s3/bucketPolicy:BucketPolicy";
const acls = ["aws:s3/bucketAcl:BucketAcl", "aws:s3/bucket:Bucket"] as const;
const table = "aws:dynamodb/table:Table";

export const storageRules = [
  resourceRule("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {
    name: "s3-blocks-public-access",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.8", "CKV2_AWS_6", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"],
    title: "Buckets block every kind of public access",
    why: "With the block in place a wrong policy or ACL stays without effect.",
    fix: "Set all four of blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets to true.",
    check: function* (block) {
      for (const key of [
        "blockPublicAcls",
        "blockPublicPolicy",
        "ignorePublicAcls",
        "restrictPublicBuckets",
      ] as const) {
        if (block[key] !== true) yield `${key} is not true`;
      }
    },
  }),
  resourceRule(bucketPolicy, {
    name: "s3-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.2", "S3.3", "CKV_AWS_70"],
    title: "No bucket policy lets everyone in",
    why: "Everyone includes those who look for open buckets all day.",
    fix: "Name the principals in policy, or narrow the statement with a condition.",
    check: function* ({ policy }) {
      const document = readDocument(policy);
      if (document.problem !== undefined) yield `policy ${document.problem}`;
      for (const { at } of openToEveryone(document)) yield `policy ${at} is open to everyone`;
    },
  }),
  resourceRule(acls, {
    name: "s3-no-public-read-acl",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.2", "CKV_AWS_20"],
    title: "No bucket's ACL lets everyone read",
    why: "Every object in it is published.",
    fix: "Leave acl out.",
    check: ({ acl }) => (/^(public-read|authenticated-read)/.test(acl ?? "") ? "acl lets everyone read" : undefined),
  }),
  resourceRule(acls, {
    name: "s3-no-public-write-acl",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.3", "CKV_AWS_57"],
    title: "No bucket's ACL lets everyone write",
    why: "Strangers' files are served, and paid for, as your own.",
    fix: "Leave acl out.",
    check: ({ acl }) => (acl === "public-read-write" ? "acl lets everyone write" : undefined),
  }),
  resourceRule(bucketPolicy, {
    name: "s3-tls-only",
    level: "mandatory",
    severity: "medium",
    controls: ["S3.5", "CKV_AWS_379"],
    title: "Buckets refuse requests without TLS",
    why: "Objects and signatures otherwise cross the network in plain text.",
    fix: "Deny s3:* to everyone where aws:SecureTransport is false.",
    check: ({ policy }) => {
      const { statements, problem } = readDocument(policy);
      if (problem !== undefined) return `policy ${problem}`;
      const denies = statements.some(
        ({ allow, actions, conditions }) =>
          !allow &&
          actions.some((action) => covers(action, "s3:GetObject")) &&
          conditions.some(
            ({ operator, key, values }) =>
              operator === "Bool" && /^aws:SecureTransport$/i.test(key) && values[0] === "false",
          ),
      );
      return denies ? undefined : "policy does not deny requests without TLS";
    },
  }),
  resourceRule("aws:s3/bucketOwnershipControls:BucketOwnershipControls", {
    name: "s3-no-acls",
    level: "mandatory",
    severity: "medium",
    controls: ["S3.12", "CKV2_AWS_65"],
    title: "Buckets have no ACLs",
    why: "ACLs give access past every policy, object by object.",
    fix: "Set rule.objectOwnership to BucketOwnerEnforced.",
    check: ({ rule }) =>
      rule.objectOwnership === "BucketOwnerEnforced" ? undefined : "rule.objectOwnership is not BucketOwnerEnforced",
  }),
  resourceRule("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", {
    name: "s3-aborts-uploads",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_300"],
    title: "Unfinished uploads are cleaned up",
    why: "Their parts are invisible, and paid for, for ever.",
    fix: "Give a rule abortIncompleteMultipartUpload.",
    check: ({ rules }) =>
      (rules ?? []).some(({ abortIncompleteMultipartUpload }) => abortIncompleteMultipartUpload !== undefined)
        ? undefined
        : "no rule aborts unfinished uploads",
  }),
  resourceRule("aws:s3/bucketVersioning:BucketVersioning", {
    name: "s3-versioned",
    level: "advisory",
    severity: "low",
    controls: ["S3.14", "CKV_AWS_21"],
    title: "Buckets keep old versions",
    why: "An object overwritten or deleted by mistake is otherwise gone.",
    fix: "Set versioningConfiguration.status to Enabled.",
    check: ({ versioningConfiguration }) =>
      versioningConfiguration?.status === "Enabled" ? undefined : "versioningConfiguration.status is not Enabled",
  }),
  resourceRule("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", {
    name: "s3-own-key",
    level: "advisory",
    severity: "low",
    controls: ["S3.17", "CKV_AWS_145"],
    title: "Buckets are encrypted with a key of the platform",
    why: "S3's own key cannot be limited to some roles or withdrawn.",
    fix: "Set applyServerSideEncryptionByDefault to aws:kms with kmsMasterKeyId.",
    check: ({ rules }) =>
      (rules ?? []).some(({ applyServerSideEncryptionByDefault: one }) => one?.sseAlgorithm === "aws:kms")
        ? undefined
        : "no rule encrypts with aws:kms",
  }),
  resourceRule(table, {
    name: "dynamodb-recovery",
    level: "production",
    severity: "medium",
    controls: ["DynamoDB.2", "CKV_AWS_28"],
    title: "Tables can be brought back to any moment",
    why: "A wrong write is otherwise final.",
    fix: "Set pointInTimeRecovery.enabled to true.",
    check: ({ pointInTimeRecovery }) =>
      pointInTimeRecovery?.enabled === true ? undefined : "pointInTimeRecovery.enabled is not true",
  }),
  resourceRule(table, {
    name: "dynamodb-deletion-protection",
    level: "production",
    severity: "medium",
    controls: ["DynamoDB.6"],
    title: "Tables are protected from deletion",
    why: "A table goes with all its items and, without recovery, for good.",
    fix: "Set deletionProtectionEnabled to true.",
    check: (one) => (one.deletionProtectionEnabled === true ? undefined : "deletionProtectionEnabled is not true"),
  }),
  resourceRule(table, {
    name: "dynamodb-own-key",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_119"],
    title: "Tables are encrypted with a key of the platform",
    why: "The AWS key cannot be limited to some roles or withdrawn.",
    fix: "Set serverSideEncryption with kmsKeyArn.",
    check: ({ serverSideEncryption }) =>
      serverSideEncryption?.enabled === true && "kmsKeyArn" in serverSideEncryption
        ? undefined
        : "serverSideEncryption has no kmsKeyArn",
  }),
];
