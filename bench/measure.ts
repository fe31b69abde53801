import { cpus, freemem, loadavg, totalmem } from "node:os";

/** One figure of a bench, with the limit it is held against. */
export interface Row {
  /** A line above the rows of one name that follow each other. */
  readonly group?: string;
  readonly what: string;
  readonly value: number;
  readonly unit: "ms" | "ms CPU" | "×" | "calls" | "requests/s" | "requests" | "MB";
  /** What the value should stay below; absent when the figure is there to compare with. */
  readonly limit?: number;
  readonly note?: string;
}

export interface BenchResult {
  readonly bench: string;
  readonly rows: readonly Row[];
  /** AWS calls by API, by what made them. */
  readonly calls?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Whatever else a reader may want to recompute. */
  readonly details?: unknown;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a share of the values lies; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function rounded(value: number): number {
  return Math.abs(value) < 10 ? Math.round(value * 100) / 100 : Math.round(value);
}

/** What the figures depend on most: where they were taken, and what else ran there. */
export function machine(): Record<string, unknown> {
  const [model] = cpus();
  return {
    cpu: model?.model,
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    freeMb: Math.round(freemem() / 2 ** 20),
    loadAverage: loadavg()[0],
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Calls made between two counts, by API. */
export function callsBetween(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const made = Object.entries(after).map(([api, count]) => [api, count - (before[api] ?? 0)] as const);
  return Object.fromEntries(made.filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function total(calls: Readonly<Record<string, number>>): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

/** Calls by API, most of all first, a line for each maker of them. */
export function callLines({ calls = {} }: BenchResult): readonly string[] {
  return Object.entries(calls).map(([what, made]) => {
    const each = Object.entries(made)
      .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
      .map(([api, count]) => `${api} ${count}`);
    return `  AWS calls of ${what}: ${each.join(", ")}`;
  });
}

export function table({ bench, rows }: BenchResult): string {
  const cells = rows.map(({ what, value, unit, limit, note }) => [
    `  ${what}`,
    `${Number.isFinite(value) ? rounded(value) : "-"} ${unit}`,
    limit === undefined ? "" : `${value <= limit ? "within" : "OVER"} ${limit}`,
    note ?? "",
  ]);
  const widths = [0, 1, 2].map((i) => Math.max(0, ...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.flatMap((row, i) => {
    const group = rows[i]?.group;
    const line = row.map((cell, k) => cell.padEnd(widths[k] ?? 0)).join("  ");
    return [...(group !== undefined && group !== rows[i - 1]?.group ? [` ${group}:`] : []), line.trimEnd()];
  });
  return [bench, ...lines].join("\n");
}
