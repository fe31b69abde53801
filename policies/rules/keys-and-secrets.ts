import { looksSecret } from "../../programs/plaintext.ts";
import { unlimited } from "../meaning/holder.ts";
import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { given } from "../unknown.ts";
import { allowing, identityPolicies } from "./iam-documents.ts";
import { lettingStrangersIn } from "./resource-documents.ts";

const keys = [
  "aws:kms/key:Key",
  "aws:kms/keyPolicy:KeyPolicy",
  "aws:kms/replicaKey:ReplicaKey",
  "aws:kms/externalKey:ExternalKey",
  "aws:kms/replicaExternalKey:ReplicaExternalKey",
] as const;

export const keyAndSecretRules = [
  resourceRule(keys, {
    name: "kms-key-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["KMS.5", "CKV_AWS_33"],
    title: "No key can be used by everyone",
    why: "Encryption with a key anyone may use protects nothing.",
    fix: "Name the principals in the key's policy, or narrow the statement with kms:CallerAccount.",
    check: (props) => lettingStrangersIn(props),
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
    check: allowing((statement, document) =>
      unlimited(document, statement, ["kms:Decrypt", "kms:ReEncryptFrom"]).length > 0
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
    check: (key) => (given(key, "policy") ? undefined : "policy is missing"),
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
    check: (secret) =>
      given(secret, "kmsKeyId") &&
      secret.kmsKeyId !== "aws/secretsmanager" &&
      !/alias\/aws\//.test(secret.kmsKeyId ?? "")
        ? undefined
        : "kmsKeyId names no key of the platform",
  }),
  resourceRule(["aws:secretsmanager/secretPolicy:SecretPolicy", "aws:secretsmanager/secret:Secret"], {
    name: "secret-policy-not-public",
    level: "mandatory",
    severity: "critical",
    controls: [],
    url: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
    title: "No secret can be read by everyone",
    why: "A secret's own policy gives access past every role.",
    fix: "Name the principals in policy.",
    check: (props) => lettingStrangersIn(props),
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
    check: ({ rotationRules }, { settings }) => {
      const { automaticallyAfterDays, scheduleExpression } = rotationRules ?? {};
      const at = automaticallyAfterDays === undefined ? "scheduleExpression" : "automaticallyAfterDays";
      const days = automaticallyAfterDays ?? daysOf(scheduleExpression ?? "");
      return days <= settings.maximumDays
        ? undefined
        : `rotationRules.${at} is longer than the configured maximum, or not to be read`;
    },
  }),
  resourceRule("aws:ssm/parameter:Parameter", {
    name: "secret-plaintext",
    level: "mandatory",
    severity: "high",
    controls: ["CKV2_AWS_34"],
    title: "Parameters that hold secrets are encrypted",
    why: "A parameter of type String is readable to all who may read any.",
    fix: "Set type to SecureString, or keep the value in Secrets Manager.",
    check: ({ name, type, value, insecureValue }, { name: resource }) => {
      if (type === "SecureString") return undefined;
      const why = looksSecret((name ?? resource).split("/").at(-1) ?? "", insecureValue ?? value ?? "");
      return why === undefined
        ? undefined
        : `type is ${type === "StringList" ? "StringList" : "String"}, and the parameter ${why}`;
    },
  }),
];

/** Days between two runs of a schedule; infinite when it cannot be read. Cron expressions run every year or more often. */
function daysOf(schedule: string): number {
  const [, count = "", unit = ""] = /^rate\((\d+) (hour|day)s?\)$/.exec(schedule.trim()) ?? [];
  if (count !== "") return unit === "day" ? Number(count) : Number(count) / 24;
  const fields = /^cron\((.*)\)$/.exec(schedule.trim())?.[1]?.split(/\s+/) ?? [];
  if (fields.length < 6) return Number.POSITIVE_INFINITY;
  const [, , dayOfMonth = "*", month = "*", dayOfWeek = "*"] = fields;
  if (month !== "*") return 365 / month.split(",").length;
  return dayOfWeek !== "*" && dayOfWeek !== "?" ? 7 : dayOfMonth === "*" || dayOfMonth === "?" ? 1 : 31;
}
