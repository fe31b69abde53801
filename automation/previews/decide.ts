/** What becomes of preview environments: decisions alone, without a call or a clock. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { PreviewRecord } from "./record.ts";
import type { PreviewSettings } from "./settings.ts";

const hourMs = 3_600_000;

/** A creation that has not ended after this long was killed: a first deploy with its database takes some twenty minutes. */
export const creationMs = 2 * hourMs;

export type Life = Pick<PreviewSettings, "hours" | "maxHours" | "warnHours" | "extendOnUpdate" | "most">;

export interface Wanted {
  readonly version: string;
  readonly commit?: string | undefined;
  readonly by: string;
  /** How long it stays, in milliseconds; as configured when absent. */
  readonly forMs?: number | undefined;
}

/**
 * The record with which a creation or an update begins. One that was cut short goes on with the time it was given; one that
 * ended begins anew.
 *
 * @param standing Other preview environments there are.
 * @throws SwitchyardError `in-flight` for one that is being destroyed, `preflight-failed` for one too many, `invalid-flag`.
 */
export function begin(
  stack: string,
  before: PreviewRecord | undefined,
  wanted: Wanted,
  { life, now, standing }: { readonly life: Life; readonly now: number; readonly standing: number },
): PreviewRecord {
  const { version, commit, by, forMs = life.hours * hourMs } = wanted;
  refuseTooLong(forMs, life);
  if (before?.state === "destroying")
    throw new SwitchyardError("in-flight", {
      what: "it is being destroyed",
      where: `stack ${stack}`,
      fix: `run \`switchyard preview destroy ${stack.slice(3)}\` to its end, then create it anew`,
    });
  const is = { version, by, ...(commit !== undefined && { commit }), revision: before?.revision ?? 1 };
  if (before === undefined || before.state === "gone") {
    refuseTooMany(stack, standing, life);
    return { ...is, state: "creating", createdAt: iso(now), expiresAt: iso(now + forMs) };
  }
  const anew = wanted.forMs !== undefined || (life.extendOnUpdate && before.state === "ready");
  const lasts = anew ? later(before.expiresAt, now + forMs) : before.expiresAt;
  const { warnedAt, ...rest } = before;
  return { ...rest, ...is, expiresAt: lasts, ...(lasts === before.expiresAt && warnedAt && { warnedAt }) };
}

/**
 * Gives it so long from now; never less than it has.
 *
 * @throws SwitchyardError `not-found` where there is none, `invalid-flag` for longer than it may have.
 */
export function extend(
  stack: string,
  before: PreviewRecord | undefined,
  forMs: number,
  { life, now }: { readonly life: Life; readonly now: number },
): PreviewRecord {
  refuseTooLong(forMs, life);
  if (before === undefined || before.state === "gone" || before.state === "destroying")
    throw new SwitchyardError("not-found", {
      what: before?.state === "destroying" ? "it is being destroyed" : "there is no preview environment of it",
      where: `stack ${stack}`,
      fix: `create one: \`switchyard preview create ${stack.slice(3)} --tag <version>\``,
    });
  const { warnedAt, ...rest } = before;
  const expiresAt = later(before.expiresAt, now + forMs);
  return { ...rest, expiresAt, ...(expiresAt === before.expiresAt && warnedAt && { warnedAt }) };
}

/**
 * Until when it stays, ISO 8601, where that is later than what was known when its end was scheduled; undefined where it is due.
 *
 * @param due milliseconds since the epoch
 */
export function staysAfter(due: number, record: PreviewRecord | undefined): string | undefined {
  if (record === undefined || record.state === "gone" || record.state === "destroying") return undefined;
  return Date.parse(record.expiresAt) > due ? record.expiresAt : undefined;
}

function refuseTooLong(ms: number, { maxHours }: Life): void {
  if (ms > 0 && ms <= maxHours * hourMs) return;
  throw new SwitchyardError("invalid-flag", {
    what: ms > 0 ? `it is longer than the ${maxHours}h a preview environment may have` : "it is no time at all",
    where: "--for",
    fix: `give at most ${maxHours}h, or set maxHours in previews.yaml`,
  });
}

function refuseTooMany(stack: string, standing: number, { most }: Life): void {
  if (standing < most) return;
  throw new SwitchyardError("preflight-failed", {
    what: `there are ${standing} preview environments, and at most ${most} are wanted; nothing was made`,
    where: `stack ${stack}`,
    fix: "destroy one (`switchyard preview list`), or set `most` in previews.yaml",
  });
}

/** What is known of one of them: by the engine's state, by tags, and by what its ledger says. */
export interface Found {
  readonly stack: string;
  /** Whether the engine has a state of it; one without resources counts. */
  readonly hasState: boolean;
  /** "unreadable" where the item was changed by hand. */
  readonly record: PreviewRecord | "unreadable" | undefined;
  /** ARNs of what carries its tags and would not go by itself. */
  readonly tagged: readonly string[];
}

export type Verdict =
  | { readonly kind: "leave"; readonly stack: string; readonly why: string }
  | { readonly kind: "warn"; readonly stack: string; readonly why: string }
  | { readonly kind: "destroy"; readonly stack: string; readonly why: string }
  | { readonly kind: "stray"; readonly stack: string; readonly why: string; readonly arns: readonly string[] };

/** What a sweep does with each; in the order they were found. */
export function judgeSweep(found: readonly Found[], life: Life, now: number): readonly Verdict[] {
  return found.map((one) => judge(one, life, now));
}

function judge({ stack, hasState, record, tagged }: Found, { warnHours }: Life, now: number): Verdict {
  const destroy = (why: string): Verdict => ({ kind: "destroy", stack, why });
  const leave = (why: string): Verdict => ({ kind: "leave", stack, why });
  if (!hasState && tagged.length > 0 && !isBegun(record, now))
    return { kind: "stray", stack, why: "no state has it", arns: tagged };
  if (record === "unreadable") return leave("its record in the ledger cannot be read");
  if (!hasState) return record?.state === "destroying" ? destroy("its end was cut short") : leave("nothing is there");
  if (record === undefined || record.state === "gone") return destroy("nobody asked for it");
  if (record.state === "destroying") return destroy("its end was cut short");
  const ends = Date.parse(record.expiresAt);
  if (ends <= now) return destroy(`its time ended at ${record.expiresAt}`);
  if (record.state === "creating" && Date.parse(record.createdAt) + creationMs <= now)
    return destroy(`its creation of ${record.createdAt} never ended`);
  const isNear = ends - now <= warnHours * hourMs;
  if (isNear && record.warnedAt === undefined)
    return { kind: "warn", stack, why: `it ends at ${record.expiresAt}; \`/extend 24h\` gives it longer` };
  return leave(`it stays until ${record.expiresAt}`);
}

/** A creation makes its state after its record: what it makes is tagged before a state is seen. */
function isBegun(record: Found["record"], now: number): boolean {
  if (record === undefined || record === "unreadable" || record.state !== "creating") return false;
  return Date.parse(record.createdAt) + creationMs > now;
}

/** A sweep every hour, which GitHub may start late: silence of more than this is worth a look. */
export const silenceMs = 3 * hourMs;

/** Why nobody can be sure that previews end; undefined where the last sweep was lately. */
export function silence(lastSweep: string | undefined, now: number): string | undefined {
  if (lastSweep === undefined) return "no sweep has ever come to its end";
  const ago = now - Date.parse(lastSweep);
  return ago > silenceMs ? `the last sweep that came to its end was at ${lastSweep}` : undefined;
}

function later(one: string, other: number): string {
  return iso(Math.max(Date.parse(one), other));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
