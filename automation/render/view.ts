import type { RunEvent } from "../deploy/conduct/loop.ts";
import { withWritten } from "../deploy/conduct/stranded.ts";
import type { Phase } from "../deploy/decide/decision.ts";
import type { Observed } from "../deploy/decide/model.ts";
import type { Progress } from "../deploy/decide/progress.ts";
import type { Paint } from "./paint.ts";
import { seconds } from "./reporter.ts";
import { serviceLines } from "./services.ts";

interface Line {
  readonly phase: Phase;
  readonly why: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When it was over; absent while it goes on. */
  readonly ended?: number;
  /** When a wait is over at the latest, in milliseconds since the epoch. */
  readonly until?: number;
  readonly problem?: string;
  readonly details: readonly string[];
}

/** What the terminal shows of an operation, folded from its events. */
export interface View {
  readonly lines: readonly Line[];
  readonly observed?: Observed;
  readonly progress?: Progress;
  /** The last call that has to be tried again. */
  readonly retry?: string;
}

export const emptyView: View = { lines: [] };

export function see(view: View, event: RunEvent, now: number): View {
  switch (event.kind) {
    case "retry":
      return { ...view, retry: event.problem };
    case "result":
      return {
        ...view,
        lines: ended(view.lines, now, event.result.ok ? undefined : (event.result.problem ?? "failed")),
        ...(event.result.ok && view.observed && { observed: withWritten(view.observed, event.step.writes) }),
      };
    case "step": {
      const { phase, why, details = [] } = event.step;
      const lines = [...ended(view.lines, now), { phase, why, details, since: now }];
      return { lines, observed: event.observed, progress: event.progress };
    }
    case "wait": {
      const { phase, why, until } = event.wait;
      const last = view.lines.at(-1);
      const same = last?.until !== undefined && last.ended === undefined && last.phase === phase;
      const line = { phase, why, until, details: event.details ?? [], since: same ? last.since : now };
      const before = same ? view.lines.slice(0, -1) : ended(view.lines, now);
      return { lines: [...before, line], observed: event.observed, progress: event.progress };
    }
  }
}

function ended(lines: readonly Line[], now: number, problem?: string): readonly Line[] {
  const last = lines.at(-1);
  if (!last || last.ended !== undefined) return lines;
  return [...lines.slice(0, -1), { ...last, ended: now, ...(problem !== undefined && { problem }) }];
}

export interface FrameOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  /** True for the last frame, which stays: all lines, and nothing moves any more. */
  readonly final?: boolean;
}

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/** Time between two frames. */
export const spinnerMs = 100;
const linesShown = 12;

/** The view as lines of text; pure. */
export function frame(view: View, options: FrameOptions): string {
  const shown = options.final ? view.lines : view.lines.slice(-linesShown);
  const hidden = view.lines.length - shown.length;
  const steps = [
    ...(hidden > 0 ? [options.paint("dim", `  … ${hidden} earlier steps`)] : []),
    ...shown.flatMap((line) => lineOf(line, options)),
  ];
  return [
    ...steps,
    ...serviceLines(
      view,
      options.columns,
      options.final ? Number.POSITIVE_INFINITY : room(options.rows, steps),
      options.paint,
    ),
    ...(view.retry !== undefined && !options.final ? [options.paint("yellow", `  ${view.retry}; looking again`)] : []),
  ].join("\n");
}

/** Lines left for services: what is redrawn in place has to fit, with a line for a retry and one for the cursor. */
function room(rows: number, steps: readonly string[]): number {
  return Math.max(2, rows - steps.length - 2);
}

function lineOf(line: Line, options: FrameOptions): string[] {
  const { columns, paint } = options;
  const time = timing(line, options);
  const room = Math.max(10, columns - time.length - 17);
  const said = line.until === undefined ? line.why : `${line.ended === undefined ? "waiting" : "waited"}: ${line.why}`;
  const why = said.length > room && !options.final ? `${said.slice(0, room - 1)}…` : said;
  const text = `  ${mark(line, options)} ${line.phase.padEnd(8)} ${why}`;
  const more = [...line.details, ...(line.problem === undefined ? [] : [paint("red", line.problem)])];
  return [`${text}  ${paint("dim", time)}`, ...more.map((detail) => `             ${detail}`)];
}

function mark({ ended, problem, phase, since }: Line, { now, paint, final }: FrameOptions): string {
  if (problem !== undefined) return paint("red", "✗");
  if (ended !== undefined) return phase === "undo" ? paint("yellow", "↩") : paint("green", "✔");
  if (final) return paint("dim", "■");
  return paint("blue", spinner[Math.floor((now - since) / spinnerMs) % spinner.length] ?? "");
}

function timing({ phase, since, until, ended }: Line, { now, final }: FrameOptions): string {
  const spent = seconds((ended ?? now) - since);
  if (until === undefined || ended !== undefined || final) return spent;
  // A bake takes as long as it takes; any other wait may be over sooner.
  const most = phase === "bake" ? "" : "at most ";
  return `${spent}, ${most}${remaining(until - now)} more (until ${new Date(until).toTimeString().slice(0, 8)})`;
}

function remaining(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms / 1000));
  return whole < 120 ? `${whole} s` : `${Math.ceil(whole / 60)} min`;
}
