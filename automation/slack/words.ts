/** What Slack is told, as its mrkdwn (Slack's documentation, "Formatting message text"). Nothing here sends anything. */
import { costLine } from "../cost/render.ts";
import { blockers, changesLine, countChanges, type StackReport } from "../delivery/comment/stack-report.ts";
import { escaped, linked } from "./escaped.ts";

/** Slack's documentation, "Truncating content": longer texts are cut by Slack itself, in the middle of anything. */
const longest = 4_000;

function fitting(lines: readonly string[]): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > longest - 40) return [...kept, `… and ${lines.length - kept.length} lines more`].join("\n");
    kept.push(line);
  }
  return kept.join("\n");
}

export interface PlanTold {
  readonly number: number;
  readonly title: string;
  readonly reports: readonly StackReport[];
  /** Of the comment with all of it. */
  readonly url?: string | undefined;
}

/** The numbers of the comment on the pull request, by the same functions. */
export function planText({ number, title, reports, url }: PlanTold): string {
  const cost = costLine(reports);
  const stacks = reports.map((report) => {
    const why = blockers(report);
    const mark = why.length === 0 ? "✅" : "⛔";
    return `${mark} \`${report.stack}\`: ${[changesLine(countChanges([report])), ...why].join("; ")}`;
  });
  return fitting([
    `${linked(url, `Pull request ${number}`)}: ${escaped(title)}`,
    `*Plan: ${changesLine(countChanges(reports))}*`,
    ...(cost === undefined ? [] : [escaped(`Cost a month: ${cost}`)]),
    ...stacks,
  ]);
}

/** @param text as the comment on the pull request has it */
export function mergeText(
  pull: { readonly number: number; readonly title: string; readonly url: string },
  text: string,
) {
  return fitting([`${linked(pull.url, `Pull request ${pull.number}`)}: ${escaped(pull.title)}`, escaped(text)]);
}

/** An alert: somebody has to look. */
export function frozenText(
  stack: string,
  { by, why, run }: { readonly by: string; readonly why: string; readonly run: string },
) {
  const because = why === "" ? "" : `: ${why}`;
  const where = URL.canParse(run) ? ` (${linked(run, "run")})` : "";
  return fitting([
    `🧊 *\`${stack}\` is frozen*, by ${escaped(by)}${escaped(because)}${where}`,
    `No update and no deploy of it is taken until \`switchyard unfreeze ${stack}\`; a rollback is.`,
  ]);
}
