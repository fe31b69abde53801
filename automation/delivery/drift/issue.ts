/** The issue that tells of a stack's drift: what it says, and what has to be written so that there is one, or none. */
import { code, escaped } from "../../audit/markdown.ts";
import { nameOf } from "../../stacks/changes.ts";
import { type Difference, differenceLine } from "../../stacks/differences.ts";
import { divide, type Piece } from "../comment/divide.ts";

/** By which the issues are found again. A person who takes it away makes the next run open another one. */
export const driftLabel = "drift";

/** What a comparison found of one stack. */
export interface StackDrift {
  readonly stack: string;
  readonly differences: readonly Difference[];
  /** What serves otherwise than was released, in words. */
  readonly byHand: readonly string[];
}

export interface DriftIssue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
}

export type IssueAction =
  | { readonly kind: "open"; readonly title: string; readonly body: string }
  | { readonly kind: "update"; readonly number: number; readonly title: string; readonly body: string }
  | { readonly kind: "close"; readonly number: number; readonly why: string };

/** GitHub's limit of an issue is 65,536 characters. */
const longestBody = 60_000;
/** A name or a value may come from anywhere. */
const longestLine = 1_000;

/** A comment in Markdown, which nobody sees. */
export function driftMarker(stack: string): string {
  return `<!-- switchyard:drift:${stack} -->`;
}

export function hasDrift({ differences, byHand }: StackDrift): boolean {
  return differences.length > 0 || byHand.length > 0;
}

/**
 * One open issue of a stack that differs, the oldest; none of one that does not.
 *
 * @param open those of the label that this program has opened and nobody has closed
 * @param run where it was seen
 */
export function issueActions(drift: StackDrift, open: readonly DriftIssue[], run: string): readonly IssueAction[] {
  const wanted = hasDrift(drift)
    ? { title: driftTitle(drift), body: driftBody(drift, `${putsBack(drift.stack)} ${keptIssue}`) }
    : undefined;
  return oneIssue(driftMarker(drift.stack), wanted, open, isBack(drift.stack, run));
}

/**
 * The open issue whose text begins with a marker, kept as wanted: the oldest stays; none where nothing is wanted.
 *
 * @param over why it is closed then
 */
export function oneIssue(
  marker: string,
  wanted: { readonly title: string; readonly body: string } | undefined,
  open: readonly DriftIssue[],
  over: string,
): readonly IssueAction[] {
  const own = open.filter(({ body }) => body.startsWith(marker));
  const [first, ...others] = own.toSorted((a, b) => a.number - b.number);
  const superfluous = others.map(
    ({ number }): IssueAction => ({ kind: "close", number, why: `#${first?.number} tells of it already.` }),
  );
  if (wanted === undefined) return own.map(({ number }) => ({ kind: "close", number, why: over }));
  const { title, body } = wanted;
  if (first === undefined) return [{ kind: "open", title, body }];
  return [
    ...(says(first, title, body) ? [] : [{ kind: "update", number: first.number, title, body } as const]),
    ...superfluous,
  ];
}

/** Why nothing is open any more. */
export function isBack(stack: string, run: string): string {
  return `${code(stack)} is as the program says again (${run}).`;
}

/** Whether that is what it says; GitHub may leave out blanks at the end. */
export function says(open: DriftIssue, title: string, body: string): boolean {
  return open.title === title && open.body.trimEnd() === body.trimEnd();
}

export function driftTitle({ stack, differences, byHand }: StackDrift): string {
  const count = differences.length + byHand.length;
  return `Drift in ${stack}: ${count} ${count === 1 ? "difference" : "differences"}`;
}

const putsBack = (stack: string) =>
  `${code(`switchyard up ${stack} --refresh`)} puts it back as the program says; or change the program to match.`;
const keptIssue = "This issue is kept up to date, and closed when nothing differs any more.";

/** Holds no time and no run: it changes with what differs, and with nothing else. @param what can be done about it */
export function driftBody({ stack, differences, byHand }: StackDrift, what: string): string {
  const head = {
    open: [],
    lines: [
      driftMarker(stack),
      `What is in the account differs from what ${code(stack)} was applied with.`,
      "",
      what,
      "",
      ...byHand.map((why) => `- ${cut(escaped(why))}`),
      ...(byHand.length > 0 ? [""] : []),
    ],
    close: [],
  };
  const { parts, left } = divide([head, ...differences.map(piece)], { characters: longestBody, parts: 1 });
  const more =
    left > 0 ? `\n${left} more lines have no room here: ${code(`switchyard drift ${stack}`)} lists all.\n` : "";
  return `${parts[0] ?? ""}${more}`;
}

function piece({ op, type, urn, properties }: Difference): Piece {
  const title = `### ${op === "delete" ? "Deleted" : "Changed"}: ${cut(code(nameOf(urn)))} (${cut(code(type))})`;
  if (properties.length === 0) return { open: [], lines: [title, ""], close: [] };
  const rows = properties.map((property) => {
    const [path = "", values = ""] = differenceLine(property).split("  ", 2);
    return `| ${cut(cell(path))} | ${cut(cell(values))} |`;
  });
  return { open: [title, "", "| property | recorded → live |", "|---|---|"], lines: rows, close: [""] };
}

/** In a table a bar ends the cell, also within code. */
function cell(text: string): string {
  return code(text.replaceAll("|", "¦"));
}

function cut(text: string): string {
  return text.length <= longestLine ? text : `${text.slice(0, longestLine)}…`;
}
