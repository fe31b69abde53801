import type { StoryReport } from "./model.ts";
import { type Column, toColumns } from "./series.ts";
import { escapeHtml } from "./text.ts";

const width = 960;
const left = 56;
const right = 12;
const top = 18;
const plotHeight = 180;
const bottom = 34;
const plotWidth = width - left - right;
const maxColumns = 240;

/** A band for each version, stacked to the whole. */
export function sharePlot(report: StoryReport): string {
  if (report.load === undefined) return nothing;
  const columns = toColumns(report.load, maxColumns);
  const floor = columns.map(() => 0);
  const bands = report.versionsSeen.map((version, index) => {
    const lower = [...floor];
    for (const [i, { shares }] of columns.entries()) floor[i] = (floor[i] ?? 0) + (shares[version] ?? 0);
    const upper = [...floor];
    const points = [...steps(upper), ...steps(lower).reverse()];
    return `<polygon fill="var(--c${index % 6})" points="${points.map(([x, share]) => `${x},${y(share)}`).join(" ")}"><title>${escapeHtml(version)}</title></polygon>`;
  });
  const ticks = [0, 0.5, 1].map((share) => horizontal(y(share), `${share * 100}%`));
  return frame(report, columns, [...bands, ...ticks], report.versionsSeen);
}

/** p50, and the worst p99 of a second, on a logarithmic scale. */
export function latencyPlot(report: StoryReport): string {
  if (report.load === undefined) return nothing;
  const columns = toColumns(report.load, maxColumns);
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(...columns.map(({ p99Ms }) => p99Ms), 1))));
  const share = (ms: number) => Math.log10(Math.max(1, ms)) / decades;
  const line = (values: number[], index: number) =>
    `<polyline fill="none" stroke="var(--c${index})" stroke-width="1.5" points="${steps(values)
      .map(([x, value]) => `${x},${y(value)}`)
      .join(" ")}"/>`;
  const ticks = Array.from({ length: decades + 1 }, (_, n) => horizontal(y(n / decades), `${10 ** n} ms`));
  const lines = [
    line(
      columns.map(({ p50Ms }) => share(p50Ms)),
      0,
    ),
    line(
      columns.map(({ p99Ms }) => share(p99Ms)),
      1,
    ),
  ];
  return frame(report, columns, [...ticks, ...lines], ["p50", "p99"]);
}

const nothing = "<p>The load did not run.</p>";

/** Each value drawn over the whole width of its column. */
function steps(values: readonly number[]): [number, number][] {
  const step = plotWidth / values.length;
  return values.flatMap((value, i): [number, number][] => [
    [round(left + i * step), value],
    [round(left + (i + 1) * step), value],
  ]);
}

function y(share: number): number {
  return round(top + plotHeight * (1 - share));
}

function horizontal(at: number, label: string): string {
  return `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="var(--line)"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${label}</text>`;
}

/** The plot with its time axis, the beginning of each command, and a legend. */
function frame(report: StoryReport, columns: readonly Column[], marks: string[], names: readonly string[]): string {
  const start = report.load?.startedAt ?? 0;
  const total = Math.max(1, (report.load?.seconds.at(-1)?.second ?? columns.length) + 1);
  const x = (second: number) => round(left + (second / total) * plotWidth);
  const commands = report.commands.flatMap(({ command, startedAt }, index) => {
    const second = (startedAt - start) / 1_000;
    if (second < 0 || second > total) return [];
    return `<g><title>${escapeHtml(command)}</title><line x1="${x(second)}" x2="${x(second)}" y1="${top}" y2="${top + plotHeight}" stroke="var(--ink)" stroke-dasharray="2 3"/><text x="${x(second)}" y="${top - 6}" text-anchor="middle">${index + 1}</text></g>`;
  });
  const every = [1, 2, 5, 10, 20, 30, 60, 120].find((s) => total / s <= 12) ?? 300;
  const times = Array.from({ length: Math.floor(total / every) + 1 }, (_, n) => n * every).map(
    (second) => `<text x="${x(second)}" y="${top + plotHeight + 14}" text-anchor="middle">${second} s</text>`,
  );
  const legend = names.map(
    (name, i) =>
      `<rect x="${left + i * 90}" y="${top + plotHeight + 21}" width="10" height="10" fill="var(--c${i % 6})"/><text x="${left + 15 + i * 90}" y="${top + plotHeight + 30}">${escapeHtml(name)}</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${top + plotHeight + bottom}" role="img">${[...marks, ...commands, ...times, ...legend].join("\n")}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
