/** What a job leaves behind in the runner's bucket: its log, and its command's report where there is one. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ArtifactKind, artifactKey, reportVariable } from "../../../programs/components/runner/artifacts.ts";
import { keepLines, say } from "./packages.ts";

export interface ArtifactPlace {
  readonly bucket: string;
  readonly execution: string;
  /** The state of the machine that has started the job. */
  readonly job: string;
}

/** Both are part of an object's name. */
const name = /^[A-Za-z0-9_-]{1,80}$/;

/** Where a job's variables say that it leaves things; undefined for one that no execution has started. */
export function placeOf(env: NodeJS.ProcessEnv): ArtifactPlace | undefined {
  const bucket = env["SWITCHYARD_ARTIFACTS"] ?? "";
  const execution = env["SWITCHYARD_EXECUTION"]?.split(":").at(-1) ?? "";
  const job = env["SWITCHYARD_JOB"] ?? "";
  return bucket !== "" && name.test(execution) && name.test(job) ? { bucket, execution, job } : undefined;
}

export interface Artifacts {
  /** What the command has to be given, for its report. */
  readonly variables: NodeJS.ProcessEnv;
  /** Puts into the bucket what there is by now. That it could not changes nothing but what is said. */
  leave(): Promise<void>;
}

const nothing: Artifacts = { variables: {}, leave: async () => undefined };

/** AWS gives a job that it ends half a minute, of which its command may have taken a part. */
const longestMs = 15_000;

/** Begins to keep what is said, in files that are gone when it is left behind. */
export async function openArtifacts(env: NodeJS.ProcessEnv, workDirectory: string): Promise<Artifacts> {
  const place = placeOf(env);
  if (place === undefined) return nothing;
  const directory = await mkdtemp(join(workDirectory, "left-")).catch((error: Error) => unkept(error));
  if (directory === undefined) return nothing;
  const files: Readonly<Record<ArtifactKind, string>> = {
    log: join(directory, "log.txt"),
    report: join(directory, "report.md"),
  };
  const stop = keepLines(files.log);
  return {
    variables: { [reportVariable]: files.report },
    async leave() {
      stop();
      try {
        say(`kept: ${(await upload(place, files)).join(", ")}`);
      } catch (error) {
        unkept(error as Error);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

function unkept({ name: what, message }: Error): undefined {
  say(`its log could not be kept: ${what}: ${message}`, process.stderr);
}

/** @returns the keys */
async function upload(
  { bucket, execution, job }: ArtifactPlace,
  files: Readonly<Record<ArtifactKind, string>>,
): Promise<readonly string[]> {
  const { PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({ forcePathStyle: process.env["AWS_ENDPOINT_URL"] !== undefined });
  const abortSignal = AbortSignal.timeout(longestMs);
  const put = async (kind: ArtifactKind): Promise<readonly string[]> => {
    const Body = await readFile(files[kind]).catch(() => undefined);
    if (Body === undefined) return [];
    const Key = artifactKey(kind, execution, job);
    // Shown by a browser, whatever marks it up.
    const as = { ContentType: "text/plain; charset=utf-8" };
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...as }), { abortSignal });
    return [Key];
  };
  try {
    return (await Promise.all([put("log"), put("report")])).flat();
  } finally {
    client.destroy();
  }
}
