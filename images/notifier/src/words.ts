/** What is said of a message, and where. Nothing here says anything. */
import { markerOf } from "../../../automation/delivery/comment/chain.ts";
import type { CommitStatus } from "../../../automation/github/pulls.ts";
import { escaped, linked } from "../../../automation/slack/escaped.ts";
import type { Artifact } from "../../../programs/components/runner/artifacts.ts";
import type { MachineName } from "../../../programs/components/runner/machine-names.ts";
import type { AlarmChanged, ImagePushed } from "./events.ts";
import type { ExecutionTold, Told } from "./message.ts";

/** To what a job has left. */
export interface Link extends Artifact {
  readonly url: string;
}

/**
 * Hours that a link lasts at most: it also ends with the credentials it is signed with, and nobody tells a function when its
 * own end (Amazon S3, "Sharing objects with presigned URLs").
 */
export const linkHours = 6;

export interface Words {
  readonly slack?: string;
  readonly comment?: {
    readonly pullRequest: number;
    readonly chain: string;
    readonly body: string;
    /** The same with a signed link, for where strangers cannot read it; absent where there is nothing to lead to. */
    readonly linked?: string;
  };
  readonly status?: { readonly commit: string; readonly status: CommitStatus };
}

/** Machines whose good end somebody has waited for. */
const waitedFor: readonly MachineName[] = ["plan-apply", "merge", "release"];

/** A cause may be a job's whole description. */
const longestCause = 300;

/**
 * A push and an alarm are of no pull request and of no commit: Slack alone hears of them.
 *
 * @param link to what an execution's jobs have left
 */
export function wordsOf(told: Told, link?: Link): Words {
  if ("execution" in told) return wordsOfExecution(told, link);
  const line = "digest" in told ? lineOfPush(told) : lineOfAlarm(told);
  return line === undefined ? {} : { slack: escaped(line) };
}

/**
 * Of a message whose execution has ended and was told of: its comment and its status would take the place of the end's. That
 * something is frozen is for people all the same; nobody is asked any more.
 */
export function overtakenWords(told: Told, { slack }: Words): Words {
  return told.what.kind === "frozen" && slack !== undefined ? { slack } : {};
}

/** The parts of an image of several architectures come by their digests; the image itself, last, by its tag. */
function lineOfPush({ repository, tag, digest }: ImagePushed): string | undefined {
  return tag === undefined ? undefined : `📦 ${repository}:${tag} was pushed: ${digest}`;
}

function lineOfAlarm({ alarm, description, what }: AlarmChanged): string | undefined {
  if (what.kind === "quiet") return undefined;
  return what.kind === "alarm" ? `🚨 ${alarm} is in alarm: ${description}` : `👌 ${alarm} is over: ${description}`;
}

/**
 * Slack hears what somebody has to do or has waited for; a pull request and a commit hear all that is of them. A branch has
 * no status of its own, and a status no link: it stays when that has ended.
 */
function wordsOfExecution(told: ExecutionTold, link: Link | undefined): Words {
  const { machine, stack, commit, pullRequest, what } = told;
  const line = lineOf(told);
  const status = {
    context: `switchyard/runner/${machine}/${stack}`,
    state: stateOf(what.kind),
    description: line.plain,
  } satisfies CommitStatus;
  return {
    ...(what.kind === "succeeded" && !waitedFor.includes(machine) ? {} : { slack: slackOf(line, link) }),
    ...(pullRequest > 0 && {
      comment: {
        ...{ pullRequest, chain: "runner", body: commentOf(told, line, link && `${titleOf(link)}: \`${link.key}\``) },
        ...(link && { linked: commentOf(told, line, `[${titleOf(link)}](${link.url}) (${lasts})`) }),
      },
    }),
    ...(/^[0-9a-f]{40}$/.test(commit) && { status: { commit, status } }),
  };
}

interface Line {
  readonly mark: string;
  readonly plain: string;
  /** What to run next; empty where there is nothing. */
  readonly command: string;
}

function lineOf({ machine, stack, commit, actor, execution, what }: ExecutionTold): Line {
  const of = `${machine} of ${stack} at ${commit.slice(0, 10)}`;
  const follow = `npx switchyard runner follow ${execution}`;
  switch (what.kind) {
    case "approval":
      return {
        ...{ mark: "✋", plain: `${of} waits for approval; started by ${actor}` },
        command: `npx switchyard runner approve ${execution}`,
      };
    case "frozen":
      return { mark: "🧊", plain: `${stack} is frozen: ${of} went wrong, and so did the way back`, command: follow };
    case "succeeded":
      return { mark: "✅", plain: `${of} has succeeded`, command: "" };
    case "failed":
      return { mark: "⛔", plain: `${of} ended as ${what.error}: ${causeOf(what.cause)}`, command: follow };
  }
}

function causeOf(cause: string): string {
  const readable = cause === "" || cause.startsWith("{") ? "see the job's log" : cause;
  return readable.length <= longestCause ? readable : `${readable.slice(0, longestCause)}…`;
}

function stateOf(kind: ExecutionTold["what"]["kind"]): CommitStatus["state"] {
  return ({ approval: "pending", frozen: "error", succeeded: "success", failed: "failure" } as const)[kind];
}

const lasts = `for ${linkHours} hours at most`;

function titleOf({ kind, job }: Link): string {
  return `${kind === "log" ? "Log" : "Report"} of ${job}`;
}

function slackOf({ mark, plain, command }: Line, link: Link | undefined): string {
  const lines = [`${mark} ${escaped(plain)}`];
  if (command !== "") lines.push(`\`${command}\``);
  if (link !== undefined) lines.push(`${linked(link.url, titleOf(link))} (${lasts})`);
  return lines.join("\n");
}

function commentOf({ execution }: ExecutionTold, { mark, plain, command }: Line, left: string | undefined): string {
  const next = command === "" ? [] : ["", "```", command, "```"];
  // Others' words are text: no mention, no mark-up.
  const said = plain.replace(/[\\`*_{}[\]<>#|~@]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const more = left === undefined ? [] : ["", left];
  return [markerOf("runner"), `${mark} ${said}`, ...next, ...more, "", `Execution \`${execution}\``].join("\n");
}
