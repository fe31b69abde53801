import { writeFile } from "node:fs/promises";
import { programOf } from "../../programs/config.ts";
import type { CostDifference } from "../../programs/cost/estimate.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { byResource } from "../audit/policy-findings.ts";
import { sarifOfStacks } from "../audit/policy-sarif.ts";
import type { Aws } from "../aws/clients.ts";
import { systemClock } from "../clock.ts";
import { type PricedConfig, plannedCost, pricedConfig } from "../cost/planned.ts";
import { costLine } from "../cost/render.ts";
import { type Affected, affected } from "../delivery/affected.ts";
import { bounded } from "../delivery/bounded.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { failureText } from "../delivery/comment/failure.ts";
import { planComment, planMarker } from "../delivery/comment/parts.ts";
import { blockers, changesLine, countChanges, type StackReport } from "../delivery/comment/stack-report.ts";
import { changedPaths, commitOf, parentsOf } from "../delivery/git.ts";
import { plansOf, recordPlan } from "../delivery/plan-record.ts";
import { pullRequestNumber, refuseOtherCode } from "../delivery/pull-request.ts";
import { openTable, withAws } from "../deploy/conduct/session.ts";
import { type Github, openGithub } from "../github/client.ts";
import { writeChain } from "../github/comments.ts";
import { type PullRequest, readPull, setStatus } from "../github/pulls.ts";
import { whereFrom } from "../ledger/audit.ts";
import { addressOn } from "../previews/tell.ts";
import { keepReport } from "../render/report-file.ts";
import { seconds } from "../render/reporter.ts";
import { tellSlack } from "../slack/send.ts";
import { planText } from "../slack/words.ts";
import { type OpenStack, openStack, stackValues } from "../stacks/open.ts";
import type { Plan } from "../stacks/update.ts";
import { projectRoot } from "../surroundings.ts";
import { type CommonFlags, type Context, withContext } from "./context.ts";
import { inspect } from "./stacks.ts";

export interface CiPullRequestFlags extends CommonFlags {
  readonly pullRequest?: number;
  /** Stacks planned at once. */
  readonly parallel: number;
  /** File for code scanning. */
  readonly sarif?: string;
  /** File for the whole report. */
  readonly out?: string;
}

/** Plans every stack a pull request touches, says so on it, and fails when it must not be merged. */
export function ciPullRequest(flags: CiPullRequestFlags): Promise<void> {
  const number = pullRequestNumber(flags.pullRequest, process.env["GITHUB_REF"]);
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const github = openGithub(process.env, where.pace, out.line);
    const pull = await readPull(github, number);
    const commit = await commitOf(projectRoot, "HEAD", "HEAD");
    const parents = await parentsOf(projectRoot, commit);
    refuseOtherCode(pull, `${github.owner}/${github.repo}`, { commit, parents });
    const touched = await touchedBy(pull, commit);
    await pending(github, pull, touched.stacks);
    const reports = await bounded(touched.stacks, flags.parallel, (stack) => reportOf(context, stack, pull));
    const comment = await say(github, pull, { reports, removed: touched.removed }, flags);
    await conclude(github, pull, reports, comment?.url);
    const { title } = pull;
    await tellSlack(planText({ number, title, reports, url: comment?.url }), where.pace, out.line);
    const place = comment ? `: ${comment.url}` : "";
    out.line(`${changesLine(countChanges(reports))}; stacks: ${touched.stacks.join(", ") || "none"}${place}`);
    out.document({
      pullRequest: number,
      head: pull.head,
      ...touched,
      plans: reports.map(shown),
      comment: comment?.url,
    });
    refuseBlocked(pull, reports);
  });
}

async function touchedBy(pull: PullRequest, commit: string): Promise<Affected> {
  const base = await commitOf(projectRoot, `base of pull request ${pull.number}`, pull.base);
  const [paths, checkout] = await Promise.all([changedPaths(projectRoot, base, commit), readCheckout(projectRoot)]);
  return affected(paths, checkout);
}

const contextOf = (stack: string) => `switchyard/plan/${stack}`;

/** Before anything is planned: a run that is killed leaves nothing that looks like a success. */
async function pending(github: Github, { head }: PullRequest, stacks: readonly string[]): Promise<void> {
  const one = (stack: string) => ({ context: contextOf(stack), state: "pending", description: "planning" }) as const;
  await Promise.all(stacks.map((stack) => setStatus(github, head, one(stack))));
}

/** One stack's plan, written down in the ledger; one that cannot be made is a report as well. */
async function reportOf(context: Context, stack: string, pull: PullRequest): Promise<StackReport> {
  const { where, out } = context;
  const started = systemClock.now();
  const report = await inspected(context, stack, pull).catch(
    (error: unknown): StackReport => ({
      ...{ stack, failure: failureText(stack, error) },
      ...{ judged: { findings: [], routes: [] }, migrations: [] },
    }),
  );
  const why = report.failure?.slice(0, 600) ?? changesLine(countChanges([report]));
  out.line(`${stack}: ${why} in ${seconds(systemClock.now() - started)}`);
  const said = { head: pull.head, planned: report.planned, blockers: blockers(report), why };
  const untold = ({ message }: Error) =>
    out.line(`${stack}: not in the audit, so that a merge will delete and replace nothing: ${message}`);
  await withAws(where, stack, (aws) =>
    recordPlan(openTable(aws, plansOf(stack)), systemClock, started, said).catch(untold),
  );
  return report;
}

async function inspected(context: Context, stack: string, { head }: PullRequest): Promise<StackReport> {
  const { where } = context;
  const program = programOf(stack, await stackValues(where, stack));
  // A tag never moves: what is not merged is built under a name of its own, and pushed nowhere.
  const over =
    program === "images" ? { "switchyard:tag": `pr-${head.slice(0, 12)}`, "switchyard:source": projectRoot } : {};
  const open = await openStack(where, stack, over);
  const found = await inspect(context, open);
  const config = pricedConfig(open);
  return { stack, ...found, ...(config && { cost: await costOf(context, open, found.planned, config) }) };
}

/** A plan is not worth less where nobody can be asked for a price. */
function costOf(
  { where }: Context,
  open: OpenStack,
  planned: Plan,
  config: PricedConfig,
): Promise<CostDifference | string> {
  const difference = async (aws: Aws) => {
    const directory = await where.workDir(open.name);
    return (await plannedCost(aws, open, planned, config, { directory, anew: false })).difference;
  };
  const why = ({ message }: Error) => message.split("\n")[0] ?? "";
  return withAws(where, open.name, (aws) => difference(aws).catch(why), open.values);
}

async function say(
  github: Github,
  pull: PullRequest,
  { reports, removed }: { readonly reports: readonly StackReport[]; readonly removed: readonly string[] },
  { sarif, out }: Pick<CiPullRequestFlags, "sarif" | "out">,
) {
  const cost = costLine(reports);
  const preview = await addressOn(github, pull.number);
  const known = { ...(cost !== undefined && { cost }), ...(preview !== undefined && { preview }) };
  const report = { head: pull.head, stacks: reports, removed, ...known };
  const { parts, whole } = planComment(report, `the report of ${whereFrom()}`);
  if (out !== undefined) await writeFile(out, whole);
  await keepReport(whole);
  if (sarif !== undefined) {
    const stacks = reports.map(({ stack, planned, migrations }) => {
      return { stack, migrations, resources: byResource(planned?.violations ?? []) };
    });
    await writeFile(sarif, `${JSON.stringify(sarifOfStacks(stacks), undefined, 2)}\n`);
  }
  return writeChain(github, pull.number, planMarker, parts);
}

async function conclude(github: Github, { head }: PullRequest, reports: readonly StackReport[], url?: string) {
  const one = (report: StackReport) => {
    const why = blockers(report);
    const description = [changesLine(countChanges([report])), ...why].join("; ");
    return {
      context: contextOf(report.stack),
      state: why.length === 0 ? "success" : "failure",
      description,
      url,
    } as const;
  };
  await Promise.all(reports.map((report) => setStatus(github, head, one(report))));
}

function shown(report: StackReport): object {
  const { stack, planned, failure } = report;
  return { stack, ...countChanges([report]), hash: planned?.hash, failure, blockers: blockers(report) };
}

function refuseBlocked({ number }: PullRequest, reports: readonly StackReport[]): void {
  const blocked = reports.filter((report) => blockers(report).length > 0);
  if (blocked.length === 0) return;
  throw new SwitchyardError("pull-request-blocked", {
    what: blocked.map((report) => `${report.stack}: ${blockers(report).join(", ")}`).join("; "),
    where: `pull request ${number}`,
    fix: "correct what the comment on it lists, and push",
  });
}
