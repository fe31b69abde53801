/** What `ci judge` wrote of a change, as comments: it comes from another job as text, whose folded parts stay whole. */
import { markerOf } from "./chain.ts";
import { divide, type Piece } from "./divide.ts";
import { commentLimits } from "./parts.ts";

/** What these comments are marked as. */
export const judgedMarker = "policies";

/** A longer line would fit into no comment: a name may come from anywhere. */
const longestLine = 1000;

/** @param elsewhere where the whole report can be had, for when the comments hold a part of it */
export function judgedComment(report: string, elsewhere: string, limits = commentLimits): readonly string[] {
  const { parts, left } = divide(piecesOf(report), limits);
  const rest = left > 0 ? `\n**${left} more lines did not fit**: ${elsewhere} has all of it.\n` : "";
  return parts.map((part, i) => {
    const title = i === 0 ? "" : `Policies, part ${i + 1} of ${parts.length}\n\n`;
    return `${markerOf(judgedMarker)}\n${title}${part.trimEnd()}\n${i === parts.length - 1 ? rest : ""}`;
  });
}

const opens = /^<details>/;
const closes = /^<\/details>/;

/** A piece for what is folded away, and one for what stands between two of those. */
export function piecesOf(report: string): readonly Piece[] {
  const pieces: { open: string[]; lines: string[]; close: string[] }[] = [];
  const begin = (open: string[], close: string[]) => pieces.push({ open, lines: [], close });
  begin([], []);
  for (const line of report.trimEnd().split("\n")) {
    const isFolded = pieces.at(-1)?.close.length !== 0;
    if (!isFolded && opens.test(line)) begin([cut(line)], ["", "</details>"]);
    else if (isFolded && closes.test(line)) begin([], []);
    else pieces.at(-1)?.lines.push(cut(line));
  }
  return pieces.filter(({ open, lines }) => open.length + lines.length > 0);
}

function cut(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine)}…`;
}
