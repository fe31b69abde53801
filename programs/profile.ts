import type { Tier } from "./config.ts";

/** What a tier decides for every stack: what must survive a mistake, and what must leave no trace when destroyed. */
export interface Profile {
  /** Pulumi refuses to delete or replace what holds data. */
  readonly protect: boolean;
  /** AWS refuses to delete what holds data or serves. */
  readonly deletionProtection: boolean;
  /** Buckets, repositories and services are deleted with what they hold. */
  readonly forceDestroy: boolean;
  /** A database leaves a last snapshot behind. */
  readonly finalSnapshot: boolean;
  readonly multiAz: boolean;
  readonly natGateways: "OnePerAz" | "Single";
  readonly zones: number;
  /** Days a deleted secret can be restored; 0 frees its name at once. */
  readonly secretRecoveryDays: number;
  /** Days a deleted key can be restored; AWS KMS allows 7 to 30. */
  readonly keyRecoveryDays: number;
  readonly logDays: number;
  readonly backupDays: number;
}

const production: Profile = {
  protect: true,
  deletionProtection: true,
  forceDestroy: false,
  finalSnapshot: true,
  multiAz: true,
  natGateways: "OnePerAz",
  zones: 3,
  secretRecoveryDays: 30,
  keyRecoveryDays: 30,
  logDays: 365,
  backupDays: 30,
};

const development: Profile = {
  protect: false,
  deletionProtection: false,
  forceDestroy: true,
  finalSnapshot: false,
  multiAz: false,
  natGateways: "Single",
  zones: 2,
  secretRecoveryDays: 0,
  keyRecoveryDays: 7,
  logDays: 30,
  backupDays: 7,
};

export function profileOf(tier: Tier): Profile {
  return tier === "production" ? production : development;
}
