import type { RunEvent } from "../deploy/conduct/loop.ts";
import type { Decision } from "../deploy/decide/decision.ts";

/** Where a command writes: people's lines, and at most one JSON document. */
export interface Output {
  readonly json: boolean;
  line(text: string): void;
  /** The command's result; printed only with `--json`. */
  document(value: unknown): void;
  /** Called before each line, so that what is redrawn in place can make room. */
  beforeLine(settle: () => void): void;
  /** Leaves nothing that is redrawn. */
  settle(): void;
}

/** With `--json` people's lines go to stderr, so that stdout is one document. */
export function output(json: boolean): Output {
  const lines = json ? process.stderr : process.stdout;
  let settle = () => {};
  return {
    json,
    line: (text) => {
      settle();
      lines.write(`${text}\n`);
    },
    beforeLine: (work) => {
      settle = work;
    },
    settle: () => settle(),
    document: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
  };
}

/** Plain lines for a run: one for each step, one for each new thing waited for. */
export function runReporter(out: Output): (event: RunEvent) => void {
  let waitingFor = "";
  return (event) => {
    switch (event.kind) {
      case "step":
        waitingFor = "";
        out.line(`  ${label(event.step)}${event.step.why}`);
        for (const detail of event.step.details ?? []) out.line(`           ${detail}`);
        return;
      case "result":
        if (!event.result.ok) out.line(`  ${" ".repeat(9)}✗ ${event.result.problem ?? "failed"}`);
        return;
      case "retry":
        out.line(`           ${event.problem}; looking again`);
        return;
      case "wait":
        if (event.wait.why === waitingFor) return;
        waitingFor = event.wait.why;
        out.line(`  ${label(event.wait)}waiting: ${waitingFor}`);
        for (const detail of event.details ?? []) out.line(`           ${detail}`);
    }
  };
}

function label(decision: Extract<Decision, { phase: unknown }>): string {
  return decision.phase.padEnd(9);
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A table with aligned columns. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
