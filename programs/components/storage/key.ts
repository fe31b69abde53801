import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { policyDocument, type Statement } from "../../policy.ts";
import type { Profile } from "../../profile.ts";

/** The account a key is in; its id may be known only once the account is made. */
export interface KeyAccount extends Pick<Account, "partition"> {
  readonly id: pulumi.Input<string>;
}

export interface KeyArgs {
  readonly description: string;
  readonly account: KeyAccount;
  readonly profile: Profile;
  /** What AWS services may do with it, beside what IAM policies of the account allow. */
  readonly statements?: readonly Statement[];
  /** Readable name, without `alias/`. */
  readonly alias: string;
}

/** A customer managed KMS key, rotated every year. */
export class Key extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: KeyArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:storage:Key", name, {}, options);
    const key = new aws.kms.Key(
      name,
      {
        description: args.description,
        enableKeyRotation: true,
        deletionWindowInDays: args.profile.keyRecoveryDays,
        policy: policyDocument(accountDecides(args.account), ...(args.statements ?? [])),
      },
      { parent: this, protect: args.profile.protect },
    );
    new aws.kms.Alias(name, { name: `alias/${args.alias}`, targetKeyId: key.keyId }, { parent: this });
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

/**
 * Hands the key to the account's IAM policies. Every action, on `*`: in a key policy `*` is the key itself, and a key
 * whose account cannot change its policy can never be repaired (AWS KMS, "Default key policy").
 */
function accountDecides(account: KeyAccount): Statement {
  return {
    Sid: "AccountPoliciesDecide",
    Effect: "Allow",
    Principal: { AWS: pulumi.interpolate`arn:${account.partition}:iam::${account.id}:root` },
    Action: "kms:*",
    Resource: "*",
  };
}

/** CloudWatch Logs may encrypt the log groups of these names, or patterns of names. `Resource: "*"` is the key itself. */
export function logsMayEncrypt(account: Account, ...names: readonly [string, ...string[]]): Statement {
  const arns = names.map((name) => `arn:${account.partition}:logs:${account.region}:${account.id}:log-group:${name}`);
  return {
    Sid: "LogGroups",
    Effect: "Allow",
    Principal: { Service: `logs.${account.region}.amazonaws.com` },
    Action: [
      "kms:Encrypt",
      "kms:Decrypt",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
      "kms:GenerateDataKey",
      "kms:DescribeKey",
    ],
    Resource: "*",
    Condition: {
      ArnLike: {
        "kms:EncryptionContext:aws:logs:arn": arns,
      },
    },
  };
}

/** CloudWatch may publish alarms to this account's encrypted topics. */
export const alarmsMayPublish = (account: Account) => maySend("Alarms", "cloudwatch.amazonaws.com", account);

/**
 * Amazon SES may publish what became of mail to this one encrypted topic. By what SNS itself tells KMS ("Encryption context"
 * in the Amazon SNS developer guide): of Amazon SES nothing says that it names the account it calls for.
 */
export function mailMayPublish(account: Account, topic: string): Statement {
  const arn = `arn:${account.partition}:sns:${account.region}:${account.id}:${topic}`;
  return {
    Sid: "Mail",
    Effect: "Allow",
    Principal: { Service: "ses.amazonaws.com" },
    Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    Resource: "*",
    Condition: { StringEquals: { "kms:EncryptionContext:aws:sns:topicArn": arn } },
  };
}

/**
 * CloudFront may read objects of the account's buckets of this name, or pattern of names: for any distribution of the account,
 * as the one is not known while the key is made. Which of them reads what, the bucket's own policy says. By what S3 tells KMS
 * ("Encryption context" in the Amazon S3 user guide, "Using server-side encryption with AWS KMS keys").
 */
export function cdnMayDecrypt({ partition, id }: Account, buckets: string): Statement {
  return {
    Sid: "Cdn",
    Effect: "Allow",
    Principal: { Service: "cloudfront.amazonaws.com" },
    Action: "kms:Decrypt",
    Resource: "*",
    Condition: {
      ArnLike: {
        "aws:SourceArn": `arn:${partition}:cloudfront::${id}:distribution/*`,
        "kms:EncryptionContext:aws:s3:arn": `arn:${partition}:s3:::${buckets}`,
      },
    },
  };
}

/** A service of AWS's may encrypt what it sends for this account. `Resource: "*"` is the key itself. */
function maySend(Sid: string, service: string, account: Account): Statement {
  return {
    Sid,
    Effect: "Allow",
    Principal: { Service: service },
    Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    Resource: "*",
    Condition: { StringEquals: { "aws:SourceAccount": account.id } },
  };
}
