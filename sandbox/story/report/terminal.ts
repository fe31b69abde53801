import type { PlayedCommand, StoryReport } from "./model.ts";
import { type Column, toColumns } from "./series.ts";

const blocks = " ▁▂▃▄▅▆▇█";

/** The report as lines for a terminal of this many columns. */
export function renderTerminal(report: StoryReport, width: number): string[] {
  const { load } = report;
  const lines = [
    `${report.requests} requests, ${report.failed} failed, p50 ${report.p50Ms} ms, p99 ${report.p99Ms} ms`,
  ];
  if (load !== undefined && load.requests > 0) {
    if (load.skipped > 0) lines.push(`${load.skipped} requests were due but not sent: the machine was too busy`);
    lines.push("", ...renderShares(report, Math.max(20, Math.min(100, width - 6))));
  }
  lines.push("", ...renderCommands(report.commands, Math.max(40, width - 40)));
  if (report.problem !== undefined) lines.push("", `Failed: ${report.problem}`);
  return lines;
}

function renderShares(report: StoryReport, width: number): string[] {
  if (report.load === undefined) return [];
  const columns = toColumns(report.load, width);
  const label = Math.max(...report.versionsSeen.map((version) => version.length));
  const rows = report.versionsSeen.map(
    (version) => `${version.padEnd(label)} ${columns.map(({ shares }) => block(shares[version] ?? 0)).join("")}`,
  );
  const seconds = Math.round((report.load.endedAt - report.load.startedAt) / 1_000);
  return [
    `Share of each version's answers over ${seconds} s, and when each command began:`,
    ...rows,
    `${" ".repeat(label)} ${renderMarks(report, columns)}`.trimEnd(),
  ];
}

/** A share as an eighth of a block; anything above nothing is visible. */
export function block(share: number): string {
  return blocks[share === 0 ? 0 : Math.max(1, Math.round(share * 8))] ?? " ";
}

function renderMarks({ commands, load }: StoryReport, columns: readonly Column[]): string {
  const marks: string[] = columns.map(() => " ");
  for (const [index, { startedAt }] of commands.entries()) {
    const second = (startedAt - (load?.startedAt ?? 0)) / 1_000;
    if (second < 0) continue;
    const column = columns.findLastIndex(({ from }) => from <= second);
    if (column >= 0) marks[column] = mark(index);
  }
  return marks.join("");
}

/** One character for a command: 1 to 9, then a to z. */
function mark(index: number): string {
  return (index + 1).toString(36);
}

/** `most`: what a command may take of a line; one that is longer is cut. */
function renderCommands(all: readonly PlayedCommand[], most: number): string[] {
  const commands = all.map((each) => ({ ...each, command: cut(each.command, most) }));
  const width = Math.max(0, ...commands.map(({ command }) => command.length));
  return commands.flatMap((played, index) => {
    const { command, ms, awsCalls, release } = played;
    const steps = (release?.steps ?? []).map(
      (step) => `    ${step.name.padEnd(width - 2)} ${seconds(step.ms)} ${calls(step.awsCalls)}`,
    );
    const outcome = release === undefined ? "" : `  ${release.version} ${release.outcome}`;
    return [`${mark(index)} ${command.padEnd(width)} ${seconds(ms)} ${calls(awsCalls)}${outcome}`, ...steps];
  });
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(6)} s`;
}

function calls(count: number): string {
  return `${String(count).padStart(5)} AWS calls`;
}
