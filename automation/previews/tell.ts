/** GitHub, where a preview environment's people look. That something could not be said there changes nothing else. */
import type { Context } from "../commands/context.ts";
import { isMarked, markerOf } from "../delivery/comment/chain.ts";
import { planMarker } from "../delivery/comment/parts.ts";
import { type Github, openGithub } from "../github/client.ts";
import { listComments, ownLogin, rewriteComment, writeChain } from "../github/comments.ts";
import type { PreviewRecord } from "./record.ts";
import { addressIn, answersText, endsText, goneText, previewMarkers, withPreviewLine } from "./words.ts";

/** Where it answers: a comment of its own, and a line of the plan's. */
export function tellAnswers(context: Context, pull: number, record: PreviewRecord): Promise<void> {
  return onPull(context, pull, async (github) => {
    await post(github, pull, previewMarkers.place, answersText(record));
    // Given longer, it ends another time than was said.
    await writeChain(github, pull, previewMarkers.end, []);
    await linkPlan(github, pull, record.url);
  });
}

export function tellEnds(context: Context, pull: number, expiresAt: string): Promise<void> {
  return onPull(context, pull, (github) => post(github, pull, previewMarkers.end, endsText(expiresAt)));
}

/** Of one whose address was given. */
export function tellGone(context: Context, pull: number): Promise<void> {
  return onPull(context, pull, async (github) => {
    if ((await addressOn(github, pull)) === undefined) return;
    await post(github, pull, previewMarkers.place, goneText);
    await linkPlan(github, pull, undefined);
    await writeChain(github, pull, previewMarkers.end, []);
  });
}

/** Where the pull request's preview environment answers, as was said on it. */
export async function addressOn(github: Github, pull: number): Promise<string | undefined> {
  const [said] = await marked(github, pull, previewMarkers.place);
  return said && addressIn(said.body);
}

async function post(github: Github, pull: number, name: string, text: string): Promise<void> {
  await writeChain(github, pull, name, [`${markerOf(name)}\n${text}\n`]);
}

async function linkPlan(github: Github, pull: number, url: string | undefined): Promise<void> {
  for (const { id, body } of await marked(github, pull, planMarker)) {
    const linked = withPreviewLine(body, url);
    if (linked !== undefined && linked !== body) await rewriteComment(github, id, linked);
  }
}

async function marked(github: Github, pull: number, name: string) {
  const [own, all] = await Promise.all([ownLogin(github), listComments(github, pull)]);
  return all.filter(({ by, body }) => by === own && isMarked(name, body));
}

/** Nothing is said where nobody says which repository it is, or as whom. */
async function onPull({ where, out }: Context, pull: number, say: (github: Github) => Promise<unknown>): Promise<void> {
  const { GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token, GH_TOKEN: other } = process.env;
  if (!repository || !(token || other)) return;
  try {
    await say(openGithub(process.env, where.pace, out.line));
  } catch (error) {
    out.line(`! not said on pull request ${pull}: ${(error as Error).message}`);
  }
}
