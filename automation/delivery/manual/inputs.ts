/** What somebody who starts a run by hand gives: checked as a whole before anything is opened or called. */
import { githubRepositoryPattern, stackNamePattern, stackNameRule } from "../../../programs/names.ts";
import { duration, longest } from "../../durations.ts";
import { pullOf } from "../../previews/name.ts";
import { isPlainWord } from "../words/parse.ts";
import { refused } from "./refused.ts";
import { type Runner, readRunner } from "./runner.ts";

/** Each input with what it is; in the order in which they are asked for. */
export const manualInputs = {
  repository: "owner/name of the repository; default: the one this runs in",
  commit: "a commit, branch, tag or ref of it; default: the one that is checked out",
  stack: "the stack; default: the one of the account",
  account: "id of the AWS account that has to be the stack's",
  command: "plan, apply, destroy, validate, ephemeral, schedule, or a command of switchyard's own on the stack",
  "job-definition": "ARN of a Batch job definition of the runner, which does it then with that one's rights",
  "job-queue": "ARN of the Batch job queue of the runner that such a job waits in",
  email: "who asks, for the audit",
  "pull-request": "number of the pull request, of ephemeral and schedule",
  ttl: "how long an ephemeral environment stays, such as 24h",
} as const;

export type InputName = keyof typeof manualInputs;

export type RawInputs = Readonly<Partial<Record<InputName, string>>>;

/** Commands by a name of their own. */
export const namedCommands = ["plan", "apply", "destroy", "validate", "ephemeral", "schedule"] as const;

export type NamedCommand = (typeof namedCommands)[number];

/** Of switchyard's own, those that work on one stack and end by themselves. */
export const customCommands = [
  ...(["status", "history", "drift", "explain", "migrate", "run", "deploy", "rollback", "retire"] as const),
  ...(["promote", "abort", "sweep", "repair", "adopt", "freeze", "unfreeze"] as const),
] as const;

export type ManualCommand =
  | { readonly name: NamedCommand }
  | { readonly name: "custom"; readonly command: (typeof customCommands)[number]; readonly words: readonly string[] };

export interface Manual {
  readonly command: ManualCommand;
  readonly repository?: string;
  readonly commit?: string;
  readonly stack?: string;
  readonly account?: string;
  readonly email?: string;
  readonly pull?: number;
  readonly ttl?: string;
  /** Given where the runner on AWS Batch does it. */
  readonly runner?: Runner;
}

/** GitHub refuses inputs of more than 65,535 characters in all; a command line is shorter. */
const longestInput = 1_000;
const mostWords = 32;

const revision = /^[A-Za-z0-9_@][A-Za-z0-9_@./~^{}+-]{0,199}$/;
const email =
  /^[A-Za-z0-9._%+-]{1,64}@(?=.{1,190}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

/** @throws SwitchyardError `invalid-flag` naming the input. */
export function readManual(raw: Readonly<Record<string, unknown>>): Manual {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (!Object.hasOwn(manualInputs, name)) throw refused(name, "there is no such input", `give ${named()}`);
    if (value === undefined || value === null || value === "") continue;
    given[name] = plainText(name, value);
  }
  const { repository, commit, stack, account, "pull-request": pull, ttl } = given;
  const command = readCommand(given["command"]);
  check("repository", repository, githubRepositoryPattern, "owner/name, such as example/switchyard");
  check("commit", commit, revision, "a commit, branch, tag or ref, such as main or v1.4.0");
  check("stack", stack, stackNamePattern, `${stackNameRule}, such as production`);
  check("account", account, /^\d{12}$/, "the 12 digits of an account's id");
  check("email", given["email"], email, "an address, such as ann@example.com");
  const runner = readRunner(command.name, given);
  const number = pull === undefined ? undefined : pullOf(`pr-${pull}`);
  if (pull !== undefined && number === undefined)
    throw refused("pull-request", "it is not the number of a pull request", "give its digits, such as 12");
  if (ttl !== undefined && duration("ttl", ttl, longest.preview) <= 0)
    throw refused("ttl", "it is no time at all", "give a number and a unit, such as 24h");
  refuseMisfits(command, given);
  return {
    command,
    ...(repository !== undefined && { repository }),
    ...(commit !== undefined && { commit }),
    ...(stack !== undefined && { stack }),
    ...(account !== undefined && { account }),
    ...(given["email"] !== undefined && { email: given["email"] }),
    ...(number !== undefined && { pull: number }),
    ...(ttl !== undefined && { ttl }),
    ...(runner !== undefined && { runner }),
  };
}

function plainText(name: string, value: unknown): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text !== "string") throw refused(name, "it is no text", "give text");
  if (text.length > longestInput)
    throw refused(name, `it is longer than ${longestInput} characters`, "give something shorter");
  // What is given goes into logs and records.
  if (!/^[\x20-\x7e]+$/.test(text))
    throw refused(name, "it has other characters than those of plain ASCII", "retype it");
  return text;
}

function readCommand(text: string | undefined): ManualCommand {
  const fix = `give ${namedCommands.join(", ")}, or one of ${customCommands.join(", ")} with its flags`;
  if (text === undefined) throw refused("command", "it is missing", fix);
  const [first = "", ...words] = text.split(" ");
  const name = namedCommands.find((one) => one === first);
  if (name !== undefined) {
    if (words.length === 0) return { name };
    throw refused("command", `${name} takes no words after it`, "give what it needs as inputs of their own");
  }
  const command = customCommands.find((one) => one === first);
  if (command === undefined) throw refused("command", `${JSON.stringify(first)} is none of them`, fix);
  if (words.length > mostWords || !words.every(isPlainWord))
    throw refused(
      "command",
      "its words are not plain",
      `give ${mostWords} words at most, of letters, digits and _@%+=:,./-, one space between each two`,
    );
  return { name: "custom", command, words };
}

function check(name: InputName, value: string | undefined, pattern: RegExp, fix: string): void {
  if (value !== undefined && !pattern.test(value)) throw refused(name, "it is not usable", `give ${fix}`);
}

/** What one of the commands needs, and none of the others has a use for. */
function refuseMisfits({ name }: ManualCommand, given: Readonly<Record<string, string>>): void {
  const ofPreviews = name === "ephemeral" || name === "schedule";
  const needs = (input: InputName) => refused(input, `${name} needs it`, "give it");
  const useless = (input: InputName) => refused(input, `${name} has no use for it`, "leave it out");
  if (name === "ephemeral" && given["pull-request"] === undefined) throw needs("pull-request");
  if (ofPreviews && given["stack"] !== undefined) throw useless("stack");
  if (!ofPreviews)
    for (const input of ["pull-request", "ttl"] as const) if (given[input] !== undefined) throw useless(input);
  if (!ofPreviews && given["stack"] === undefined && given["account"] === undefined)
    throw refused("stack", "neither it nor the account is given", "give one of them");
  // A list, or the end of one: half of what says which is no change.
  if (name === "schedule" && (given["pull-request"] === undefined) !== (given["ttl"] === undefined))
    throw needs(given["ttl"] === undefined ? "ttl" : "pull-request");
}

function named(): string {
  return Object.keys(manualInputs).join(", ");
}
