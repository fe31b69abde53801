/** Which target group of a weighted forward action a request goes to, and the cookies that make it stay there. */
import { createHash } from "node:crypto";
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";

/** Cookies of Application Load Balancers, named in "Sticky sessions for your Application Load Balancer". */
export const groupCookie = "AWSALBTG";
export const targetCookie = "AWSALB";

export interface WeightedGroup {
  readonly arn: string;
  readonly weight: number;
}

export interface Forward {
  readonly groups: readonly WeightedGroup[];
  /** Seconds a client stays with its group; undefined without group stickiness. */
  readonly stickySeconds?: number;
}

/** A lone group takes everything unless a weight says otherwise (the default weight is 1). */
export function forwardOf(action: Action): Forward {
  const tuples = action.ForwardConfig?.TargetGroups ?? [];
  const groups =
    tuples.length > 0
      ? tuples.map((tuple) => ({ arn: tuple.TargetGroupArn ?? "", weight: tuple.Weight ?? 1 }))
      : action.TargetGroupArn === undefined
        ? []
        : [{ arn: action.TargetGroupArn, weight: 1 }];
  const stickiness = action.ForwardConfig?.TargetGroupStickinessConfig;
  return stickiness?.Enabled ? { groups, stickySeconds: stickiness.DurationSeconds ?? 3600 } : { groups };
}

/** A group by weight; `random` in [0, 1). Undefined when every weight is 0. */
export function chooseByWeight(groups: readonly WeightedGroup[], random: number): string | undefined {
  const total = groups.reduce((sum, group) => sum + group.weight, 0);
  let left = random * total;
  for (const group of groups) {
    if (group.weight > 0 && left < group.weight) return group.arn;
    left -= group.weight;
  }
  return groups.findLast((group) => group.weight > 0)?.arn;
}

/** What a stickiness cookie says: whom it binds to, until when (milliseconds since 1970). */
export interface Binding {
  readonly to: string;
  readonly until: number;
}

const fingerprint = (value: string) => createHash("sha256").update(value).digest("base64url").slice(0, 22);

/** Opaque to clients; carries its own expiry because a scaled duration can be shorter than `Expires` can say. */
export function encodeBinding({ to, until }: Binding): string {
  return `${fingerprint(to)}.${Math.round(until)}`;
}

/** The candidate a cookie binds to, if it is still valid. */
export function boundTo(value: string | undefined, candidates: readonly string[], now: number): string | undefined {
  const [print, until] = value?.split(".") ?? [];
  if (print === undefined || !(Number(until) > now)) return undefined;
  return candidates.find((candidate) => fingerprint(candidate) === print);
}

/** Group stickiness beats weight: a bound client goes to its group as long as the action names it, even at weight 0. */
export function chooseGroup(
  forward: Forward,
  cookie: string | undefined,
  now: number,
  random: number,
): string | undefined {
  if (forward.stickySeconds !== undefined && cookie !== undefined) {
    const bound = boundTo(
      cookie,
      forward.groups.map((group) => group.arn),
      now,
    );
    if (bound !== undefined) return bound;
  }
  return chooseByWeight(forward.groups, random);
}

/** Value of one cookie of a `Cookie` header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** The two `Set-Cookie` values a load balancer sends: the plain one and its twin for cross-origin requests. */
export function setCookies(name: string, binding: Binding): string[] {
  const expires = new Date(Math.ceil(binding.until / 1000) * 1000).toUTCString();
  const value = encodeBinding(binding);
  return [
    `${name}=${value}; Expires=${expires}; Path=/`,
    `${name}CORS=${value}; Expires=${expires}; Path=/; SameSite=None; Secure`,
  ];
}
