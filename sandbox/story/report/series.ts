import type { LoadResult } from "../load/recorder.ts";

/** The load's seconds merged into columns of equal length, for plots narrower or shorter than the load. */
export interface Column {
  /** Seconds since the load began. */
  readonly from: number;
  /** Share of the answers, 0 to 1, by version. */
  readonly shares: Record<string, number>;
  readonly p50Ms: number;
  /** The worst second's. */
  readonly p99Ms: number;
}

export function toColumns(load: LoadResult, count: number): Column[] {
  const total = Math.max(1, (load.seconds.at(-1)?.second ?? 0) + 1);
  const columns = Math.max(1, Math.min(count, total));
  return Array.from({ length: columns }, (_, index) => {
    const from = Math.floor((index * total) / columns);
    const to = Math.max(from + 1, Math.floor(((index + 1) * total) / columns));
    const seconds = load.seconds.filter(({ second }) => second >= from && second < to);
    return { from, shares: sharesOf(seconds.map(({ versions }) => versions)), ...latenciesOf(seconds) };
  });
}

function sharesOf(counts: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const versions of counts) {
    for (const [version, times] of Object.entries(versions)) sums[version] = (sums[version] ?? 0) + times;
  }
  const total = Object.values(sums).reduce((sum, times) => sum + times, 0);
  return Object.fromEntries(Object.entries(sums).map(([version, times]) => [version, times / total]));
}

function latenciesOf(seconds: LoadResult["seconds"]): { p50Ms: number; p99Ms: number } {
  const p50s = seconds.map(({ p50Ms }) => p50Ms).toSorted((a, b) => a - b);
  return {
    p50Ms: p50s[Math.floor(p50s.length / 2)] ?? 0,
    p99Ms: Math.max(0, ...seconds.map(({ p99Ms }) => p99Ms)),
  };
}
