import { getPriority, setPriority } from "node:os";
import { type EnvironmentConfig, environmentConfig, type ProgramName, programOf } from "../../programs/config.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import { surroundings } from "../choose-surroundings.ts";
import { systemClock } from "../clock.ts";
import { unlessGone } from "../deploy/conduct/gone.ts";
import { openAws, openTable, type Session } from "../deploy/conduct/session.ts";
import { stackName } from "../flags.ts";
import { type Cause, causeNames, onInterruption } from "../interruption.ts";
import { runView } from "../render/live.ts";
import { type Output, output } from "../render/reporter.ts";
import { takeAwayUnused } from "../stacks/made.ts";
import { openStack, stackValues } from "../stacks/open.ts";
import type { Surroundings } from "../surroundings.ts";

/** Flags every command takes. */
export interface CommonFlags {
  readonly json: boolean;
}

export interface Context {
  readonly where: Surroundings;
  readonly out: Output;
}

export async function withContext(flags: CommonFlags, work: (context: Context) => Promise<void>): Promise<void> {
  const where = await surroundings();
  giveWay(where.niceness);
  const out = output(flags.json);
  try {
    await work({ where, out });
  } finally {
    await takeAwayUnused(where, out.line);
    await where.close();
  }
}

/** A command that only looks at a stack: it may end at any time, once what it made to look at is away again. */
export function withLook(flags: CommonFlags, work: (context: Context) => Promise<void>): Promise<void> {
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const { wake, end } = interruptible(out, { first: "Interrupted.", second: "Stopped at once." });
    const leave = () =>
      takeAwayUnused(where, out.line).finally(() => process.exit(errorCatalogue.interrupted.exitCode));
    wake.addEventListener("abort", () => void leave());
    try {
      await work(context);
    } finally {
      end();
    }
  });
}

/** Lowers this process's priority, and that of what it starts, unless it is lower already. */
function giveWay(niceness = getPriority()): void {
  if (getPriority() < niceness) setPriority(niceness);
}

/** For a command that is done within another: a command gives one document. */
export function quiet<T extends { readonly out: object }>(context: T): T {
  return { ...context, out: { ...context.out, document: () => undefined } };
}

/** Of a command that did something before it failed: what its document says of that. The line of the error comes beside it. */
export function told(error: unknown): { readonly failed: string; readonly why: string } {
  return {
    failed: error instanceof SwitchyardError ? error.code : "internal",
    why: error instanceof Error ? error.message : String(error),
  };
}

/** What the first Ctrl-C of a command says, which goes on to a safe end, and what the second, which stops it at once. */
export interface OnInterrupt {
  readonly first: string;
  readonly second: string;
}

const again = "Interrupt again to stop at once";
const takenOver = "The next run takes the lease over and goes on from here.";

/** Of a deploy or a rollback. */
export const undoes: OnInterrupt = {
  first: `Interrupted: undoing what is under way. ${again}; the next run continues.`,
  second: `Stopped at once: nothing more was undone. ${takenOver}`,
};

/** Of a sweep, a repair or an adoption: there is nothing to undo. */
export const endsHere: OnInterrupt = {
  first: `Interrupted: ending after the step in hand; what is done stays. ${again}; the next run continues.`,
  second: `Stopped at once, in the midst of a step. ${takenOver}`,
};

/** Of an abort. */
export const finishesUndoing: OnInterrupt = {
  first: `Interrupted: an undoing that has begun goes on to its end. ${again}; the next run continues.`,
  second: undoes.second,
};

/** Of an update of a stack. */
const stopsUpdate: OnInterrupt = {
  first: `Interrupted: what is under way comes to its end, and nothing more begins. ${again}; the next run continues.`,
  second: "Stopped at once. The next run looks for what was being made and goes on from there.",
};

export interface Interruptible {
  /** Aborts when the command is to end. */
  readonly wake: AbortSignal;
  /** Why; undefined before. */
  cause(): Cause | undefined;
  /** From here on it is not listened any more. */
  end(): void;
}

/** Says what an interruption does, and ends the process at the second one, or at the first of a command that may end at any time. */
export function interruptible(out: Output, onInterrupt: OnInterrupt | "ends at once"): Interruptible {
  const wake = new AbortController();
  let first: Cause | undefined;
  const end = onInterruption(
    (cause, meaning) => {
      if (meaning === "same") return;
      if (cause === "parent") out.line("The process that started this one is gone.");
      if (meaning === "again" || onInterrupt === "ends at once") {
        out.line(onInterrupt === "ends at once" ? "Interrupted." : onInterrupt.second);
        process.exit(errorCatalogue.interrupted.exitCode);
      }
      first = cause;
      out.line(onInterrupt.first);
      wake.abort();
    },
    { clock: systemClock },
  );
  return { wake: wake.signal, cause: () => first, end };
}

/**
 * Runs an update that an interruption stops.
 *
 * @throws SwitchyardError `interrupted` when it did; one that was over already has its own end.
 */
export async function stoppable<T>(out: Output, stack: string, update: (wake: AbortSignal) => Promise<T>): Promise<T> {
  const { wake, cause, end } = interruptible(out, stopsUpdate);
  try {
    return await update(wake);
  } catch (error) {
    const by = cause();
    if (by === undefined) throw error;
    throw new SwitchyardError("interrupted", {
      what: `it was stopped (${causeNames[by]}); what was done so far stays, and is in the state`,
      where: `stack ${stack}`,
      fix: "run the command again: it continues from what exists",
      cause: error,
    });
  } finally {
    end();
  }
}

/** Opens an environment for a command that reads or changes what runs in it. One that only reads may end at any time. */
export async function withSession(
  context: Context,
  name: string,
  onInterrupt: OnInterrupt | "ends at once",
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { where, out } = context;
  const stack = stackName(name);
  const program = await programHere(where, stack);
  if (program !== "environment") refuseOther(stack, program);
  const aws = await openAws(where, stack);
  const table = openTable(aws, stack);
  const { wake, cause, end } = interruptible(out, onInterrupt);
  try {
    await work({
      where,
      stack,
      aws,
      table,
      clock: systemClock,
      report: await runView(out),
      fetch: where.fetch ?? fetch,
      stage: async (mutation, lease, disrupt = []) => {
        const { stage } = await import("../deploy/act/stage.ts");
        // What is staged to undo an interrupted deploy is not interrupted by that.
        const signal = AbortSignal.any([lease.lost, ...(wake.aborted ? [] : [wake])]);
        const recovery = { aws, clock: systemClock, tell: out.line, wake: signal };
        const events = { signal };
        return stage(mutation, { table, lease, open: () => openStack(where, stack), events, recovery, disrupt });
      },
      interrupted: () => {
        const by = cause();
        return by && { kind: "abort", by: `${actor()} (${causeNames[by]})`, at: new Date().toISOString() };
      },
      wake,
    });
  } catch (error) {
    throw await unlessGone(error, aws, table);
  } finally {
    end();
    out.settle();
    aws.close();
  }
}

/** The configuration of this checkout: for what is about to be applied, never for what acts on the ledger. */
export async function environmentOf(where: Surroundings, stack: string): Promise<EnvironmentConfig> {
  return environmentConfig(stack, await stackValues(where, stack));
}

/** The program a stack runs, as far as this checkout tells: it may have no configuration of the stack, or a bad one. */
export async function programHere(where: Surroundings, stack: string): Promise<ProgramName> {
  try {
    return programOf(stack, await stackValues(where, stack));
  } catch (error) {
    if (error instanceof SwitchyardError) return programOf(stack, {});
    throw error;
  }
}

/** @throws SwitchyardError `invalid-flag`, always. */
export function refuseOther(stack: string, program: ProgramName): never {
  throw new SwitchyardError("invalid-flag", {
    what: `${stack} is the ${program} stack, not an environment`,
    where: "<stack>",
    fix: "name an environment, such as production; `switchyard audit` tells what was applied to the others",
  });
}
