/** Which messages were said, and where: SQS delivers one more than once, also to two at the same time. */
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

export interface Claim {
  /** Where it was said already. */
  readonly said: readonly string[];
  /** Milliseconds since the epoch until which somebody is at it; 0 for nobody. */
  readonly until: number;
}

/** Another invocation is at it. */
export class Busy extends Error {}

export interface Claims {
  /** Answers where it was said before. @throws Busy while somebody else is at it. */
  take(key: string, now: number): Promise<readonly string[]>;
  /** What was said by now; nobody is at it any more. */
  leave(key: string, said: readonly string[]): Promise<void>;
  /** Whether it was taken, ever. */
  isTaken(key: string): Promise<boolean>;
}

/** Longer than an invocation may take (programs/components/runner/notifier.ts), shorter than a message stays unseen. */
const claimMs = 120_000;

/** Kept beside the jobs' artifacts. An object is written only as it was read: of two takers one is refused. */
export function claimsIn(bucket: string, prefix = "notifier/"): Claims {
  const client = new S3Client({ forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined });
  const at = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}.json` });
  const put = (key: string, claim: Claim, condition: object = {}) =>
    client.send(new PutObjectCommand({ ...at(key), Body: JSON.stringify(claim), ...condition }));
  return {
    async take(key, now) {
      const until = now + claimMs;
      try {
        await put(key, { said: [], until }, { IfNoneMatch: "*" });
        return [];
      } catch (error) {
        if (!refused(error)) throw unkept(key, error);
      }
      const found = await client.send(new GetObjectCommand(at(key)));
      const claim = JSON.parse((await found.Body?.transformToString()) ?? "{}") as Claim;
      if (claim.until > now) throw new Busy(`${key}: it is being said by another invocation`);
      await put(key, { said: claim.said, until }, { IfMatch: found.ETag }).catch((error: unknown) => {
        throw refused(error) ? new Busy(`${key}: another invocation was faster`) : unkept(key, error);
      });
      return claim.said;
    },
    async leave(key, said) {
      await put(key, { said, until: 0 });
    },
    async isTaken(key) {
      try {
        await client.send(new HeadObjectCommand(at(key)));
        return true;
      } catch (error) {
        if (isAbsent(error)) return false;
        throw unkept(key, error);
      }
    },
  };
}

/** S3 refuses what is not there to who may not list the bucket (Amazon S3 API, HeadObject). */
export function isAbsent(error: unknown): boolean {
  const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  return httpStatusCode === 404 || httpStatusCode === 403;
}

/** S3's own message may be empty. */
function unkept(key: string, cause: unknown): Error {
  const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
  return new Error(`${key}: S3 gives and takes no note of it (${name}, ${$metadata?.httpStatusCode ?? "no answer"})`, {
    cause,
  });
}

/** By a condition: somebody else has written it (Amazon S3, "Conditional writes"). */
function refused(error: unknown): boolean {
  return error instanceof Error && ["PreconditionFailed", "ConditionalRequestConflict"].includes(error.name);
}
