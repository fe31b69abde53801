/** What a comment on a pull request asks for. Nothing of it ever reaches a shell, and what is not understood is not done. */

export type Word =
  | { readonly command: "plan" | "deploy" | "destroy" | "approve" | "help" }
  /** As `duration` takes it, such as `24h`. */
  | { readonly command: "extend"; readonly for: string }
  | { readonly command: "run"; readonly service: string; readonly argv: readonly string[] };

export type WordName = Word["command"];

export type Parsed =
  /** A comment like any other. */
  | { readonly kind: "none" }
  | { readonly kind: "word"; readonly word: Word }
  /** It begins as a command does and is none. `why` holds nothing of the comment. */
  | { readonly kind: "refused"; readonly command: WordName; readonly why: string };

const forms: Readonly<Record<WordName, string>> = {
  plan: "/plan",
  deploy: "/deploy",
  extend: "/extend 24h",
  destroy: "/destroy",
  run: "/run <service> -- <command>",
  approve: "/approve",
  help: "/help",
};

/** Each command as it is written, with what it does. */
export const help: readonly (readonly [string, string])[] = [
  [forms.plan, "plan the change anew"],
  [forms.deploy, "make the preview environment of this pull request, or bring it to its head"],
  [forms.extend, "let the preview environment stay so long from now"],
  [forms.destroy, "end the preview environment"],
  [forms.run, "run a command once in the preview environment: words of letters, digits and _@%+=:,./-"],
  [forms.approve, "let a deploy of the preview environment that waits for approval go on"],
  [forms.help, "say this"],
];

/** A command line longer than this is none. */
const longestLine = 1_000;
const mostWords = 32;

/** What no program nor terminal reads as anything else than itself. */
const plainWord = /^[A-Za-z0-9_@%+=:,./-]+$/;
const duration = /^[1-9]\d{0,3}[mhd]$/;
const service = /^[a-z](?:[a-z0-9-]{0,10}[a-z0-9])?$/;

export function isPlainWord(word: string): boolean {
  return plainWord.test(word);
}

/** Only a comment of one line that begins with a slash is a command: a quoted one, or one in a code block, is none. */
export function parseComment(body: string): Parsed {
  const line = body.replace(/[ \t\r\n]+$/, "");
  const [, name] = /^\/([a-z]{1,16})(?=[\s]|$)/.exec(line) ?? [];
  if (name === undefined || !isWordName(name)) return { kind: "none" };
  const refused = (why: string): Parsed => ({ kind: "refused", command: name, why });
  if (line.length > longestLine) return refused(`it is longer than ${longestLine} characters`);
  if (/[\r\n]/.test(line)) return refused("a command stands alone in its comment, on one line");
  if (!/^[\x20-\x7e]*$/.test(line)) return refused("it has other characters than those of plain ASCII");
  const [, ...words] = line.split(" ");
  if (words.includes("")) return refused("its words are parted by one space each");
  const word = wordOf(name, words);
  return word === undefined ? refused(`it is written \`${forms[name]}\``) : { kind: "word", word };
}

function isWordName(name: string): name is WordName {
  return Object.hasOwn(forms, name);
}

function wordOf(command: WordName, words: readonly string[]): Word | undefined {
  const [first = "", dashes, ...argv] = words;
  switch (command) {
    case "extend":
      return words.length === 1 && duration.test(first) ? { command, for: first } : undefined;
    case "run": {
      const isWell = service.test(first) && dashes === "--" && argv.length > 0 && argv.length <= mostWords;
      return isWell && argv.every(isPlainWord) ? { command, service: first, argv } : undefined;
    }
    default:
      return words.length === 0 ? { command } : undefined;
  }
}

/** As it was written: what is written down of a comment is this, and nothing else of it. */
export function wordText(word: Word): string {
  switch (word.command) {
    case "extend":
      return `/extend ${word.for}`;
    case "run":
      return `/run ${word.service} -- ${word.argv.join(" ")}`;
    default:
      return `/${word.command}`;
  }
}

/** For records: arguments of a command that is run may hold what nobody is to read. */
export function wordTold(word: Word): string {
  return word.command === "run" ? `/run ${word.service} -- ${word.argv[0]}` : wordText(word);
}
