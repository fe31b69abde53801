import type { Argv } from "yargs";
import type * as ciComment from "./commands/ci-comment.ts";
import type * as ciDrift from "./commands/ci-drift.ts";
import type * as ciJudge from "./commands/ci-judge.ts";
import type * as ciMerge from "./commands/ci-merge.ts";
import type * as ciNote from "./commands/ci-note.ts";
import type * as ciPreview from "./commands/ci-preview.ts";
import type * as ciPullRequest from "./commands/ci-pull-request.ts";
import type * as ciReport from "./commands/ci-report.ts";
import type * as ciRun from "./commands/ci-run.ts";
import type * as ciSweep from "./commands/ci-sweep.ts";
import type * as ciTag from "./commands/ci-tag.ts";
import type { CommonFlags } from "./commands/context.ts";
import type * as handOver from "./commands/hand-over.ts";

interface Load {
  ciComment(): Promise<typeof ciComment>;
  ciDrift(): Promise<typeof ciDrift>;
  ciJudge(): Promise<typeof ciJudge>;
  ciMerge(): Promise<typeof ciMerge>;
  ciNote(): Promise<typeof ciNote>;
  ciPreview(): Promise<typeof ciPreview>;
  ciPullRequest(): Promise<typeof ciPullRequest>;
  ciReport(): Promise<typeof ciReport>;
  ciSweep(): Promise<typeof ciSweep>;
  ciTag(): Promise<typeof ciTag>;
  ciRun(): Promise<typeof ciRun>;
  handOver(): Promise<typeof handOver>;
}

export function ciCommands<T extends CommonFlags>(y: Argv<T>, load: Load) {
  return y
    .command(
      "pull-request",
      "plan every stack a pull request touches, and say it there; fails when it must not be merged",
      (z) =>
        z
          .option("pull-request", { type: "number", describe: "its number; default: the one GITHUB_REF is of" })
          .option("parallel", { type: "number", default: 2, describe: "stacks planned at once" })
          .option("sarif", { type: "string", describe: "file for code scanning" })
          .option("out", { type: "string", describe: "file for the whole report, whatever its length" }),
      async (flags) => (await load.ciPullRequest()).ciPullRequest(flags as ciPullRequest.CiPullRequestFlags),
    )
    .command(
      "judge",
      "write what the policies say of stacks; fails when a change to them must not be merged",
      (z) =>
        z
          .option("only", { type: "string", array: true, nargs: 1, demandOption: true, describe: "a stack" })
          .option("out", { type: "string", demandOption: true, describe: "folder for the reports" })
          .option("base", {
            type: "string",
            describe: "in a sandbox: deploy this commit first, to judge a change of it",
          }),
      async (flags) => (await load.ciJudge()).ciJudge(flags as ciJudge.CiJudgeFlags),
    )
    .command(
      "report",
      "say on a pull request what judge wrote: in as many comments as it takes, updated in place",
      (z) =>
        z
          .option("from", { type: "string", demandOption: true, describe: "folder that judge wrote" })
          .option("pull-request", { type: "number", describe: "its number; default: the one GITHUB_REF is of" }),
      async (flags) => (await load.ciReport()).ciReport(flags as ciReport.CiReportFlags),
    )
    .command(
      "note",
      "add what a file says, as a line, to the git note of the commit GITHUB_SHA is of",
      (z) => z.option("from", { type: "string", demandOption: true, describe: "file of JSON" }),
      async (flags) => (await load.ciNote()).ciNote(flags as ciNote.CiNoteFlags),
    )
    .command(
      "sweep <stack>",
      "stop what is warm no longer; where another process is at work on the stack, leave it to the next time",
      (z) => z.positional("stack", { type: "string", demandOption: true, describe: "environment" }),
      async (flags) => (await load.ciSweep()).ciSweep(flags as unknown as ciSweep.CiSweepFlags),
    )
    .command(
      "preview",
      "push a pull request's images, make its preview environment or bring it to the head, and say there where it answers",
      (z) => z.option("pull-request", { type: "number", describe: "its number; default: the one GITHUB_REF is of" }),
      async (flags) => (await load.ciPreview()).ciPreview(flags as ciPreview.CiPreviewFlags),
    )
    .command(
      "comment",
      "do what a comment on a pull request asks for, where its author may write to the repository",
      (z) => z,
      async (flags) => (await load.ciComment()).ciComment(flags as ciComment.CiCommentFlags),
    )
    .command(
      "drift",
      "compare each stack with its account; one issue of each that differs, closed when it does not any more",
      (z) =>
        z
          .option("only", { type: "string", array: true, nargs: 1, describe: "this stack; default: all" })
          .option("repair", {
            choices: ["apply", "pull-request"] as const,
            describe:
              "put back what differs: of the stacks named at once, or of each by a pull request that does when merged",
          }),
      async (flags) => (await load.ciDrift()).ciDrift(flags as ciDrift.CiDriftFlags),
    )
    .command(
      "merge",
      "apply what a pull request has merged, as it was approved; go back where that fails",
      (z) =>
        z
          .option("only", {
            type: "string",
            array: true,
            nargs: 1,
            describe: "a stack that this run's credentials may apply; others are left to other runs",
          })
          .option("take-back", {
            type: "boolean",
            implies: "only",
            describe: "apply their last good commits again: another stack of the merge could not be applied",
          })
          .option("check", {
            type: "boolean",
            conflicts: "take-back",
            describe: "apply nothing; fails where the plan is not the approved one",
          }),
      async (flags) => (await load.ciMerge()).ciMerge(flags as ciMerge.CiMergeFlags),
    )
    .command(
      "tag <stack> [ref]",
      "release what a git tag names: push its images, and deploy it; <service>/<version> deploys one service",
      (z) =>
        z
          .positional("stack", { type: "string", demandOption: true, describe: "environment it is deployed to" })
          .positional("ref", { type: "string", describe: "default: the one GITHUB_REF is of" })
          .option("only", {
            choices: ["images", "deploy", "approve"] as const,
            describe: "the part that this run's credentials may do; default: images, then deploy",
          })
          .option("wait", { type: "string", describe: "of approve: for the deploy to begin, such as 50m" })
          .option("approver", { type: "string", describe: "of approve: who approved; default: whoever runs this" })
          .option("reviewed", {
            type: "string",
            conflicts: "approver",
            describe: "of approve: the GitHub environment whose reviewer approved this run of a workflow",
          }),
      async (flags) => (await load.ciTag()).ciTag(flags as unknown as ciTag.CiTagFlags),
    )
    .command(
      "run",
      "do what somebody asks for by hand, at the commit they name",
      (z) =>
        z.option("input", {
          type: "string",
          array: true,
          nargs: 1,
          describe: "name=value, such as command=plan; default: the inputs of the workflow's event",
        }),
      async (flags) => (await load.ciRun()).ciRun(flags as ciRun.CiRunFlags),
    )
    .command(
      "where <stack>",
      "say where what is delivered to a stack is done, github or aws; in a workflow as the step's output `runner` too",
      (z) =>
        z
          .positional("stack", { type: "string", demandOption: true, describe: "stack, such as production" })
          .option("only", {
            choices: ["images", "deploy"] as const,
            describe: "the part of a release that is asked of; default: deploy",
          }),
      async (flags) => (await load.handOver()).ciWhere(flags as unknown as handOver.CiWhereFlags),
    )
    .demandCommand(
      1,
      "Name what to do: pull-request, judge, report, preview, merge, tag, note, comment, drift, sweep, where or run.",
    );
}
