import type * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../../account.ts";
import type { Statement } from "../../../policy.ts";

/** Where Pulumi keeps the stacks' state, and the key of the secrets in it. */
export interface StatePlace {
  readonly account: Account;
  /** None where state is not in a bucket of this account. */
  readonly bucketName?: string | undefined;
  readonly keyArn: pulumi.Input<string>;
  readonly project: string;
}

/** Reading stacks' state, which needs the key: outputs of other stacks, and a preview's own. */
export function readState(place: StatePlace, stacks: readonly string[]): readonly Statement[] {
  const { bucketName, account, keyArn } = place;
  const key: Statement = { Sid: "StateKey", Effect: "Allow", Action: "kms:Decrypt", Resource: keyArn };
  if (bucketName === undefined) return [key];
  const bucket = `arn:${account.partition}:s3:::${bucketName}`;
  return [
    key,
    { Sid: "StateList", Effect: "Allow", Action: ["s3:GetBucketLocation", "s3:ListBucket"], Resource: bucket },
    {
      Sid: "StateRead",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: [
        `${bucket}/.pulumi/meta.yaml`,
        ...stacks.flatMap((stack) => [
          `${bucket}/.pulumi/stacks/${place.project}/${stack}.json*`,
          `${bucket}/.pulumi/locks/organization/${place.project}/${stack}/*`,
        ]),
      ],
    },
  ];
}

/** Writing the state of stacks, and no other's: checkpoint, history, backups and lock (Pulumi, "Managing state and backends"). */
export function writeState(place: StatePlace, stacks: readonly string[]): readonly Statement[] {
  const { bucketName, account, keyArn, project } = place;
  const key: Statement = {
    Sid: "StateKeyWrite",
    Effect: "Allow",
    Action: ["kms:Encrypt", "kms:GenerateDataKey"],
    Resource: keyArn,
  };
  if (bucketName === undefined) return [key];
  const under = (path: string) => `arn:${account.partition}:s3:::${bucketName}/.pulumi/${path}`;
  return [
    key,
    {
      Sid: "StateWrite",
      Effect: "Allow",
      Action: ["s3:DeleteObject", "s3:PutObject"],
      Resource: stacks.flatMap((stack) => [
        under(`stacks/${project}/${stack}.json*`),
        under(`history/${project}/${stack}/*`),
        under(`backups/${project}/${stack}/*`),
        under(`locks/organization/${project}/${stack}/*`),
      ]),
    },
  ];
}
