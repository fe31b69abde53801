/** A command that only looks at a stack which was never applied has to make it first: an engine plans no other. */
import type { LocalWorkspace, PulumiCommand, Stack } from "@pulumi/pulumi/automation/index.js";
import type { Surroundings } from "../surroundings.ts";
import type { Run } from "./official.ts";

/** What each command has made. Noted before it is there: an interruption may come in between. */
const made = new WeakMap<Surroundings, Set<Promise<Stack>>>();

/** Opens a stack, and notes it where it is this command that makes it. */
export async function selectOrMake(where: Surroundings, name: string, workspace: LocalWorkspace): Promise<Stack> {
  const { Stack, StackAlreadyExistsError, StackNotFoundError } = await import("@pulumi/pulumi/automation/index.js");
  try {
    return await Stack.select(name, workspace);
  } catch (error) {
    if (!(error instanceof StackNotFoundError)) throw error;
  }
  const making = Stack.create(name, workspace);
  made.set(where, (made.get(where) ?? new Set()).add(making));
  try {
    return await making;
  } catch (error) {
    // Another command has made it meanwhile, and so it is not for this one to take away.
    if (error instanceof StackAlreadyExistsError) return Stack.select(name, workspace);
    throw error;
  }
}

/**
 * Takes away what the command has made and nobody has used since: no update of it is recorded, nor under way, and nothing
 * is in it.
 */
export async function takeAwayUnused(where: Surroundings, tell: (line: string) => void): Promise<void> {
  const all = await Promise.allSettled(made.get(where) ?? []);
  made.delete(where);
  for (const each of all) {
    if (each.status === "rejected") continue;
    const { value: stack } = each;
    try {
      // What has resources, or is being updated, the engine itself does not take away.
      if ((await stack.history(1, 1, false)).length === 0)
        await stack.workspace.removeStack(stack.name, { preserveConfig: true });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (!usedSince.test(text))
        tell(`  the state of ${stack.name}, made to look at it, could not be taken away: ${firstError(text)}`);
    }
  }
}

const usedSince = /still has resources|currently locked|no stack named/;

function firstError(text: string): string {
  return /error: (.+)/.exec(text)?.[1] ?? text.split("\n")[0] ?? "";
}

/**
 * The engine, which makes a stack again that is gone although it was opened: a command that made it to look at has taken it
 * away. Only until this one has looked at it: what it then means to change is not to be made a second time, where the state
 * was lost.
 *
 * @param make Makes it, or finds that another command has done so.
 */
export function remaking(engine: PulumiCommand, name: string, make: () => Promise<unknown>): PulumiCommand {
  const { run } = engine as unknown as { run: Run };
  const missing = new RegExp(`no stack named '(?:[^']*/)?${name}' found`);
  let looked = false;
  const again: Run = async (args, ...rest) => {
    const [command = "", of = ""] = args;
    const runOnce = async () => {
      const result = await run(args, ...rest);
      looked ||= ["preview", "up", "refresh", "destroy"].includes(command);
      return result;
    };
    try {
      return await runOnce();
    } catch (error) {
      const isOfItself = command === "stack" && ["history", "init", "rm", "select"].includes(of);
      if (looked || isOfItself || !(error instanceof Error) || !missing.test(error.message)) throw error;
      await make();
      return runOnce();
    }
  };
  return { command: engine.command, version: engine.version, run: again } as unknown as PulumiCommand;
}
