import type { Failure, SuiteTime } from "./messages.ts";
import type { Outcome } from "./run.ts";

const slowestShown = 10;

/** How a run ended, in mocha's words: sums, the slowest suites, and every failure with all it says. */
export function report(outcomes: readonly Outcome[], seconds: number): string {
  const add = (of: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + of(outcome), 0);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  const pending = add((outcome) => outcome.pending);
  return [
    ...slowest(outcomes.flatMap(({ suites }) => suites)),
    "",
    `  ${add(({ passes }) => passes)} passing (${lasted(seconds)})`,
    ...(pending > 0 ? [`  ${pending} pending`] : []),
    ...(failures.length > 0 ? [`  ${failures.length} failing`] : []),
    ...failures.map(described),
    "",
  ].join("\n");
}

function slowest(suites: readonly SuiteTime[]): readonly string[] {
  const shown = suites.toSorted((a, b) => b.seconds - a.seconds).slice(0, slowestShown);
  return [
    "  The slowest suites:",
    ...shown.map(({ title, file, seconds }) => `  ${seconds.toFixed(1).padStart(7)} s  ${file}  ${title}`),
  ];
}

function described({ titles, error }: Failure, index: number): string {
  const head = titles.map((title, depth) => `${"  ".repeat(depth)}${title}`).join("\n       ");
  return `\n  ${index + 1}) ${head}:\n${error.replace(/^/gm, "     ")}`;
}

function lasted(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds)}s` : `${Math.floor(seconds / 60)}m ${Math.round(seconds % 60)}s`;
}
