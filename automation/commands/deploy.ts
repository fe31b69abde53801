import { writeFile } from "node:fs/promises";
import { SwitchyardError } from "../../programs/errors.ts";
import { type Asked, approvalOf, deployGoal, limitsOf, strategyOf } from "../deploy/goals.ts";
import { type Operated, operate } from "../deploy/operation.ts";
import { whatIsLeft } from "../deploy/outcome.ts";
import { movesOf, unscanned } from "../deploy/preflight.ts";
import { actor, type Session } from "../deploy/session.ts";
import { schedule } from "../deploy/shift.ts";
import { duration, type StrategyFlags, tag } from "../flags.ts";
import { type ResolvedImages, resolveImages } from "../images/resolve.ts";
import { type Output, seconds } from "../render/reporter.ts";
import { readOutputs } from "../stacks/open.ts";
import { type Checked, check } from "./check.ts";
import { type CommonFlags, commit, undoes, withContext, withSession } from "./context.ts";

export interface DeployFlags extends CommonFlags, StrategyFlags {
  readonly stack: string;
  readonly tag: string;
  readonly approve?: boolean;
  readonly keepWarm?: string;
  readonly dryRun: boolean;
  readonly report?: string;
}

export function deploy(flags: DeployFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, undoes, async (session) => {
      const started = performance.now();
      const version = tag(flags.tag);
      const approval = approvalOf(session.stack, session.config.deploy, flags.approve);
      const asked = askedOf(session, version, flags);
      const { images, observed } = await check(session, resolve(session, version), asked);
      for (const said of unscanned(images)) context.out.line(said);
      if (flags.dryRun) return dryRun(context.out, session, { images, observed }, asked, approval);
      context.out.line(`Deploying ${version} to ${session.stack} (${describe(asked.strategy)})`);
      const strip = ({ digest, version }: ResolvedImages["migrate"]) => ({ digest, version });
      const services = Object.fromEntries(Object.entries(images.services).map(([n, i]) => [n, strip(i)]));
      const done = await operate(session, `deploy ${version}`, (operation) =>
        deployGoal({ ...asked, operation }, session.config, services, strip(images.migrate), approval),
      );
      await conclude(context.out, session, done, performance.now() - started, flags.report);
    }),
  );
}

export function askedOf(
  session: Session,
  version: string,
  flags: StrategyFlags & { keepWarm?: string },
): Omit<Asked, "operation"> {
  const { config, where } = session;
  const limits = limitsOf(config.deploy, where.pace);
  const sha = commit();
  return {
    actor: actor(),
    ...(sha && { commit: sha }),
    version,
    strategy: strategyOf(config.deploy, flags, where.pace),
    limits:
      flags.keepWarm === undefined
        ? limits
        : { ...limits, keepWarmMs: duration("--keep-warm", flags.keepWarm) * where.pace },
  };
}

/** A scan begins with the push and takes a minute or so; a longer one is worth a look. */
const scanMs = 180_000;

async function resolve(session: Session, version: string): Promise<ResolvedImages> {
  const pipeline = session.config.pipelineStack.split("/").at(-1) ?? "pipeline";
  const outputs = await readOutputs(session.where, pipeline);
  const urls = outputs["repositoryUrls"] as Record<string, string>;
  const { clock, report, wake: signal } = session;
  const waiting = (problem: string) => report({ kind: "retry", problem });
  return resolveImages(session.aws, session.config, urls, version, { clock, deadlineMs: scanMs, waiting, signal });
}

function dryRun(
  out: Output,
  session: Session,
  { images, observed }: Checked,
  asked: Omit<Asked, "operation">,
  approval: boolean,
): void {
  const shifts = schedule(asked.strategy).map((p) => `shift ${p}%`);
  const steps = ["stage", "migrate", "start", "prove", ...(approval ? ["approve"] : []), ...shifts, "finish"];
  const moves = movesOf(session.config, observed, asked.version);
  out.line(`${session.stack} would get ${asked.version}: ${steps.join(" → ")}`);
  for (const move of moves) out.line(`  ${move}`);
  for (const [name, image] of Object.entries(images.services)) out.line(`  ${name}  ${image.digest}`);
  out.document({ version: asked.version, strategy: asked.strategy, steps, moves, images });
}

export async function conclude(
  out: Output,
  session: Session,
  { goal, end, steps, progress }: Operated,
  ms: number,
  report: string | undefined,
): Promise<void> {
  const { version } = goal;
  const document = {
    stack: session.stack,
    operation: goal.operation,
    kind: goal.kind,
    version,
    outcome: end.outcome,
    why: end.why,
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
      where: `${goal.kind} ${version}`,
      fix: `${whatIsLeft(goal, progress)}; ${interrupted ? "run the command again to start over" : "mend the cause and run the command again"}`,
    });
  }
  const moved = (goal.kind === "deploy" || goal.kind === "rollback") && version !== "";
  if (end.outcome === "unchanged") out.line(`Nothing to do: ${end.why}`);
  else out.line(moved ? `${version} serves 100% of ${session.stack} after ${seconds(ms)}` : `Done: ${end.why}`);
}

function describe(strategy: Asked["strategy"]): string {
  if (strategy.kind === "all-at-once") return "all at once";
  return strategy.kind === "canary" ? `canary ${strategy.percent}%` : `linear, ${strategy.stepPercent}% a step`;
}
