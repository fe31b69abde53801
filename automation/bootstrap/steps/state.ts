/** Where the stacks' state is kept: a bucket that is there before any stack. */
import type { BucketLocationConstraint, CreateBucketCommandInput } from "@aws-sdk/client-s3";
import type { Aws, ClientOf } from "../../aws/clients.ts";
import { type BucketSeen, stateState } from "../decide/judge.ts";
import { nothingToUndo } from "../decide/steps.ts";
import type { Step } from "../step.ts";

export const state: Step = {
  name: "state",
  title: "State bucket",
  describe: ({ stateBucket }) => `make the bucket ${stateBucket}, versioned and private, for the stacks' state`,
  detect: async ({ aws, wanted }) => stateState(await seeBucket(aws, wanted.stateBucket), wanted),
  act: async ({ aws, wanted, tell }) => {
    const Bucket = wanted.stateBucket;
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3")]);
    const seen = await seeBucket(aws, Bucket);
    if (seen.kind === "absent") {
      await client.send(new sdk.CreateBucketCommand({ Bucket, ...placed(aws.region) }));
      tell(`made the bucket ${Bucket}`);
    }
    const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
    if (seen.kind !== "ours" || !seen.isPrivate)
      await client.send(new sdk.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: all }));
    if (seen.kind !== "ours" || !seen.versioned)
      await client.send(new sdk.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  },
  undo: async ({ aws, wanted: { stateBucket: Bucket } }) => {
    if ((await seeBucket(aws, Bucket)).kind !== "ours") return nothingToUndo;
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3")]);
    const {
      Versions = [],
      DeleteMarkers = [],
      IsTruncated,
    } = await client.send(new sdk.ListObjectVersionsCommand({ Bucket }));
    const count = Versions.length + DeleteMarkers.length;
    if (count > 0) {
      const versions = `${count}${IsTruncated ? " and more" : ""} ${count === 1 ? "version" : "versions"}`;
      return { did: [], left: [`the bucket ${Bucket}, with ${versions} of the stacks' state`], stands: true };
    }
    await client.send(new sdk.DeleteBucketCommand({ Bucket }));
    return { did: [`deleted the bucket ${Bucket}`], left: [], stands: false };
  },
};

/** us-east-1 is where a bucket is made that names no region, and may not be named (Amazon S3 API, CreateBucket). */
export function placed(region: string): Pick<CreateBucketCommandInput, "CreateBucketConfiguration"> {
  return region === "us-east-1"
    ? {}
    : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
}

export async function seeBucket(aws: Aws, Bucket: string): Promise<BucketSeen> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-s3"), aws.client("s3")]);
  const head = await client.send(new sdk.HeadBucketCommand({ Bucket })).catch((error: unknown) => statusOf(error));
  if (head === 404) return { kind: "absent" };
  if (head === 403) return { kind: "another's" };
  const region = head === 301 ? undefined : (head as { BucketRegion?: string }).BucketRegion;
  const [versioning, isPrivate] = await Promise.all([
    client.send(new sdk.GetBucketVersioningCommand({ Bucket })),
    closed(client, Bucket),
  ]);
  return { kind: "ours", region: region ?? aws.region, versioned: versioning.Status === "Enabled", isPrivate };
}

async function closed(client: ClientOf<"s3">, Bucket: string): Promise<boolean> {
  const { GetPublicAccessBlockCommand } = await import("@aws-sdk/client-s3");
  const answer = await client.send(new GetPublicAccessBlockCommand({ Bucket })).catch((error: Error) => {
    if (error.name === "NoSuchPublicAccessBlockConfiguration") return undefined;
    throw error;
  });
  const block = answer?.PublicAccessBlockConfiguration;
  return [
    block?.BlockPublicAcls,
    block?.IgnorePublicAcls,
    block?.BlockPublicPolicy,
    block?.RestrictPublicBuckets,
  ].every((each) => each === true);
}

/** HEAD has no body: its status is all that says what is wrong (Amazon S3 API, HeadBucket). */
function statusOf(error: unknown): number {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (status === 404 || status === 403 || status === 301) return status;
  throw error;
}
