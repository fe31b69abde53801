import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import { type Statement, useKeyThrough } from "../../policy.ts";

/** The environment's bucket, for services with `files: true`. */
export interface FilesAccess {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  /** Where what is public in it is answered, where there is a CDN. */
  readonly cdnUrl: pulumi.Output<string> | undefined;
}

/** What the service finds it by. */
export function filesVariables(
  { bucketName, cdnUrl }: FilesAccess,
  { region }: Account,
): Record<string, pulumi.Input<string>> {
  return {
    FILES_BUCKET: bucketName,
    FILES_REGION: region,
    ...(cdnUrl !== undefined && { FILES_CDN: cdnUrl }),
  };
}

/** Its files, and the environment's key through S3 only. Older versions of a file are nobody's to delete. */
export function useFiles(
  { bucketArn }: FilesAccess,
  keyArn: pulumi.Input<string>,
  account: Account,
): readonly Statement[] {
  return [
    {
      Sid: "Files",
      Effect: "Allow",
      Action: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      Resource: pulumi.interpolate`${bucketArn}/*`,
    },
    { Sid: "ListFiles", Effect: "Allow", Action: "s3:ListBucket", Resource: bucketArn },
    useKeyThrough("s3", keyArn, account, "writes"),
  ];
}
