/** One HTTP request seen as an AWS call: which service, which operation, whose credentials, which protocol. */
import type { IncomingHttpHeaders } from "node:http";
import { matchRest } from "./rest.ts";

export type WireProtocol = "json" | "query" | "ec2" | "restJson" | "restXml";

export interface RecognisedCall {
  /** SigV4 signing name, or "unknown" for an unsigned request nothing else identifies. */
  readonly service: string;
  /** Operation name, or "unknown". */
  readonly operation: string;
  readonly accessKey: string;
  readonly region: string;
  readonly protocol: WireProtocol;
  /** Path labels of a REST operation. */
  readonly labels: Readonly<Record<string, string>>;
}

/** The body is needed only for form requests (`Action=…`). */
export function needsBody(headers: IncomingHttpHeaders): boolean {
  return (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
}

const scopePattern = /Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/;

/** Access key, region and signing name of the SigV4 credential scope, in the header or a presigned URL. */
export function credentialScope(
  headers: IncomingHttpHeaders,
  url: URL,
): { accessKey: string; region: string; service: string } | undefined {
  const presigned = url.searchParams.get("X-Amz-Credential");
  const match = scopePattern.exec(presigned ? `Credential=${presigned}` : (headers.authorization ?? ""));
  if (!match) return undefined;
  const [, accessKey = "", region = "", service = ""] = match;
  return { accessKey, region, service };
}

// Signing names that a JSON target's prefix stands for, when a request carries no signature.
const targetServices: Record<string, string> = { DynamoDB: "dynamodb", secretsmanager: "secretsmanager" };

export async function recogniseCall(
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
  form: URLSearchParams | undefined,
): Promise<RecognisedCall> {
  const scope = credentialScope(headers, url) ?? { accessKey: "", region: "us-east-1", service: "" };
  const base = { accessKey: scope.accessKey, region: scope.region, labels: {} };
  const target = headers["x-amz-target"];
  if (typeof target === "string") {
    const [prefix = "", operation = "unknown"] = target.split(".");
    const service = scope.service || targetServices[prefix.split("_")[0] ?? ""] || "unknown";
    return { ...base, service, operation, protocol: "json" };
  }
  const action = form?.get("Action") ?? (method === "GET" ? url.searchParams.get("Action") : null);
  if (action) {
    const service = scope.service || (action.startsWith("AssumeRole") ? "sts" : "unknown");
    return { ...base, service, operation: action, protocol: service === "ec2" ? "ec2" : "query" };
  }
  const service = scope.service || "s3";
  const protocol = service === "s3" || service === "route53" || service === "cloudfront" ? "restXml" : "restJson";
  const found = await restOperation(service, method, url);
  return { ...base, service, operation: found?.name ?? "unknown", labels: found?.labels ?? {}, protocol };
}

type RestTable = readonly { name: string; http: readonly [string, string, number] }[];
const restTables = new Map<string, Promise<RestTable>>();
const restModules: Record<string, () => Promise<object>> = {
  account: () => import("@aws-sdk/client-account"),
  batch: () => import("@aws-sdk/client-batch"),
  cloudfront: () => import("@aws-sdk/client-cloudfront"),
  lambda: () => import("@aws-sdk/client-lambda"),
  route53: () => import("@aws-sdk/client-route-53"),
  s3: () => import("@aws-sdk/client-s3"),
  scheduler: () => import("@aws-sdk/client-scheduler"),
  ses: () => import("@aws-sdk/client-sesv2"),
  // Of a service whose client nothing here has: what jobs call of it, as clients have their operations.
  xray: async () => ({
    segments: [9, "com.amazonaws.xray", "PutTraceSegments", { http: ["POST", "/TraceSegments", 200] }],
  }),
};

async function restOperation(service: string, method: string, url: URL) {
  const load = restModules[service];
  if (!load) return undefined;
  let table = restTables.get(service);
  if (!table) {
    table = load().then(restOperations);
    restTables.set(service, table);
  }
  const operations = await table;
  const seen = service === "s3" ? withoutBucket(url) : url;
  for (const { name, http } of operations) {
    const labels = matchRest(http, method, seen);
    if (labels) return { name, labels };
  }
  return undefined;
}

// The SDK's templates of S3 begin after the bucket, which its endpoint rules put in the host or, as here, the path.
function withoutBucket(url: URL): URL {
  const rest = new URL(url);
  rest.pathname = url.pathname.replace(/^\/[^/]+/, "");
  return rest;
}

/** The REST operations a client module exports as schemas, the most specific path first. */
function restOperations(module: object): RestTable {
  const operations: { name: string; http: readonly [string, string, number] }[] = [];
  for (const value of Object.values(module)) {
    if (!Array.isArray(value) || value[0] !== 9) continue;
    const { http } = value[3] as { http?: readonly [string, string, number] };
    if (http) operations.push({ name: String(value[2]), http });
  }
  return operations.sort((a, b) => specificity(b.http[1]) - specificity(a.http[1]));
}

function specificity(template: string): number {
  const [path = "", literals = ""] = template.split("?");
  const required = literals.split("&").filter((literal) => literal && !literal.startsWith("x-id=")).length;
  const fixed = path.split("/").filter((segment) => segment && !segment.startsWith("{")).length;
  return required * 100 + fixed * 10 + path.split("/").length + (literals.includes("x-id=") ? 1 : 0);
}
