import { type PolicyDocument, readDocument } from "@switchyard/iam/document.ts";
import { admitsPlainRequests } from "../meaning/plain-requests.ts";
import { type Inputs, resourceRule } from "../rule.ts";
import { given } from "../unknown.ts";
import { lettingStrangersIn } from "./resource-documents.ts";

const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
const bucketPolicy = "aws:s3/bucketPolicy:BucketPolicy";
const acls = [
  "aws:s3/bucketAcl:BucketAcl",
  "aws:s3/bucket:Bucket",
  "aws:s3/bucketObject:BucketObject",
  "aws:s3/bucketObjectv2:BucketObjectv2",
  "aws:s3/objectCopy:ObjectCopy",
] as const;
const blocks = [
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
  "aws:s3/accessPoint:AccessPoint",
  "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",
] as const;
const table = "aws:dynamodb/table:Table";
const replica = "aws:dynamodb/tableReplica:TableReplica";

export const storageRules = [
  resourceRule(blocks, {
    name: "s3-blocks-public-access",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.8", "CKV2_AWS_6", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"],
    title: "Buckets block every kind of public access",
    why: "With the block in place a wrong policy or ACL stays without effect.",
    fix: "Set all four of blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets to true.",
    check: function* (block, { type }) {
      if ("details" in block) {
        // What is not said of one over several regions is blocked.
        const { publicAccessBlock } = block.details;
        for (const key of blockSettings) if (publicAccessBlock?.[key] === false) yield `${key} is not true`;
        return;
      }
      const settings: Partial<Record<BlockSetting, boolean>> | undefined = type.endsWith(":AccessPoint")
        ? (block as Inputs<"aws:s3/accessPoint:AccessPoint">).publicAccessBlockConfiguration
        : (block as Inputs<(typeof blocks)[0]>);
      // An access point without a word of it has all four.
      if (settings === undefined) return;
      for (const key of blockSettings) if (settings[key] !== true) yield `${key} is not true`;
    },
  }),
  resourceRule([bucketPolicy, "aws:s3/bucket:Bucket", "aws:s3/accessPoint:AccessPoint"], {
    name: "s3-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.2", "S3.3", "CKV_AWS_70"],
    title: "No bucket policy lets everyone in",
    why: "Everyone includes those who look for open buckets all day.",
    fix: "Name the principals in policy, or narrow the statement with a condition.",
    check: (props) => lettingStrangersIn(props),
  }),
  resourceRule(acls, {
    name: "s3-no-public-read-acl",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.2", "CKV_AWS_20"],
    title: "No bucket's ACL lets everyone read",
    why: "Every object in it is published.",
    fix: "Leave acl out.",
    check: (props) =>
      givenToEveryone(props, /^(public-read|authenticated-read)/, /^(READ|READ_ACP|FULL_CONTROL)$/, "read"),
  }),
  resourceRule(acls, {
    name: "s3-no-public-write-acl",
    level: "mandatory",
    severity: "critical",
    controls: ["S3.3", "CKV_AWS_57"],
    title: "No bucket's ACL lets everyone write",
    why: "Strangers' files are served, and paid for, as your own.",
    fix: "Leave acl out.",
    check: (props) => givenToEveryone(props, /^public-read-write$/, /^(WRITE|WRITE_ACP|FULL_CONTROL)$/, "write"),
  }),
  resourceRule(bucketPolicy, {
    name: "s3-tls-only",
    level: "mandatory",
    severity: "medium",
    controls: ["S3.5", "CKV_AWS_379"],
    title: "Buckets refuse requests without TLS",
    why: "Objects and signatures otherwise cross the network in plain text.",
    fix: "Deny s3:* to everyone where aws:SecureTransport is false.",
    check: ({ policy, bucket }) => {
      const document = readDocument(policy);
      if (document.problem !== undefined) return `policy ${document.problem}`;
      const what = admitsPlainRequests(document, bucketArns(bucket, document));
      return what === undefined ? undefined : `policy does not deny requests without TLS ${what}`;
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
      (rules ?? []).some(
        (rule) => rule.abortIncompleteMultipartUpload !== undefined && rule.status === "Enabled" && ofEverything(rule),
      )
        ? undefined
        : "no rule that is on, and for every object, aborts unfinished uploads",
  }),
  resourceRule("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration", {
    name: "s3-pages-that-write",
    level: "advisory",
    severity: "medium",
    controls: [],
    title: "Buckets take writes from pages of named origins only",
    why: "Any page that a signed address gets into the hands of could otherwise write with it, in a visitor's browser.",
    fix: "Name the origins in corsRules.allowedOrigins, without a wildcard, or allow GET and HEAD alone.",
    url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html",
    check: ({ corsRules }) =>
      (corsRules ?? []).some(
        ({ allowedMethods, allowedOrigins }) =>
          allowedMethods.some((method) => !["GET", "HEAD"].includes(method)) &&
          allowedOrigins.some((origin) => origin.includes("*")),
      )
        ? "a rule lets pages of any origin write"
        : undefined,
  }),
  resourceRule(["aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucket:Bucket"], {
    name: "s3-versioned",
    level: "advisory",
    severity: "low",
    controls: ["S3.14", "CKV_AWS_21"],
    title: "Buckets keep old versions",
    why: "An object overwritten or deleted by mistake is otherwise gone.",
    fix: "Set versioningConfiguration.status to Enabled.",
    check: (props) => {
      if ("versioningConfiguration" in props)
        return props.versioningConfiguration?.status === "Enabled"
          ? undefined
          : "versioningConfiguration.status is not Enabled";
      // A bucket that says nothing leaves it to a resource of its own, which s3-versioning asks for.
      if (!("versioning" in props) || props.versioning === undefined) return undefined;
      return props.versioning.enabled === true ? undefined : "versioning.enabled is not true";
    },
  }),
  resourceRule([encryption, "aws:s3/bucket:Bucket"], {
    name: "s3-own-key",
    level: "advisory",
    severity: "low",
    controls: ["S3.17", "CKV_AWS_145"],
    title: "Buckets are encrypted with a key of the platform",
    why: "S3's own key cannot be limited to some roles or withdrawn.",
    fix: "Set applyServerSideEncryptionByDefault to aws:kms with kmsMasterKeyId.",
    check: (props) => {
      const inline = "serverSideEncryptionConfiguration" in props ? props.serverSideEncryptionConfiguration : undefined;
      // A bucket that says nothing leaves it to a resource of its own, which s3-encryption asks for.
      const rules = "rules" in props ? props.rules : inline === undefined ? undefined : [inline.rule];
      if (rules === undefined) return undefined;
      return rules.some(({ applyServerSideEncryptionByDefault: one }) => one?.sseAlgorithm.startsWith("aws:kms"))
        ? undefined
        : "no rule encrypts with aws:kms";
    },
  }),
  resourceRule("aws:dynamodb/resourcePolicy:ResourcePolicy", {
    name: "dynamodb-not-public",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-best-practices.html",
    title: "No table is open to everyone",
    why: "A table's own policy gives access past every role.",
    fix: "Name the principals in policy.",
    check: (props) => lettingStrangersIn(props),
  }),
  resourceRule([table, replica], {
    name: "dynamodb-recovery",
    level: "production",
    severity: "medium",
    controls: ["DynamoDB.2", "CKV_AWS_28"],
    title: "Tables can be brought back to any moment",
    why: "A wrong write is otherwise final.",
    fix: "Set pointInTimeRecovery.enabled to true, of a replica pointInTimeRecovery itself.",
    check: ({ pointInTimeRecovery: recovery }, { type }) => {
      if (type === replica) return recovery === true ? undefined : "pointInTimeRecovery is not true";
      const enabled = typeof recovery === "object" && recovery.enabled === true;
      return enabled ? undefined : "pointInTimeRecovery.enabled is not true";
    },
  }),
  resourceRule([table, replica], {
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
      serverSideEncryption?.enabled === true && given(serverSideEncryption, "kmsKeyArn")
        ? undefined
        : "serverSideEncryption has no kmsKeyArn",
  }),
];

/** The bucket in each partition, or any bucket the document speaks of while its name is not known. */
function bucketArns(bucket: string, { statements }: PolicyDocument): readonly (readonly string[])[] {
  const said = statements.flatMap(({ resources }) => resources).map((arn) => arn.split("/")[0] ?? "");
  const partitions = new Set(["aws", ...said.map((arn) => arn.split(":")[1] ?? "")].filter((one) => /^aws/.test(one)));
  const arns = bucket.startsWith("arn:") ? [bucket] : [...partitions].map((one) => `arn:${one}:s3:::${bucket}`);
  return arns.map((arn) => [arn, `${arn}/unnamed`]);
}

const blockSettings = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;
type BlockSetting = (typeof blockSettings)[number];

interface Acl {
  readonly acl?: string;
  readonly grants?: readonly { readonly uri?: string; readonly permissions?: readonly string[] }[];
  readonly accessControlPolicy?: {
    readonly grants?: readonly { readonly permission?: string; readonly grantee?: { readonly uri?: string } }[];
  };
}

/** Groups of Amazon S3 with everyone in them: with and without an account (Amazon S3, "Access control list overview"). */
const everyone = /\/groups\/global\/(AllUsers|AuthenticatedUsers)$/;

function* givenToEveryone(props: Acl, canned: RegExp, permission: RegExp, what: string): Iterable<string> {
  if (canned.test(props.acl ?? "")) yield `acl lets everyone ${what}`;
  for (const [index, { uri, permissions }] of (props.grants ?? []).entries())
    if (everyone.test(uri ?? "") && (permissions ?? []).some((one) => permission.test(one)))
      yield `grants[${index}] lets everyone ${what}`;
  for (const [index, one] of (props.accessControlPolicy?.grants ?? []).entries())
    if (everyone.test(one.grantee?.uri ?? "") && permission.test(one.permission ?? ""))
      yield `accessControlPolicy.grants[${index}] lets everyone ${what}`;
}

interface Filtered {
  readonly prefix?: string;
  readonly filter?: { readonly prefix?: string; readonly tag?: unknown; readonly and?: unknown } & object;
}

function ofEverything({ prefix, filter }: Filtered): boolean {
  if ((prefix ?? "") !== "") return false;
  return (
    filter === undefined ||
    Object.entries(filter).every(([key, value]) => key.startsWith("__") || (key === "prefix" && value === ""))
  );
}
