/** Signed links to what an execution's jobs have left: whoever has one reads that one object, until it ends. */
import { GetObjectCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { tellingArtifacts } from "../../../programs/components/runner/artifacts.ts";
import { isAbsent } from "./claims.ts";
import type { ExecutionTold } from "./message.ts";
import { type Link, linkHours } from "./words.ts";

export interface Links {
  /** To what tells most of it; undefined where its jobs have left nothing. */
  find(told: ExecutionTold): Promise<Link | undefined>;
}

export function linksIn(bucket: string): Links {
  const client = new S3Client({ forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined });
  const isThere = async (Key: string) => {
    try {
      await client.send(new HeadObjectCommand({ Bucket: bucket, Key }));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  };
  return {
    async find({ machine, execution, what: { kind } }) {
      for (const artifact of tellingArtifacts(machine, execution, kind === "failed" || kind === "frozen")) {
        if (!(await isThere(artifact.key))) continue;
        const command = new GetObjectCommand({ Bucket: bucket, Key: artifact.key });
        return { ...artifact, url: await getSignedUrl(client, command, { expiresIn: linkHours * 3_600 }) };
      }
      return undefined;
    },
  };
}
