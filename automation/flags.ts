import { SwitchyardError } from "../programs/errors.ts";
import {
  branchPattern,
  bucketNamePattern,
  entryNamePattern,
  entryNameRule,
  githubRepositoryPattern,
  serviceNamePattern,
  stackNamePattern,
  stackNameRule,
} from "../programs/names.ts";
import { duration, longest, moment } from "./durations.ts";
import { pullOf } from "./previews/name.ts";
import { expressionProblem } from "./runner/schedule-expression.ts";
import { checkStrategyFlags, type StrategyFlags } from "./strategy-flags.ts";

/** `10%` or `10` as a number from 1 to 99. @throws SwitchyardError `invalid-flag` naming the flag. */
export function percent(flag: string, text: string): number {
  const [, number] = /^(\d{1,2})%?$/.exec(text) ?? [];
  const value = Number(number);
  if (number === undefined || value < 1)
    throw new SwitchyardError("invalid-flag", {
      what: `"${text}" is not a share`,
      where: flag,
      fix: "give a whole percentage from 1% to 99%",
    });
  return value;
}

/** A tag as registries take it. @throws SwitchyardError `invalid-flag`. */
export function tag(text: string, flag = "--tag"): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not an image tag`,
    where: flag,
    fix: `use letters, digits, dots, dashes and underscores, such as ${imageTag(text)}`,
  });
}

/** The nearest image tag to any text: what a tag cannot have becomes a dash, as in `v1.2+build.7` → `v1.2-build.7`. */
export function imageTag(text: string): string {
  const mapped = text
    .replace(/[^A-Za-z0-9_.-]/g, "-")
    .replace(/^[.-]+/, "")
    .slice(0, 128);
  return mapped === "" ? "v1.4.0" : mapped;
}

/** A stack's name. @throws SwitchyardError `invalid-flag`. */
export function stackName(text: string, where = "<stack>"): string {
  if (stackNamePattern.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not a stack name`,
    where,
    fix: `use ${stackNameRule}, such as production`,
  });
}

/** A whole number. @throws SwitchyardError `invalid-flag` naming the flag. */
export function whole(flag: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new SwitchyardError("invalid-flag", {
    what: "it is not a number in its range",
    where: flag,
    fix: `give a whole number from ${least} to ${most}`,
  });
}

const checks: Readonly<Record<string, (value: string) => unknown>> = {
  stack: (text) => stackName(text),
  tag,
  canary: (text) => percent("--canary", text),
  step: (text) => percent("--step", text),
  bake: (text) => duration("--bake", text, longest.watched),
  every: (text) => duration("--every", text, longest.watched),
  keepWarm: (text) => duration("--keep-warm", text),
  wait: (text) => duration("--wait", text),
  to: (text) => tag(text, "--to"),
  release: (text) => releaseName(text),
  service: (names) => [names].flat().map(serviceName),
  name: (text) => accountName(text),
  person: (text) => userName(text),
  repository: (text) => repository(text),
  stateBucket: (text) => stateBucket(text),
  approver: (text) => person("--approver", text),
  reviewed: (text) => environmentName(text),
  beside: (text) => stackName(text, "--beside"),
  since: (text) => moment("--since", text, Date.now()),
  until: (text) => moment("--until", text, Date.now()),
  due: (text) => moment("--due", text, Date.now()),
  commit: (text) => commitStart(text),
  actor: (text) => person("--actor", text),
  base: (text) => revision("--base", text),
  head: (text) => revision("--head", text),
  why: (text) => person("--why", text),
  ref: (text) => jobRef(text),
  schedule: (text) => scheduleName(text),
  expression: (text) => scheduleExpression(text),
  number: (text) => pullNumber(text),
  only: (names) => [names].flat().map((name) => stackName(name, "--only")),
  keepFor: (text) => duration("--keep-for", text, longest.replaced),
  for: (text) => duration("--for", text, longest.preview),
  limit: (value) => whole("--limit", value, 1, 1000),
  pullRequest: (value) => whole("--pull-request", value, 1, 2 ** 31),
  parallel: (value) => whole("--parallel", value, 1, 16),
  days: (value) => whole("--days", value, 1, 36_500),
  port: (value) => whole("--port", value, 0, 65_535),
  execution: (text) => executionOf(text),
  attempt: (value) => whole("--attempt", value, 1, 99),
  owner: (value) => whole("--owner", value, 1, 2 ** 31),
};

/** A version, or the name of an operation: both are made of what a tag is. */
function releaseName(text: string): string {
  return tag(text, "<release>");
}

/** Of one that was started here or by a schedule (AWS Step Functions API, StartExecution): parts with dashes between. */
function executionOf(text: string): string {
  if (/^(?=.{3,80}$)[A-Za-z0-9]+(-[A-Za-z0-9_]+)+$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not the name of an execution`,
    where: "<execution>",
    fix: "give one as `switchyard runner list` shows it",
  });
}

/**
 * As EventBridge Scheduler takes it: what a hand has made is removed by its name (EventBridge Scheduler API, CreateSchedule). One
 * that begins with a dash is a flag here.
 */
function scheduleName(text: string): string {
  if (/^[0-9a-zA-Z_.][0-9a-zA-Z_.-]{0,63}$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not the name of a schedule`,
    where: "<schedule>",
    fix: "give one as `switchyard runner schedule list` shows it; a new one is of small letters, digits and dashes",
  });
}

function scheduleExpression(text: string): string {
  const problem = expressionProblem(text, Date.now());
  if (problem === undefined) return text;
  throw new SwitchyardError("invalid-flag", {
    what: problem,
    where: "<expression>",
    fix: 'give one such as "rate(1 hour)", "cron(0 6 ? * MON-FRI *)" or "at(2030-01-31T06:00:00)", in UTC',
  });
}

/** A name git may have for a commit: git itself says whether it has. */
function revision(flag: string, text: string): string {
  if (/^[A-Za-z0-9_@][A-Za-z0-9_@./~^{}+-]{0,199}$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `${JSON.stringify(text)} is no name of a commit`,
    where: flag,
    fix: "give a commit, a branch or a tag, such as origin/main",
  });
}

/** What a job checks out: it knows the repository at GitHub, and neither tags nor how a commit begins. */
function jobRef(text: string): string {
  const isPart = /^[0-9a-f]{7,39}$/.test(text) || /^(origin|refs)\//.test(text);
  if (branchPattern.test(text) && !isPart) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `${JSON.stringify(text)} is neither a branch nor a whole commit`,
    where: "--ref",
    fix: "give a branch of the repository, such as main, or all 40 digits of a commit",
  });
}

/** A commit, or how it begins. */
function commitStart(text: string): string {
  if (/^[0-9a-f]{4,40}$/.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is no commit`,
    where: "--commit",
    fix: "give 4 to 40 of its hexadecimal digits, as `git log` shows them",
  });
}

/** The number of a pull request. @throws SwitchyardError `invalid-flag`. */
export function pullNumber(text: string): number {
  const number = pullOf(`pr-${text}`);
  if (number !== undefined) return number;
  throw new SwitchyardError("invalid-flag", {
    what: `${JSON.stringify(text)} is not the number of a pull request`,
    where: "<number>",
    fix: "give its digits, such as 12",
  });
}

/** Of GitHub, such as those that `bootstrap` makes. */
function environmentName(text: string): string {
  if (stackNamePattern.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not the name of an environment`,
    where: "--reviewed",
    fix: `use ${stackNameRule}, such as approval`,
  });
}

function userName(text: string): string {
  if (/^(?!-)[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: "it is not a user name",
    where: "--person",
    fix: "give one in Identity Center, such as ann",
  });
}

function repository(text: string): string {
  if (githubRepositoryPattern.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not a repository of GitHub`,
    where: "--repository",
    fix: "give owner/name, such as example/switchyard",
  });
}

function stateBucket(text: string): string {
  if (bucketNamePattern.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not the name of a bucket that can hold state`,
    where: "--state-bucket",
    fix: "give 3 to 63 lower-case letters, digits and dashes, such as example-pulumi-state",
  });
}

function accountName(text: string): string {
  if (entryNamePattern.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not the name of an account's entry`,
    where: "<name>",
    fix: `use ${entryNameRule}, as under switchyard:accounts`,
  });
}

function serviceName(text: string): string {
  if (serviceNamePattern.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: `"${text}" is not a service's name`,
    where: "--service",
    fix: "name one of the stack's services, such as api",
  });
}

/** What is written down of a person, and shown to others. */
function person(flag: string, text: string): string {
  if (/^[^\p{C}\p{Z}](?:[^\p{C}]{0,98}[^\p{C}\p{Z}])?$/u.test(text)) return text;
  throw new SwitchyardError("invalid-flag", {
    what: "it is not a name",
    where: flag,
    fix: "give up to 100 characters in one line, such as ann",
  });
}

/**
 * Refuses what no command can use, before anything is opened or called.
 *
 * @throws SwitchyardError `invalid-flag` naming the flag.
 */
export function checkFlags(flags: Readonly<Record<string, unknown>>): true {
  for (const [name, value] of Object.entries(flags))
    if (name !== "--") for (const text of [value].flat()) if (typeof text === "string") legible(name, text);
  for (const [name, check] of Object.entries(checks)) if (flags[name] !== undefined) check(flags[name] as string);
  checkStrategyFlags(flags as StrategyFlags);
  return true;
}

/** Texts that may have several lines, as what they set may. */
const ofLines: readonly string[] = ["set", "config"];

/** Refuses what nobody could read back: a text of nothing but space, one with what ends a line or a path. */
function legible(name: string, text: string): void {
  const where = ["stack", "release", "name", "number", "execution"].includes(name) ? `<${name}>` : `--${name}`;
  const isBlank = /^[\p{C}\p{Z}]*$/u.test(text);
  const bad = ofLines.includes(name) ? /\0/ : /\p{Cc}/u;
  if (!isBlank && !bad.test(text)) return;
  throw new SwitchyardError("invalid-flag", {
    what: isBlank ? "it is empty" : "it has characters that control",
    where,
    fix: isBlank ? "give it a value, or leave it out" : "give a text of one line, without them",
  });
}
