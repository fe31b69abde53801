/** A job's part of its execution's trace in AWS X-Ray (AWS X-Ray, "Segment documents"). */
import { randomBytes } from "node:crypto";
import { HttpRequest } from "@smithy/core/transport";
import { SignatureV4 } from "@smithy/signature-v4";
import { executionOf } from "../../../programs/components/runner/machine-names.ts";
import { traceOf } from "../../../programs/components/runner/trace.ts";
import { say } from "./packages.ts";

export interface Segment {
  readonly name: string;
  /** 64 bits, hexadecimal. */
  readonly id: string;
  readonly trace_id: string;
  /** Seconds since 1970, with fractions. */
  readonly start_time: number;
  readonly end_time: number;
  readonly fault: boolean;
  /** By which traces are searched. */
  readonly annotations: Readonly<Record<string, string | number>>;
}

export interface Run {
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly ended: number;
  readonly exitCode: number;
}

/** Undefined for a job that is part of no trace. */
export function segmentOf(
  env: NodeJS.ProcessEnv,
  { started, ended, exitCode }: Run,
  id: string = randomBytes(8).toString("hex"),
): Segment | undefined {
  const trace = traceOf(env["_X_AMZN_TRACE_ID"]);
  if (trace === undefined) return undefined;
  const known = {
    ...{ ...executionOf(env["SWITCHYARD_EXECUTION"] ?? ""), job: env["SWITCHYARD_JOB"] },
    ...{ stack: env["SWITCHYARD_STACK"], commit: env["SWITCHYARD_COMMIT"] },
  };
  const annotations = Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return {
    ...{ name: "switchyard-job", id, trace_id: trace },
    ...{ start_time: started / 1000, end_time: ended / 1000, fault: exitCode !== 0 },
    annotations: { ...Object.fromEntries(annotations), exit_code: exitCode },
  };
}

const longestMs = 5_000;

/** Tells X-Ray of the job. That it could not changes nothing but what is said. */
export async function tellTrace(env: NodeJS.ProcessEnv, run: Run): Promise<void> {
  const segment = segmentOf(env, run);
  if (segment === undefined) return;
  try {
    const { UnprocessedTraceSegments: refused = [] } = (await askXray("/TraceSegments", {
      TraceSegmentDocuments: [JSON.stringify(segment)],
    })) as { UnprocessedTraceSegments?: readonly { readonly ErrorCode?: string }[] };
    if (refused.length > 0) throw new Error(`it does not take the segment (${refused[0]?.ErrorCode})`);
  } catch (error) {
    say(`not told to X-Ray: ${(error as Error).message}`, process.stderr);
  }
}

/** A call of X-Ray's REST API, with this process's credentials. @throws Error for any answer but a good one. */
export async function askXray(path: string, body: object): Promise<unknown> {
  const { S3Client } = await import("@aws-sdk/client-s3");
  // Whatever credentials, region and hash every client of the SDK takes.
  const client = new S3Client({});
  const region = await client.config.region();
  const url = new URL(path, process.env["AWS_ENDPOINT_URL"] ?? `https://xray.${region}.amazonaws.com`);
  const { credentials, sha256 } = client.config;
  const request = new HttpRequest({
    ...{ method: "POST", protocol: url.protocol, hostname: url.hostname, path: url.pathname },
    ...(url.port !== "" && { port: Number(url.port) }),
    headers: { host: url.host, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  try {
    const { headers } = await new SignatureV4({ service: "xray", region, credentials, sha256 }).sign(request);
    const { host: _, ...others } = headers;
    const signal = AbortSignal.timeout(longestMs);
    const answer = await fetch(url, { method: "POST", headers: others, body: request.body, signal });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`it answered ${answer.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text === "" ? "{}" : text);
  } finally {
    client.destroy();
  }
}
