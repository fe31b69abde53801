import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { judgedComment, judgedMarker } from "../delivery/comment/judged.ts";
import { pullRequestNumber } from "../delivery/pull-request.ts";
import { openGithub } from "../github/client.ts";
import { writeChain } from "../github/comments.ts";
import { whereFrom } from "../ledger/audit.ts";
import { type CommonFlags, withContext } from "./context.ts";

export interface CiReportFlags extends CommonFlags {
  /** Folder that `ci judge` wrote. */
  readonly from: string;
  readonly pullRequest?: number;
}

/** Says on a pull request what `ci judge` wrote of it. A job of its own does: the one that judges may write nothing. */
export function ciReport(flags: CiReportFlags): Promise<void> {
  const number = pullRequestNumber(flags.pullRequest, process.env["GITHUB_REF"]);
  return withContext(flags, async ({ where, out }) => {
    const report = await readFile(join(flags.from, "comment.md"), "utf8");
    const github = openGithub(process.env, where.pace, out.line);
    const parts = judgedComment(report, `the report of ${whereFrom()}`);
    const comment = await writeChain(github, number, judgedMarker, parts);
    out.line(`said in ${parts.length} comment${parts.length === 1 ? "" : "s"}: ${comment?.url ?? "none"}`);
    out.document({ pullRequest: number, comments: parts.length, url: comment?.url });
  });
}
