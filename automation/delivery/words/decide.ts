/** What is done about a comment, by what GitHub says of its author and of the pull request at this moment. */
import { help, type Parsed, type Word, type WordName, wordText } from "./parse.ts";

export interface Circumstances {
  /** Whether its author may write to the repository. */
  readonly mayWrite: boolean;
  /** Whether it is another text by now than the one that started this. */
  readonly isEdited: boolean;
  readonly isOpen: boolean;
  /** Whether the pull request's head is in another repository. */
  readonly isFork: boolean;
  /** Whether its author made the pull request as well. */
  readonly isAuthor: boolean;
}

export type Reaction = "+1" | "confused" | "eyes";

export type Verdict =
  /** Nothing is said: `told` is for the audit, where it is worth a record. */
  | { readonly kind: "ignore"; readonly why: string; readonly told?: WordName }
  | { readonly kind: "answer"; readonly reaction: Reaction; readonly text: string; readonly told?: WordName }
  | { readonly kind: "do"; readonly word: Word };

export function judgeWord(parsed: Parsed, is: Circumstances): Verdict {
  if (parsed.kind === "none") return { kind: "ignore", why: "it is no command" };
  const told = parsed.kind === "word" ? parsed.word.command : parsed.command;
  // A stranger is told nothing: an answer would be a way to have the workflow write what they like, as often as they like.
  if (!is.mayWrite) return { kind: "ignore", why: "its author may not write to the repository", told };
  if (is.isEdited) return { kind: "ignore", why: "it was edited since", told };
  const refuse = (why: string): Verdict => ({
    ...{ kind: "answer", reaction: "confused", told },
    text: `\`/${told}\` was not done: ${why}.`,
  });
  if (parsed.kind === "refused") return refuse(parsed.why);
  const { word } = parsed;
  if (word.command === "help") return { kind: "answer", reaction: "+1", text: helpText() };
  const why = hindrance(word, is);
  return why === undefined ? { kind: "do", word } : refuse(why);
}

function hindrance({ command }: Word, { isOpen, isFork, isAuthor }: Circumstances): string | undefined {
  const runsItsCode = command === "plan" || command === "deploy";
  if (runsItsCode && isFork) return "a fork's code gets no credentials; push the branch to this repository to have it";
  if (runsItsCode && !isOpen) return "the pull request is closed";
  if (command === "approve" && isAuthor) return "somebody else than the author of the pull request has to approve";
  return undefined;
}

function helpText(): string {
  const rows = help.map(([form, does]) => `| \`${form}\` | ${does} |`);
  return ["| comment | does |", "|---|---|", ...rows].join("\n");
}

/** The answer to a command that was done. */
export function doneText(word: Word, said: string): string {
  return `\`${wordText(word)}\`: ${said}`;
}
