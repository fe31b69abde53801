/** The plan of a pull request as Markdown, in pieces that a comment may be divided between. */
import { code, escaped } from "../../audit/markdown.ts";
import { renderPolicyReport } from "../../audit/policy-report.ts";
import { previewLine } from "../../previews/words.ts";
import { nameOf, type PlannedChange, unknownValue } from "../../stacks/changes.ts";
import { differenceLine, plannedDifference } from "../../stacks/differences.ts";
import type { Piece } from "./divide.ts";
import { blockers, changesLine, countChanges, type StackReport } from "./stack-report.ts";

export interface PullRequestReport {
  /** The pull request's head: what was planned. */
  readonly head: string;
  /** Sorted by name. */
  readonly stacks: readonly StackReport[];
  /** Stacks whose file the change takes away. */
  readonly removed: readonly string[];
  /** What a month costs more or less, in words; absent where nobody knows. */
  readonly cost?: string;
  /** Where its preview environment answers; absent where none does. */
  readonly preview?: string;
}

/** Longer lines are cut: a name may come from anywhere. */
const longestLine = 1000;

/** Replacements and deletions are never in a closed list. */
const destroys: ReadonlySet<string> = new Set(["replace", "delete"]);

export function isDestructive({ op }: Pick<PlannedChange, "op">): boolean {
  return destroys.has(op);
}

/** What stands above everything: counts first, then the verdict. */
export function heading(report: PullRequestReport): readonly string[] {
  const { stacks, removed, cost, head, preview } = report;
  const blocked = stacks.flatMap((stack) => blockers(stack).map((why) => `${code(stack.stack)}: ${why}`));
  const verdict = blocked.length === 0 ? "✅ Nothing blocks the merge" : "❌ The merge is blocked";
  return [
    `## Plan: ${changesLine(countChanges(stacks))}${stacks.length > 0 ? ` in ${plural(stacks.length, "stack")}` : ""}`,
    "",
    `**${verdict}**${blocked.length === 0 ? "" : `: ${blocked.join("; ")}`}`,
    ...(preview === undefined ? [] : ["", previewLine(preview)]),
    ...(cost === undefined ? [] : ["", `**Cost a month:** ${escaped(cost)}`]),
    ...(removed.length === 0
      ? []
      : ["", `No file any more, and what they made stays until it is destroyed: ${removed.map(code).join(", ")}`]),
    ...(stacks.length === 0 ? [] : ["", ...table(stacks)]),
    "",
    `Of ${head.slice(0, 12)}. ${stacks.length === 0 ? "No stack is touched." : ""}`.trimEnd(),
  ].map(cut);
}

function table(stacks: readonly StackReport[]): readonly string[] {
  const rows = stacks.map((report) => {
    const { created, updated, replaced, deleted } = countChanges([report]);
    const verdict = blockers(report).length === 0 ? "✅" : "❌";
    return `| ${code(report.stack)} | ${created} | ${updated} | ${strong(replaced)} | ${strong(deleted)} | ${verdict} |`;
  });
  return ["| stack | created | updated | replaced | deleted | |", "|---|--:|--:|--:|--:|---|", ...rows];
}

function strong(count: number): string {
  return count === 0 ? "0" : `**${count}**`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** A stack's pieces: what is replaced or deleted, what the policies and the guard say, then the rest, folded away. */
export function pieces(report: StackReport): readonly Piece[] {
  const { stack, planned, failure, judged, migrations } = report;
  const title = `### ${code(stack)}: ${planned ? changesLine(countChanges([report])) : "no plan"}`;
  if (!planned) return [{ open: [title, ""], lines: [cut(`❌ ${escaped(failure ?? "")}`)], close: [] }];
  const destructive = planned.changes.filter(isDestructive);
  const others = planned.changes.filter((change) => !isDestructive(change));
  const said = renderPolicyReport(planned.violations, "markdown", { migrations, judged });
  return [
    { open: [title, ""], lines: destructive.flatMap(changeLines), close: [] },
    // What is said of policies has lists and folded parts of its own: a line of it is no piece by itself.
    ...paragraphs(said),
    ...(others.length === 0
      ? []
      : [
          {
            open: ["<details>", `<summary>${stack}: ${plural(others.length, "other change")}</summary>`, ""],
            lines: others.flatMap(changeLines),
            close: ["", "</details>"],
          },
        ]),
  ];
}

/** Each heading with its list; a folded part is opened and closed anew in each comment it is in. */
function paragraphs(markdown: string): readonly Piece[] {
  const found: { open: string[]; lines: string[]; close: string[] }[] = [{ open: [], lines: [], close: [] }];
  for (const line of markdown.trimEnd().split("\n")) {
    const last = found.at(-1) ?? { open: [], lines: [], close: [] };
    if (line.startsWith("<details>")) found.push({ open: ["", line, ""], lines: [], close: ["", "</details>"] });
    else if (line === "</details>") found.push({ open: [], lines: [], close: [] });
    else last.lines.push(cut(line));
  }
  return found.filter(({ lines }) => lines.some((line) => line !== ""));
}

const icons: Readonly<Record<string, string>> = { replace: "🔴 **replaced**", delete: "🔴 **deleted**" };
const words: Readonly<Record<string, string>> = { create: "created", update: "updated", import: "imported" };

/** A line for the change, and one for each property that is another. */
function changeLines({ op, type, urn, properties, before, after }: PlannedChange): readonly string[] {
  const line = `- ${icons[op] ?? words[op] ?? op} ${code(nameOf(urn))} ${code(type)}`;
  const differences = properties.map((path) => plannedDifference(path, before, after) ?? { path });
  return [
    line,
    ...differences.map((one) => `  - ${code(differenceLine(one).replaceAll(unknown, "(known later)"))}`),
  ].map(cut);
}

const unknown = new RegExp(`"?${unknownValue}"?`, "g");

function cut(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine).replaceAll("`", "'")}…`;
}
