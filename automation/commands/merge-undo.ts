import { SwitchyardError } from "../../programs/errors.ts";
import { systemClock } from "../clock.ts";
import { applyCommit } from "../delivery/merge/go-back.ts";
import { proveServing } from "../delivery/merge/serves.ts";
import { whereFrom } from "../ledger/audit.ts";
import { setFrozen } from "../ledger/freeze.ts";
import { hadApplied } from "../runner/hand-over.ts";
import { tellSlack } from "../slack/send.ts";
import { frozenText } from "../slack/words.ts";
import type { Context } from "./context.ts";
import { handOver, isHandedOver } from "./hand-over.ts";
import { lastGood, type Merge, record, say, tell, type Undone, withTable } from "./merge-told.ts";

/** Why a merge is taken back. */
export interface Failed {
  /** What could not be applied, and where. */
  readonly what: string;
  readonly where: string;
  /** The stack that could not; absent where a job of the runner has taken it back, or is told to take back others. */
  readonly stack?: string;
  /** How a job has ended that did so. */
  readonly there?: { readonly stack: string; readonly outcome: "back" | "frozen" };
  readonly cause?: unknown;
}

/**
 * Takes a merge back from stacks: the last good commit of each is applied again, and it is frozen where that fails too.
 *
 * @throws SwitchyardError `merge-undone`, or `merge-frozen` where one of them could not go back; always one of them.
 */
export async function undo(merge: Merge, stacks: readonly string[], failed: Failed): Promise<never> {
  const { context, commit, progress } = merge;
  const all: (readonly [string, Undone])[] = [];
  if (failed.there !== undefined)
    all.push([failed.there.stack, failed.there.outcome === "frozen" ? "frozen" : { back: lastGoodThere }]);
  for (const stack of stacks) {
    const there = await isHandedOver(context, stack);
    all.push([stack, there ? await undoThere(merge, stack) : await undoHere(merge, stack, stack === failed.stack)]);
  }
  progress.undone = Object.fromEntries(all);
  progress.applied = progress.applied.filter((stack) => !all.some(([undone]) => undone === stack));
  const outcome = outcomeOf(all);
  await tell(merge, `❌ ${commit.slice(0, 12)} could not be applied; ${outcome}`);
  const isBack = all.every(([, of]) => typeof of !== "string");
  throw new SwitchyardError(isBack ? "merge-undone" : "merge-frozen", {
    what: `${failed.what}; ${outcome}`,
    where: failed.where,
    fix: fixOf(all),
    cause: failed.cause,
  });
}

export function outcomeOf(all: readonly (readonly [string, Undone])[]): string {
  const those = (says: (stack: string, of: Undone) => string | undefined) =>
    all.flatMap(([stack, of]) => says(stack, of) ?? []).join(", ");
  const parts = [
    [
      "went back: ",
      those((stack, of) => (typeof of !== "string" && "back" in of ? `${stack} to ${of.back}` : undefined)),
    ],
    ["frozen, as the way back failed too: ", those((stack, of) => (of === "frozen" ? stack : undefined))],
    [
      "frozen, as no commit is known that was applied well before: ",
      those((stack, of) => (of === "frozen without a way" ? stack : undefined)),
    ],
    [
      "left as it is: ",
      those((stack, of) => (typeof of !== "string" && "left" in of ? `${stack} (${of.left})` : undefined)),
    ],
  ] as const;
  return parts.flatMap(([says, stacks]) => (stacks === "" ? [] : [`${says}${stacks}`])).join("; ");
}

function fixOf(all: readonly (readonly [string, Undone])[]): string {
  const anew = "correct it in a new pull request";
  const [frozen] = all.flatMap(([stack, of]) => (typeof of === "string" ? [stack] : []));
  if (frozen === undefined) return anew;
  return `\`switchyard unfreeze ${frozen}\`, and \`switchyard up ${frozen}\` from the checkout of a commit that you trust; ${anew}`;
}

const lastGoodThere = "its last good commit";

/** By a job of the runner, which records and says it. */
async function undoThere(merge: Merge, stack: string): Promise<Undone> {
  const { context, commit, pull, progress } = merge;
  const given = { stack, commit, pullRequest: pull.number, takeBack: true };
  const ended = await handOver(context, "merge", given, (execution) => progress.executions.push(execution));
  const outcome = hadApplied(ended.error);
  if (outcome === undefined) return { left: `${ended.execution} ended as ${ended.error ?? ended.status}` };
  return outcome === "back" ? { back: lastGoodThere } : "frozen";
}

async function undoHere(merge: Merge, stack: string, isFailed: boolean): Promise<Undone> {
  const { context, commit, before } = merge;
  const [failed, parent] = [commit.slice(0, 12), before.slice(0, 12)];
  const description = isFailed ? "could not be applied" : "taken back";
  const good = await lastGood(merge, stack);
  await say(merge, stack, { commit, state: "failure", description });
  if (good === undefined) {
    await freeze(
      context,
      stack,
      `${failed} could not be applied, and nothing tells that ${parent}, before it, ever was`,
    );
    return "frozen without a way";
  }
  const started = systemClock.now();
  context.out.line(`${stack}: going back to ${good.slice(0, 12)}`);
  try {
    await applyCommit(good, stack, context.out.line);
    await withTable(context, stack, (table) => proveServing(context.where, table));
    const why = `went back from ${failed}`;
    await record(context, stack, started, { kind: "merge", outcome: "succeeded", commit: good, why });
    await say(merge, stack, { commit: good, state: "success", description: why });
    return { back: good.slice(0, 12) };
  } catch (cause) {
    const why = `${failed} could not be applied, nor ${good.slice(0, 12)} again: ${(cause as Error).message}`;
    await freeze(context, stack, why);
    return "frozen";
  }
}

async function freeze(context: Context, stack: string, why: string): Promise<void> {
  context.out.line(`${stack}: ${why}`);
  await withTable(context, stack, (table) => setFrozen(table, systemClock, true, why.slice(0, 300)));
  const alert = frozenText(stack, { by: "a merge", why: why.slice(0, 300), run: whereFrom() });
  await tellSlack(alert, context.where.pace, context.out.line);
}
