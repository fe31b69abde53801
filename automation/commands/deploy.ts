import { writeFile } from "node:fs/promises";
import type { EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { refuseDropped } from "../../programs/leaving.ts";
import { actor } from "../actor.ts";
import { commit } from "../checkout.ts";
import {
  type Asked,
  approvalOf,
  deployGoal,
  deployPurpose,
  limitsOf,
  longestGrace,
  onlyServices,
  stayingServices,
  strategyOf,
} from "../deploy/act/goals.ts";
import { movesOf, unscanned } from "../deploy/act/preflight.ts";
import { orAnew } from "../deploy/conduct/gone.ts";
import { type Left, leftLine, readLeft } from "../deploy/conduct/left.ts";
import { type Operated, operate } from "../deploy/conduct/operation.ts";
import type { Session } from "../deploy/conduct/session.ts";
import { whatIsLeft } from "../deploy/decide/outcome.ts";
import { schedule } from "../deploy/decide/shift.ts";
import { movedBy, versionOf } from "../deploy/decide/situation.ts";
import type { Settings } from "../deploy/observe/settings.ts";
import { duration } from "../durations.ts";
import { tag } from "../flags.ts";
import { type ResolvedImages, resolveImages } from "../images/resolve.ts";
import { refuseFrozen } from "../ledger/freeze.ts";
import { readRelease } from "../ledger/release.ts";
import { type Output, seconds } from "../render/reporter.ts";
import { readOutputs } from "../stacks/open.ts";
import type { StrategyFlags } from "../strategy-flags.ts";
import { type Checked, check } from "./check.ts";
import { type CommonFlags, type Context, environmentOf, undoes, withContext, withSession } from "./context.ts";

export interface DeployFlags extends CommonFlags, StrategyFlags {
  readonly stack: string;
  readonly tag: string;
  readonly approve?: boolean;
  readonly keepWarm?: string;
  readonly dryRun: boolean;
  readonly report?: string;
  /** The only ones to be deployed; all when absent. */
  readonly service?: readonly string[];
  /** What of that which serves its update may disrupt. */
  readonly disrupt?: readonly string[];
}

export function deploy(flags: DeployFlags): Promise<void> {
  return withContext(flags, (context) => deployIn(context, flags));
}

/** As the command does. */
export function deployIn(context: Context, flags: Omit<DeployFlags, "json">): Promise<void> {
  return withSession(context, flags.stack, undoes, async (opened) => {
    await refuseFrozen(opened.table);
    const stage: Session["stage"] = async (images, lease) => {
      // Frozen since: this is the last moment at which nothing has changed yet.
      await refuseFrozen(opened.table);
      return opened.stage(images, lease, flags.disrupt);
    };
    const session: Session = { ...opened, stage };
    const started = performance.now();
    const config = await environmentOf(session.where, session.stack);
    const version = tag(flags.tag);
    const release = await readRelease(session.table);
    refuseDropped(session.stack, config.services, release);
    const part = onlyServices(config, flags.service ?? stayingServices(config, release));
    const approval = approvalOf(session.stack, config.deploy, flags.approve);
    const asked = askedOf(session, config, version, flags);
    const resolved = resolve(session, part, version);
    const checked = () =>
      check(session, part, resolved, asked, async (applied) => {
        const { migrationProblems } = await import("../migrations/judge.ts");
        return migrationProblems(session.where, version, applied);
      });
    const { images, observed } = await (flags.dryRun ? checked() : orAnew(session, context.out.line, checked));
    for (const said of unscanned(images)) context.out.line(said);
    const strip = ({ digest, version }: ResolvedImages["migrate"]) => ({ digest, version });
    const services = Object.fromEntries(Object.entries(images.services).map(([n, i]) => [n, strip(i)]));
    const goal = (operation: string) =>
      deployGoal({ ...asked, operation }, config, services, strip(images.migrate), approval);
    if (flags.dryRun) {
      const left = await readLeft(session.table, goal(""));
      return dryRun(context.out, part, { images, observed, left }, asked, approval);
    }
    const named = flags.service && Object.keys(part.services);
    const of = named === undefined ? "" : ` of ${named.join(" and ")}`;
    context.out.line(`Deploying ${version}${of} to ${session.stack} (${describe(asked.strategy)})`);
    const done = await operate(session, deployPurpose(version, named), goal);
    await conclude(context.out, session, done, performance.now() - started, flags.report);
  });
}

export function askedOf(
  { where }: Pick<Session, "where">,
  settings: Settings,
  version: string,
  flags: StrategyFlags & { keepWarm?: string },
): Omit<Asked, "operation"> {
  const limits = limitsOf(settings.deploy, where.pace, longestGrace(settings.services));
  const sha = commit();
  return {
    actor: actor(),
    ...(sha && { commit: sha }),
    version,
    strategy: strategyOf(settings.deploy, flags, where.pace),
    limits:
      flags.keepWarm === undefined
        ? limits
        : { ...limits, keepWarmMs: duration("--keep-warm", flags.keepWarm) * where.pace },
  };
}

/** A scan begins with the push and takes a minute or so; a longer one is worth a look. */
const scanMs = 180_000;

async function resolve(session: Session, config: EnvironmentConfig, version: string): Promise<ResolvedImages> {
  const pipeline = config.pipelineStack.split("/").at(-1) ?? "pipeline";
  const outputs = await readOutputs(session.where, pipeline);
  const urls = outputs["repositoryUrls"] as Record<string, string>;
  const { clock, report, wake: signal } = session;
  const waiting = (problem: string) => report({ kind: "retry", problem });
  return resolveImages(session.aws, config, urls, version, { clock, deadlineMs: scanMs, waiting, signal });
}

function dryRun(
  out: Output,
  config: EnvironmentConfig,
  { images, observed, left }: Checked & { readonly left: readonly Left[] },
  asked: Omit<Asked, "operation">,
  approval: boolean,
): void {
  const shifts = schedule(asked.strategy).map((p) => `shift ${p}%`);
  const steps = ["stage", "migrate", "start", "prove", ...(approval ? ["approve"] : []), ...shifts, "finish"];
  const moves = movesOf(config, observed, asked.version);
  out.line(`${config.stack} would get ${asked.version}: ${steps.join(" → ")}`);
  for (const move of moves) out.line(`  ${move}`);
  for (const [name, image] of Object.entries(images.services)) out.line(`  ${name}  ${image.digest}`);
  for (const service of left) out.line(`  ${leftLine(service)}`);
  out.document({ version: asked.version, strategy: asked.strategy, steps, moves, images, left });
}

export async function conclude(
  out: Output,
  session: Session,
  { goal, end, steps, progress }: Operated,
  ms: number,
  report: string | undefined,
): Promise<void> {
  const { version } = goal;
  const left = end.outcome === "failed" ? [] : await readLeft(session.table, goal);
  const document = {
    stack: session.stack,
    operation: goal.operation,
    kind: goal.kind,
    version,
    outcome: end.outcome,
    why: end.why,
    ...(left.length > 0 && { left }),
    strategy: goal.strategy.kind,
    ms: Math.round(ms),
    steps,
    awsCalls: session.aws.counts(),
  };
  if (report !== undefined) await writeFile(report, `${JSON.stringify(document, null, 2)}\n`);
  out.document(document);
  if (end.outcome === "failed") {
    const interrupted = session.interrupted() !== undefined;
    throw new SwitchyardError(interrupted ? "interrupted" : "deploy-failed", {
      what: end.why,
      where: `${goal.kind} ${versionOf(goal)}`,
      fix: `${whatIsLeft(goal, progress)}; ${interrupted ? "run the command again to start over" : "mend the cause and run the command again"}`,
    });
  }
  const moved = (goal.kind === "deploy" || goal.kind === "rollback") && version !== "";
  const of = left.length === 0 ? "" : `${movedBy(goal).join(" and ")} in `;
  if (end.outcome === "unchanged") out.line(`Nothing to do: ${end.why}`);
  else out.line(moved ? `${version} serves 100% of ${of}${session.stack} after ${seconds(ms)}` : `Done: ${end.why}`);
  for (const service of left) out.line(`  ${leftLine(service)}`);
}

function describe(strategy: Asked["strategy"]): string {
  if (strategy.kind === "all-at-once") return "all at once";
  return strategy.kind === "canary" ? `canary ${strategy.percent}%` : `linear, ${strategy.stepPercent}% a step`;
}
