import { programOf } from "../../programs/config.ts";
import { systemClock } from "../clock.ts";
import { refuseOther, run } from "../console/actions.ts";
import { Feed } from "../console/feed.ts";
import { lookAt, Openings, reasonOf } from "../console/look.ts";
import { serve } from "../console/server.ts";
import { audit, check, executions, figures, previews, release, releases } from "../console/sources.ts";
import { standingStacks } from "../stacks/open.ts";
import type { Surroundings } from "../surroundings.ts";
import {
  type CommonFlags,
  interruptible,
  programHere,
  refuseOther as refuseOtherProgram,
  withContext,
} from "./context.ts";

export interface ConsoleFlags extends CommonFlags {
  /** Environments that are shown; all there are when absent. */
  readonly only?: readonly string[];
  readonly port?: number;
  readonly allowActions: boolean;
}

/** Between two looks, in milliseconds; in the sandbox, whose minutes are shorter, less. */
const everyMs = 5_000;
const shortestMs = 500;
const stacksEveryMs = 30_000;

/** How long an action is waited for before it is answered: what goes on is seen on the page. In milliseconds. */
const actionWaitMs = 20_000;

/** The stack by whose file the engine is asked which states there are. */
const anyStack = "pipeline";

/** Serves the page until it is interrupted. */
export function consoleCommand(flags: ConsoleFlags): Promise<void> {
  for (const stack of flags.only ?? []) {
    const program = programOf(stack, {});
    if (program !== "environment") refuseOtherProgram(stack, program);
  }
  return withContext(flags, async ({ where, out }) => {
    const openings = new Openings(where, systemClock);
    const look = (stack: string) => lookAt(openings, systemClock, stack);
    const scaled = (ms: number) => Math.max(shortestMs, ms * where.pace);
    const feed = new Feed({
      stacks: async () => flags.only ?? environmentsOf(where),
      ...{ look, reason: reasonOf, clock: systemClock },
      ...{ everyMs: scaled(everyMs), stacksEveryMs: scaled(stacksEveryMs) },
    });
    const served = await serve(
      {
        place: where.name === "sandbox" ? "the sandbox on this machine" : "AWS",
        feed,
        releases: async (stack, limit) => releases(await openings.of(stack), limit),
        release: async (stack, operation) => release(await openings.of(stack), operation),
        figures: async (stack) => figures(await openings.of(stack), systemClock, where.pace),
        audit: async (stack) => audit(await openings.of(stack)),
        previews: () => previews(where, systemClock),
        executions: () => executions(where),
        check: (stack) => check(where, stack),
        ...(flags.allowActions && {
          act: async (action) => {
            refuseOther(action, await look(action.stack));
            return run(action, actionWaitMs);
          },
        }),
        reason: reasonOf,
      },
      flags.port ?? 0,
    );
    out.line(`The console is at ${served.url}`);
    out.line(
      `The link opens once. It ${flags.allowActions ? "may promote, abort and roll back" : "only shows"}; Ctrl-C ends it.`,
    );
    out.document({ url: served.url, port: served.port, actions: flags.allowActions });
    const { wake, end } = interruptible(out, { first: "Interrupted.", second: "Interrupted." });
    await new Promise<void>((resolve) => wake.addEventListener("abort", () => resolve(), { once: true }));
    end();
    await served.close();
    openings.close();
  });
}

/** The environments that have a state. */
async function environmentsOf(where: Surroundings): Promise<readonly string[]> {
  const stacks = await standingStacks(where, anyStack);
  const programs = await Promise.all(stacks.map((stack) => programHere(where, stack)));
  return stacks.filter((_, index) => programs[index] === "environment");
}
