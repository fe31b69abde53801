import { SwitchyardError } from "../../programs/errors.ts";
import { code } from "../audit/markdown.ts";
import { systemClock } from "../clock.ts";
import { markerOf } from "../delivery/comment/chain.ts";
import { doneText, judgeWord, type Reaction } from "../delivery/words/decide.ts";
import { type CommentEvent, readCommentEvent } from "../delivery/words/event.ts";
import { parseComment, type Word, wordTold } from "../delivery/words/parse.ts";
import { duration, longest } from "../durations.ts";
import { type Github, openGithub } from "../github/client.ts";
import { listComments, writeChain } from "../github/comments.ts";
import { mayWrite, type PullRequest, readPull } from "../github/pulls.ts";
import { type Rerun, rerunJob, type WorkflowJob } from "../github/runs.ts";
import { ownEntry, whereFrom, writeAudited } from "../ledger/audit.ts";
import { endPreview } from "../previews/end.ts";
import { previewStack } from "../previews/name.ts";
import { type CommonFlags, type Context, quiet, told, withContext } from "./context.ts";
import { promoteIn } from "./operate.ts";
import { extendHeld, holdPreview } from "./preview.ts";
import { runIn } from "./run.ts";

export type CiCommentFlags = CommonFlags;

/** Does what a comment on a pull request asks for, where its author may write to the repository at this moment. */
export function ciComment(flags: CiCommentFlags): Promise<void> {
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const event = await readCommentEvent(process.env["GITHUB_EVENT_PATH"]);
    const parsed = parseComment(event?.body ?? "");
    if (event === undefined || parsed.kind === "none") {
      out.line("No command");
      return out.document({ pullRequest: event?.pull, command: null });
    }
    const github = openGithub(process.env, where.pace, out.line);
    const [isWriter, pull, all] = await Promise.all([
      mayWrite(github, event.by),
      readPull(github, event.pull),
      listComments(github, event.pull),
    ]);
    const verdict = judgeWord(parsed, {
      mayWrite: isWriter,
      isEdited: all.find(({ id }) => id === event.id)?.body !== event.body,
      isOpen: pull.state === "open",
      isFork: pull.from?.toLowerCase() !== `${github.owner}/${github.repo}`.toLowerCase(),
      isAuthor: pull.author === event.by,
    });
    const about = { context, github, event, pull };
    if (verdict.kind === "do") return carryOut(about, verdict.word);
    if (verdict.told !== undefined) {
      const why = verdict.kind === "ignore" ? verdict.why : "it was not done";
      await record(about, "failed", `/${verdict.told} by ${event.by}: ${why}`);
    }
    const said = verdict.kind === "ignore" ? `Ignored: ${verdict.why}` : verdict.text;
    out.line(said);
    const command = parsed.kind === "word" ? wordTold(parsed.word) : `/${parsed.command}`;
    // An answer that refuses nothing is all that was asked for: help.
    const done = verdict.kind === "answer" && verdict.told === undefined;
    out.document({ pullRequest: event.pull, command, done, said });
    if (verdict.kind === "answer") await answer(about, verdict.reaction, verdict.text);
  });
}

interface About {
  readonly context: Context;
  readonly github: Github;
  readonly event: CommentEvent;
  readonly pull: PullRequest;
}

/**
 * What runs the change's own code: a job on `pull_request` does, which has a checkout of it and only the rights for that. A
 * comment has it run anew, and is given no right of it.
 */
export const commentJobs = {
  plan: { workflow: "pull-request.yaml", job: "plan" },
  deploy: { workflow: "preview.yaml", job: "make" },
} as const satisfies Readonly<Record<string, WorkflowJob>>;

async function carryOut(about: About, word: Word): Promise<void> {
  const { context, event } = about;
  const asked = { pullRequest: event.pull, command: wordTold(word) };
  await react(about, "eyes");
  try {
    const said = await does(about, word);
    await record(about, "succeeded", `${wordTold(word)} by ${event.by}: ${said}`);
    context.out.line(said);
    await answer(about, "+1", doneText(word, said));
    context.out.document({ ...asked, done: true, said });
  } catch (error) {
    context.out.document({ ...asked, done: false, ...told(error) });
    const what = error instanceof SwitchyardError ? error.message : "it failed";
    await record(about, "failed", `${wordTold(word)} by ${event.by}: ${what}`);
    await answer(about, "confused", doneText(word, `${code(what.slice(0, longestProblem))} ([log](${whereFrom()}))`));
    throw error;
  }
}

const longestProblem = 1_000;

/** @returns what came of it, in words */
async function does({ context, github, event, pull }: About, word: Word): Promise<string> {
  const within = quiet(context);
  const stack = previewStack(event.pull);
  let said = "";
  switch (word.command) {
    case "plan":
    case "deploy":
      return begunAgain(await rerunJob(github, commentJobs[word.command], pull), pull.head);
    case "extend":
      await holdPreview(within, event.pull, async (hold) => {
        const until = await extendHeld(hold, duration("/extend", word.for, longest.preview));
        said = `it stays until ${until}`;
      });
      return said;
    case "destroy":
      await holdPreview(within, event.pull, (hold) => endPreview(hold, `by ${event.by}`));
      return "it is gone";
    case "run":
      return `ended with exit code ${await runIn(within, { stack, service: word.service, command: word.argv })} ([log](${whereFrom()}))`;
    case "approve":
      await promoteIn(within, { stack, approver: event.by });
      return "approved";
    case "help":
      return "";
  }
}

function begunAgain({ begun, url }: Rerun, head: string): string {
  return `${begun ? "begun" : "at work already"} at ${head.slice(0, 12)} ([log](${url}))`;
}

async function record({ context, event }: About, outcome: "succeeded" | "failed", why: string): Promise<void> {
  const now = systemClock.now();
  const entry = ownEntry(systemClock, now, {
    kind: "comment",
    actor: event.by,
    outcome,
    why: why.slice(0, longestProblem),
  });
  await holdPreview(context, event.pull, async ({ table }) => {
    await writeAudited(table, [entry]);
  });
}

async function react({ github, event }: About, content: Reaction): Promise<void> {
  const { owner, repo } = github;
  const at = { owner, repo, comment_id: event.id };
  await github.call.request("POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", { ...at, content });
}

/** One answer to each comment, whatever was killed and run again. */
async function answer(about: About, reaction: Reaction, text: string): Promise<void> {
  const { github, event } = about;
  await react(about, reaction);
  const name = `answer-${event.id}`;
  await writeChain(github, event.pull, name, [`${markerOf(name)}\n@${event.by}\n\n${text}\n`]);
}
