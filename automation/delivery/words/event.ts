import { z } from "zod";
import { SwitchyardError } from "../../../programs/errors.ts";
import { readIfThere } from "../../files.ts";

const event = z.object({
  action: z.string(),
  issue: z.object({ number: z.int().min(1).max(999_999_999), pull_request: z.unknown() }),
  comment: z.object({
    id: z.int().min(1),
    body: z.string(),
    user: z.object({ login: z.string().regex(/^[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:\[bot\])?$/) }),
  }),
});

/** A comment that somebody has just written on a pull request. */
export interface CommentEvent {
  readonly pull: number;
  readonly id: number;
  readonly body: string;
  readonly by: string;
}

/**
 * GitHub's documentation, "Webhook events and payloads", issue_comment.
 *
 * @param path As GitHub Actions gives it in `GITHUB_EVENT_PATH`.
 * @returns undefined for an event of another kind: an edited comment, one on an issue.
 * @throws SwitchyardError `invalid-flag` where it cannot be read.
 */
export async function readCommentEvent(path: string | undefined): Promise<CommentEvent | undefined> {
  const text = path === undefined || path === "" ? undefined : await readIfThere(path);
  if (text === undefined) throw unreadable("there is no file of the event");
  const parsed = event.safeParse(json(text));
  if (!parsed.success) throw unreadable(`it is no comment's event (${parsed.error.issues[0]?.path.join(".")})`);
  const { action, issue, comment } = parsed.data;
  if (action !== "created" || issue.pull_request === undefined || issue.pull_request === null) return undefined;
  return { pull: issue.number, id: comment.id, body: comment.body, by: comment.user.login };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(what: string): SwitchyardError {
  return new SwitchyardError("invalid-flag", {
    what,
    where: "GITHUB_EVENT_PATH",
    fix: "run it in a workflow on `issue_comment`, or name a file with such an event",
  });
}
