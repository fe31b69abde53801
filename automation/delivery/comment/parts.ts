import { markerOf } from "./chain.ts";
import { divide } from "./divide.ts";
import { heading, type PullRequestReport, pieces } from "./render.ts";
import type { StackReport } from "./stack-report.ts";

/** GitHub's limit of a comment is 65,536 characters; what is around a part is written into the rest. */
export const commentLimits = { characters: 60_000, parts: 10 };

/** What the comments of a pull request's plan are marked as. */
export const planMarker = "plan";

export interface PlanComment {
  /** A comment each. */
  readonly parts: readonly string[];
  /** All of it as one document, whatever its length. */
  readonly whole: string;
}

const unlimited = { characters: Number.POSITIVE_INFINITY, parts: 1 };

/** One stack's plan as a document, as the comments of a pull request have it. */
export function stackText(report: StackReport): string {
  return divide(pieces(report), unlimited).parts.join("");
}

/** @param elsewhere where the whole document can be had, for when the comments hold a part of it */
export function planComment(report: PullRequestReport, elsewhere: string): PlanComment {
  const head = { open: [], lines: heading(report), close: [""] };
  const all = [head, ...report.stacks.flatMap((stack) => [...pieces(stack), { open: [], lines: [""], close: [] }])];
  const { parts, left } = divide(all, commentLimits);
  const whole = divide(all, unlimited).parts.join("");
  const marker = markerOf(planMarker);
  return {
    whole,
    parts: parts.map((part, i) => {
      const title = i === 0 ? "" : `Plan of ${report.head.slice(0, 12)}, part ${i + 1} of ${parts.length}\n\n`;
      const rest =
        i === parts.length - 1 && left > 0 ? `\n**${left} more lines did not fit**: ${elsewhere} has all of it.\n` : "";
      return `${marker}\n${title}${part.trimEnd()}\n${rest}`;
    }),
  };
}
