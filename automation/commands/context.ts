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

/** Opens an environment for a command that reads or changes what runs in it. */
export async function withSession(
  context: Context,
  name: string,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { where, out } = context;
  const stack = stackName(name);
  const config = await environmentOf(where, stack);
  const aws = openAws(where);
  const table = openTable(aws, stack);
  const wake = new AbortController();
  let interrupted = false;
  const onInterrupt = () => {
    if (interrupted) {
      out.line("Stopped at once: nothing more was undone. The next run takes the lease over and goes on from here.");
      process.exit(errorCatalogue.interrupted.exitCode);
    }
    interrupted = true;
    out.line("Interrupted: undoing what is under way. Interrupt again to stop at once; the next run continues.");
    wake.abort();
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onInterrupt);
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
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
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
