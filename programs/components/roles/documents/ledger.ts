import type * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../../account.ts";
import type { Statement } from "../../../policy.ts";
import { allow } from "./place.ts";

/** The ledger, and the key it is under: DynamoDB decrypts with it for whoever asks. */
export interface LedgerPlace {
  readonly tableArn: pulumi.Input<string>;
  readonly keyArn: pulumi.Input<string>;
}

const partitions = "dynamodb:LeadingKeys";
const approvalOf = (stack: string) => `${stack}#approval`;
const planOf = (stack: string) => `${stack}#plan`;

/** Reading what the ledger says of stacks, approvals and plans of pull requests included. */
export function readLedger({ tableArn, keyArn }: LedgerPlace, stacks: readonly string[]): readonly Statement[] {
  return [
    { Sid: "LedgerKey", Effect: "Allow", Action: "kms:Decrypt", Resource: keyArn },
    {
      Sid: "LedgerRead",
      Effect: "Allow",
      Action: ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"],
      Resource: tableArn,
      Condition: {
        "ForAllValues:StringLike": { [partitions]: stacks.flatMap((one) => [one, approvalOf(one), planOf(one)]) },
      },
    },
  ];
}

/**
 * Writing leases, journals and release documents of stacks, and never an approval, whatever else the role is allowed: an
 * `UpdateItem` makes an item that is not there, and transactions are allowed by the actions of their parts (Amazon
 * DynamoDB developer guide, "Using IAM policy conditions").
 */
export function writeLedger(place: LedgerPlace, stacks: readonly string[]): readonly Statement[] {
  return [
    ...readLedger(place, stacks),
    {
      Sid: "LedgerWrite",
      Effect: "Allow",
      Action: ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
      Resource: place.tableArn,
      Condition: { "ForAllValues:StringLike": { [partitions]: [...stacks] } },
    },
    {
      Sid: "NoApproval",
      Effect: "Deny",
      Action: [
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
      ],
      Resource: place.tableArn,
      Condition: { "ForAnyValue:StringLike": { [partitions]: ["*#approval"] } },
    },
  ];
}

/** Writing down what pull requests would do to stacks, and nothing else: their own code runs with this right. */
export function recordPlans(place: LedgerPlace, stacks: readonly string[]): readonly Statement[] {
  return [
    ...readLedger(place, stacks),
    {
      Sid: "RecordPlans",
      Effect: "Allow",
      Action: "dynamodb:PutItem",
      Resource: place.tableArn,
      Condition: { "ForAllValues:StringEquals": { [partitions]: stacks.map(planOf) } },
    },
  ];
}

/** Approving deploys of stacks, and nothing else. */
export function approve(place: LedgerPlace, stacks: readonly string[]): readonly Statement[] {
  return [
    ...readLedger(place, stacks),
    {
      Sid: "Approve",
      Effect: "Allow",
      Action: "dynamodb:PutItem",
      Resource: place.tableArn,
      Condition: { "ForAllValues:StringEquals": { [partitions]: stacks.map(approvalOf) } },
    },
  ];
}

/** Keeping the ends of audits, as the ledger has them, where whoever writes the ledger has no right: `audit seal`. */
export function seal(place: LedgerPlace, account: Account, stacks: readonly string[]): readonly Statement[] {
  const bucket = `arn:${account.partition}:s3:::switchyard-audit-${account.id}-${account.region}`;
  return [
    ...readLedger(place, stacks),
    allow("Locked", ["s3:GetBucketObjectLockConfiguration"], bucket),
    allow("Keep", ["s3:PutObject"], `${bucket}/*`),
  ];
}
