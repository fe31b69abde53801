import { covers, openToEveryone, readDocument } from "../document.ts";
import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { allowing, identityPolicies, isUnscoped } from "./iam-documents.ts";

export const keyAndSecretRules = [
  resourceRule(["aws:kms/key:Key", "aws:kms/keyPolicy:KeyPolicy"], {
    name: "kms-key-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["KMS.5", "CKV_AWS_33"],
    title: "No key can be used by everyone",
    why: "Encryption with a key anyone may use protects nothing.",
    fix: "Name the principals in the key's policy, or narrow the statement with kms:CallerAccount.",
    check: function* ({ policy }) {
      const document = readDocument(policy);
      if (document.problem !== undefined) yield `policy ${document.problem}`;
      for (const { at } of openToEveryone(document)) yield `policy ${at} is open to everyone`;
    },
  }),
  resourceRule("aws:kms/key:Key", {
    name: "kms-key-rotation",
    level: "mandatory",
    severity: "medium",
    controls: ["KMS.4", "CKV_AWS_7"],
    title: "Symmetric keys rotate every year",
    why: "Rotation bounds what one leaked key version can decrypt.",
    fix: "Set enableKeyRotation to true.",
    check: ({ customerMasterKeySpec, enableKeyRotation }) =>
      (customerMasterKeySpec ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT" && enableKeyRotation !== true
        ? "enableKeyRotation is not true"
        : undefined,
  }),
  resourceRule(identityPolicies, {
    name: "kms-no-decrypt-everything",
    level: "advisory",
    severity: "medium",
    controls: ["KMS.1", "KMS.2"],
    title: "Policies decrypt with named keys",
    why: "Decrypting with every key of the account reads what other systems encrypted.",
    fix: "Name the key's ARN in Resource, or narrow with kms:ViaService.",
    check: allowing((statement) =>
      isUnscoped(statement) &&
      statement.conditions.length === 0 &&
      statement.actions.some((action) => covers(action, "kms:Decrypt") || covers(action, "kms:ReEncryptFrom"))
        ? "decrypts with every key"
        : undefined,
    ),
  }),
  resourceRule("aws:kms/key:Key", {
    name: "kms-key-policy-written",
    level: "advisory",
    severity: "low",
    controls: ["CKV2_AWS_64"],
    title: "Keys have a policy written for them",
    why: "The default policy leaves the key to whatever IAM policies say.",
    fix: "Give the key a policy that names its users.",
    check: (key) => ("policy" in key ? undefined : "policy is missing"),
  }),
  resourceRule("aws:secretsmanager/secret:Secret", {
    name: "secret-recovery-window",
    level: "production",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
    title: "A deleted secret can be brought back",
    why: "With a window of 0 a mistaken deletion is final at once.",
    fix: "Leave recoveryWindowInDays at 30, or set at least 7.",
    check: ({ recoveryWindowInDays }) => (recoveryWindowInDays === 0 ? "recoveryWindowInDays is 0" : undefined),
  }),
  resourceRule("aws:secretsmanager/secret:Secret", {
    name: "secret-own-key",
    level: "advisory",
    severity: "medium",
    controls: ["CKV_AWS_149"],
    title: "Secrets are encrypted with a key of the platform",
    why: "The AWS key cannot be limited to some roles or withdrawn.",
    fix: "Set kmsKeyId to the environment's key.",
    check: (secret) => ("kmsKeyId" in secret ? undefined : "kmsKeyId is missing"),
  }),
  resourceRule("aws:secretsmanager/secretPolicy:SecretPolicy", {
    name: "secret-policy-not-public",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
    title: "No secret can be read by everyone",
    why: "A secret's own policy gives access past every role.",
    fix: "Name the principals in policy.",
    check: function* ({ policy }) {
      const document = readDocument(policy);
      if (document.problem !== undefined) yield `policy ${document.problem}`;
      for (const { at } of openToEveryone(document)) yield `policy ${at} is open to everyone`;
    },
  }),
  resourceRule("aws:secretsmanager/secretRotation:SecretRotation", {
    name: "secret-rotation-interval",
    level: "advisory",
    severity: "medium",
    controls: ["SecretsManager.4"],
    title: "Secrets rotate often enough",
    why: "The interval is how long a leaked secret stays of use.",
    fix: "Shorten rotationRules.automaticallyAfterDays.",
    settings: { maximumDays: setting.integer(90, "Longest interval allowed, in days") },
    check: ({ rotationRules }, { settings }) =>
      rotationRules?.scheduleExpression !== undefined ||
      (rotationRules?.automaticallyAfterDays ?? 0) <= settings.maximumDays
        ? undefined
        : "rotationRules.automaticallyAfterDays is longer than the configured maximum",
  }),
];
