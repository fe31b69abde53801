/** The shape of a limit that AWS documents and neither moto nor AWS's published API models know. */
import { AwsError } from "../handlers.ts";

/** Why a value is refused, in AWS's own words as far as they are known; undefined when it is not. */
export type Refuse = (value: string) => string | undefined;

export interface Limit {
  /** Signing name and operations, e.g. `["ec2", ["CreateSecurityGroup"]]`. */
  readonly service: string;
  readonly operations: readonly string[];
  /**
   * Dotted path of the member; `*` stands for an index or a key, e.g. `IpPermissions.*.Groups.*.Description`. `$keys.` before
   * it means the keys of a map, `$body` alone the whole of a JSON call.
   */
  readonly member: string;
  /** What of the programs leads there: resource type and property, or `auto` where Pulumi names it unless it is given. */
  readonly from?: readonly { readonly type: string; readonly property: string; readonly auto?: boolean }[];
  /** AWS's page, by its title. */
  readonly page: string;
  readonly code: string;
  readonly refuse: Refuse;
}

export const matching =
  (pattern: RegExp, say: string | ((value: string) => string)): Refuse =>
  (value) =>
    pattern.test(value) ? undefined : typeof say === "string" ? say : say(value);

export const never =
  (pattern: RegExp, say: string | ((value: string) => string)): Refuse =>
  (value) =>
    pattern.test(value) ? (typeof say === "string" ? say : say(value)) : undefined;

/** The first of several refusals. */
export const all =
  (...rules: readonly Refuse[]): Refuse =>
  (value) => {
    for (const rule of rules) {
      const reason = rule(value);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };

/** Length and pattern as services generated from a model word them. */
export function constraint(member: string, bounds: { max?: number; min?: number; pattern?: RegExp }): Refuse {
  const { max = Number.POSITIVE_INFINITY, min = 0, pattern } = bounds;
  const say = (value: string, must: string) =>
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must ${must}`;
  return (value) => {
    if (value.length > max) return say(value, `have length less than or equal to ${max}`);
    if (value.length < min) return say(value, `have length greater than or equal to ${min}`);
    if (pattern && !pattern.test(value)) return say(value, `satisfy regular expression pattern: ${pattern.source}`);
    return undefined;
  };
}

/** Members of a call by their dotted paths, lists by index: from 1 in forms, from 0 in JSON. */
export type Members = readonly (readonly [path: string, value: string])[];

export function membersOfForm(form: URLSearchParams): Members {
  return [...form].map(([key, value]) => [key.replaceAll(".member.", "."), value] as const);
}

export function membersOfJson(body: unknown, at = ""): Members {
  if (typeof body !== "object" || body === null)
    return at === "" || body === null || body === undefined ? [] : [[at, String(body)]];
  return Object.entries(body).flatMap(([key, value]) => membersOfJson(value, at === "" ? key : `${at}.${key}`));
}

function pathPattern(member: string): RegExp {
  const parts = member.split(".").map((part) => (part === "*" ? "[^.]+" : part));
  return new RegExp(`^${parts.join("\\.")}$`);
}

const patterns = new Map<string, RegExp>();
const keys = "$keys.";

/** The values of a member, or with `$keys.` before it, the keys of a map. */
function valuesAt(member: string, members: Members): string[] {
  if (member === "$body") return members.flatMap(([path, value]) => (path === member ? [value] : []));
  const ofKeys = member.startsWith(keys);
  const pattern = patterns.get(member) ?? pathPattern(ofKeys ? `${member.slice(keys.length)}.*` : member);
  patterns.set(member, pattern);
  const found = members.filter(([path]) => pattern.test(path));
  return found.map(([path, value]) => (ofKeys ? path.slice(path.lastIndexOf(".") + 1) : value));
}

/** What is wrong with a call's members, or with a resource's properties where `member` is one. */
export function reasonAt(member: string, refuse: Refuse, members: Members): string | undefined {
  for (const value of valuesAt(member, members)) {
    const reason = refuse(value);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The error AWS would answer the call with for one of the limits. */
export function refusal(limits: readonly Limit[], members: Members): AwsError | undefined {
  for (const { member, code, refuse } of limits) {
    const reason = reasonAt(member, refuse, members);
    if (reason !== undefined) return new AwsError(code, reason);
  }
  return undefined;
}
