/**
 * Limits that AWS documents and neither moto nor AWS's published API models know, in front of every call; the test of the
 * programs holds their resources to the same rows.
 */
import type { AwsError } from "../handlers.ts";
import type { RecognisedCall } from "../wire/call.ts";
import { identityLimits } from "./identity.ts";
import { type Limit, type Members, membersOfForm, membersOfJson, refusal } from "./limit.ts";
import { networkLimits } from "./network.ts";
import { organizationLimits } from "./organization.ts";
import { runningLimits } from "./running.ts";
import { storageLimits } from "./storage.ts";
import { tagLimits } from "./tags.ts";

export const limits: readonly Limit[] = [
  ...networkLimits,
  ...storageLimits,
  ...identityLimits,
  ...organizationLimits,
  ...runningLimits,
  ...tagLimits,
];

/** Reads would be looked at for nothing. */
const writes = /^(Create|Put|Set|Modify|Update|Add|Tag|Register|Authorize|Request|Run|Publish|Delete)/;

const found = new Map<string, readonly Limit[]>();

/** The limits of an operation; none for most. */
export function limitsOf(service: string, operation: string): readonly Limit[] {
  const key = `${service}:${operation}`;
  let those = found.get(key);
  if (those === undefined) {
    those = limits.filter(
      (limit) =>
        limit.service === service &&
        (limit.operations.includes(operation) || (limit.operations[0] === "*" && writes.test(operation))),
    );
    found.set(key, those);
  }
  return those;
}

/** The error AWS would answer a call with; `body` is needed unless the call is a form. */
export function overLimit(
  call: RecognisedCall,
  url: URL,
  form: URLSearchParams | undefined,
  body: Buffer | undefined,
): AwsError | undefined {
  const those = limitsOf(call.service, call.operation);
  return those.length === 0 ? undefined : refusal(those, membersOf(call, url, form, body));
}

/** What a call is given, by dotted paths. */
export function membersOf(
  call: RecognisedCall,
  url: URL,
  form: URLSearchParams | undefined,
  body: Buffer | undefined,
): Members {
  if (form !== undefined) return membersOfForm(form);
  if (call.service === "s3")
    return [["Bucket", decodeURIComponent(url.pathname.split("/")[1] ?? "")], ...Object.entries(call.labels)];
  const text = body?.toString("utf8") ?? "";
  return [...membersOfJson(parsed(text)), ...Object.entries(call.labels), ["$body", text]];
}

/** What is no JSON is for whoever answers the call to refuse. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
