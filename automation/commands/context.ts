import { execFileSync } from "node:child_process";
import { type EnvironmentConfig, environmentConfig, programOf } from "../../programs/config.ts";
import { errorCatalogue, SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { actor, openAws, openTable, type Session } from "../deploy/session.ts";
import { stackName } from "../flags.ts";
import { runView } from "../render/live.ts";
import { type Output, output } from "../render/reporter.ts";
import { openStack, stackValues } from "../stacks/open.ts";
import { type Surroundings, surroundings } from "../surroundings.ts";

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
  try {
    await work({ where, out: output(flags.json) });
  } finally {
    await where.close();
  }
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

/** Opens an environment for a command that reads or changes what runs in it. One that only reads may end at any time. */
export async function withSession(
  context: Context,
  name: string,
  onInterrupt: OnInterrupt | "ends at once",
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { where, out } = context;
  const stack = stackName(name);
  const config = await environmentOf(where, stack);
  const aws = openAws(where);
  const table = openTable(aws, stack);
  const wake = new AbortController();
  let interrupted = false;
  const interrupt = () => {
    if (interrupted || onInterrupt === "ends at once") {
      out.line(onInterrupt === "ends at once" ? "Interrupted." : onInterrupt.second);
      process.exit(errorCatalogue.interrupted.exitCode);
    }
    interrupted = true;
    out.line(onInterrupt.first);
    wake.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  try {
    await work({
      where,
      stack,
      config,
      aws,
      table,
      clock: systemClock,
      report: await runView(out),
      fetch,
      stage: async (mutation, lease) => {
        const { stage } = await import("../deploy/stage.ts");
        return stage(mutation, { table, lease, open: () => openStack(where, stack), events: {} });
      },
      interrupted: () =>
        interrupted ? { kind: "abort", by: `${actor()} (Ctrl-C)`, at: new Date().toISOString() } : undefined,
      wake: wake.signal,
    });
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    out.settle();
    aws.close();
  }
}

async function environmentOf(where: Surroundings, stack: string): Promise<EnvironmentConfig> {
  const values = await stackValues(where, stack);
  const program = programOf(stack, values);
  if (program === "environment") return environmentConfig(stack, values);
  throw new SwitchyardError("invalid-flag", {
    what: `${stack} is the ${program} stack, not an environment`,
    where: "<stack>",
    fix: "name an environment, such as production",
  });
}

/** The commit being worked from: CI's, else this checkout's. */
export function commit(): string | undefined {
  const given = process.env["GITHUB_SHA"];
  if (given) return given;
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}
