import { looksSecret } from "../../programs/plaintext.ts";
import type { Container, Variable } from "./containers.ts";

/** Findings for every secret a container is given in plain text: in variables, labels, log options and commands. */
export function* secretsIn(container: Container): Iterable<string> {
  for (const one of [...container.environment, ...container.labels]) yield* secretVariable(container.at, one);
  for (const { at, words } of container.commands) {
    const what = secretInCommand(words);
    if (what !== undefined) yield `${container.at} ${at} ${what}`;
  }
}

function* secretVariable(at: string, { at: within, name, value }: Variable): Iterable<string> {
  const why = value === undefined ? undefined : looksSecret(name, value);
  if (why !== undefined) yield `${at} ${within === "environment" ? "variable" : within} ${shown(name)} ${why}`;
}

/** A name is shown as far as it is one: it could be a mistaken value. */
export function shown(name: string): string {
  return /^[A-Za-z_][\w.-]{0,60}$/.test(name) ? name : "of another form than a name";
}

/** What a command says in plain text: the words of one, each of which may be a whole shell script. */
export function secretInCommand(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    const what = flagged(word, words[index + 1]) ?? secretInScript(word);
    if (what !== undefined) return what;
  }
  return undefined;
}

/** What a shell script says in plain text: assignments, flags, addresses, headers and tokens. */
export function secretInScript(script: string): string | undefined {
  // The form of a value may hold spaces; an assignment's or flag's value ends at one.
  const whole = looksSecret("", script);
  if (whole !== undefined && !whole.includes("random")) return whole;
  const parts = script.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  for (const [index, raw] of parts.entries()) {
    const part = raw.replace(/[;&|]+$/, "");
    const what = assigned(part) ?? flagged(part, parts[index + 1]) ?? looksToken(unquoted(part));
    if (what !== undefined) return what;
  }
  return undefined;
}

function assigned(part: string): string | undefined {
  const [, name = "", value = ""] = /^([A-Za-z_][\w.]*)=(.+)$/s.exec(unquoted(part)) ?? [];
  return name === "" || isReference(unquoted(value)) ? undefined : inCommand(looksSecret(name, unquoted(value)));
}

/** `--password value` and `--password=value`. */
function flagged(part: string, next: string | undefined): string | undefined {
  const [, name = "", , value] = /^--?([A-Za-z][\w.-]+)(=(.*))?$/s.exec(part) ?? [];
  const given = unquoted(value ?? next ?? "");
  if (name === "" || given === "" || (value === undefined && given.startsWith("-")) || isReference(given))
    return undefined;
  return inCommand(looksSecret(name, given));
}

function looksToken(word: string): string | undefined {
  const what = looksSecret("", word);
  // A word of a command is a path, a digest or an option as often as it is a key.
  return what?.includes("random") ? undefined : inCommand(what);
}

/** A shell's own variable, or what a command prints. */
function isReference(value: string): boolean {
  return /^\$|^`/.test(value);
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/s, "$2").replace(/^([A-Za-z_][\w.]*=)(["'])(.*)\2$/s, "$1$3");
}

function inCommand(why: string | undefined): string | undefined {
  return why === "is named like a secret" ? "gives a value that is named like a secret" : why;
}
