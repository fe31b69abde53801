import type { Outcome } from "./client.ts";

export interface Failure {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly request: string;
  readonly failure: string;
  readonly version?: string;
}

/** One second of the load. */
export interface Second {
  /** Seconds since the load began. */
  readonly second: number;
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests each version answered. */
  readonly versions: Record<string, number>;
}

export interface LoadResult {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly requests: number;
  readonly failed: number;
  /** Requests that were due but not sent, because too many were waiting for an answer. */
  readonly skipped: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly versions: Record<string, number>;
  /** How many of each kind were sent, such as `POST /api/notes, new`. */
  readonly kinds: Record<string, number>;
  readonly failuresByReason: Record<string, number>;
  /** The first failures, in full. */
  readonly failures: readonly Failure[];
  readonly seconds: readonly Second[];
}

const keptFailures = 50;

export class Recorder {
  private readonly startedAt: number;
  private readonly outcomes: Outcome[] = [];
  private readonly totals = { requests: 0, failed: 0, versions: {} as Record<string, number> };
  skipped = 0;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  add(outcome: Outcome): void {
    this.outcomes.push(outcome);
    this.totals.requests++;
    if (outcome.failure !== undefined) this.totals.failed++;
    if (outcome.version !== undefined) count(this.totals.versions, outcome.version);
  }

  /** The counts so far. */
  get progress(): { requests: number; failed: number; versions: Record<string, number> } {
    return this.totals;
  }

  result(endedAt: number): LoadResult {
    const kinds: Record<string, number> = {};
    const failuresByReason: Record<string, number> = {};
    for (const outcome of this.outcomes) {
      count(kinds, describe(outcome));
      if (outcome.failure !== undefined) count(failuresByReason, outcome.failure);
    }
    const latencies = this.outcomes.map(({ ms }) => ms);
    return {
      startedAt: this.startedAt,
      endedAt,
      ...this.totals,
      skipped: this.skipped,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: percentile(latencies, 1),
      kinds,
      failuresByReason,
      failures: this.outcomes
        .filter(({ failure }) => failure !== undefined)
        .slice(0, keptFailures)
        .map(toFailure),
      seconds: this.seconds(),
    };
  }

  private seconds(): Second[] {
    const groups = new Map<number, Outcome[]>();
    for (const outcome of this.outcomes) {
      const second = Math.floor((outcome.at - this.startedAt) / 1_000);
      groups.set(second, [...(groups.get(second) ?? []), outcome]);
    }
    return [...groups].sort(([a], [b]) => a - b).map(([second, outcomes]) => summarise(second, outcomes));
  }
}

function summarise(second: number, outcomes: readonly Outcome[]): Second {
  const versions: Record<string, number> = {};
  for (const { version } of outcomes) if (version !== undefined) count(versions, version);
  const latencies = outcomes.map(({ ms }) => ms);
  return {
    second,
    requests: outcomes.length,
    failed: outcomes.filter(({ failure }) => failure !== undefined).length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    versions,
  };
}

/** The value at or below which a share of the values lies (nearest rank), to a tenth; 0 when there are none. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return Math.round(value * 10) / 10;
}

function describe({ kind }: Outcome): string {
  return `${kind.method} ${kind.path}, ${kind.connection}`;
}

function toFailure(outcome: Outcome): Failure {
  const { at, failure = "", version } = outcome;
  return { at, request: describe(outcome), failure, ...(version === undefined ? {} : { version }) };
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
