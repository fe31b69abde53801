import { readdir } from "node:fs/promises";
import type { ConfigValues } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { seconds } from "../render/reporter.ts";
import { keptFromDeletion, stateResources } from "../stacks/destroy.ts";
import { type OpenStack, openStack, standingStacks } from "../stacks/open.ts";
import { projectRoot, type Surroundings } from "../surroundings.ts";
import { accountsToAsk, askAccounts } from "../teardown/accounts.ts";
import { type LeftOver, leftOvers } from "../teardown/left-over.ts";
import { destroyOrder, standingStack } from "../teardown/order.ts";
import { type Context, withContext } from "./context.ts";
import { type DestroyFlags, destroyAll } from "./destroy.ts";

/** Deletes every resource of every stack, and asks each account what is left with the project's tags. */
export function destroyEverything(flags: Omit<DestroyFlags, "stack">): Promise<void> {
  return withContext(flags, async (context) => {
    const { where, out } = context;
    const { yes, unprotect = false } = flags;
    const stacks = await openAll(where);
    const order = destroyOrder(stacks.map(({ open }) => standingStack(open.name, open.values)));
    await refuse(
      context,
      order.map(({ name }) => name),
      stacks,
      { yes, unprotect },
    );
    const asked = await accountsToAsk(
      where,
      stacks.map(({ open }) => open),
    );
    const started = performance.now();
    for (const { name } of order) await destroyAll(context, name, unprotect);
    const { tagged, silent } = await askAccounts(where, asked);
    const buckets = stacks.flatMap(({ open }) => stateBucketOf(open.values));
    const left = leftOvers(tagged, buckets);
    for (const { arn, kind, why } of left) out.line(`  ${kind.padEnd(7)} ${arn}: ${why}`);
    const strays = left.filter(({ kind }) => kind === "stray").length;
    const places = `${asked.accounts.length - silent.length} accounts asked in ${asked.regions.join(", ")}`;
    out.line(
      `${strays === 0 ? "Nothing is left" : `Left, and no stack's: ${strays}`}, ${places}, in ${seconds(performance.now() - started)}`,
    );
    out.document({
      stacks: order.map(({ name }) => name),
      accounts: asked.accounts.map(({ account }) => account),
      left,
    });
    refuseStrays(left, silent);
  });
}

interface Standing {
  readonly open: OpenStack;
  readonly kept: readonly string[];
}

/** Those with anything in them. @throws SwitchyardError `not-found` for one that this checkout has no file of. */
async function openAll(where: Surroundings): Promise<readonly Standing[]> {
  const files = (await readdir(projectRoot)).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const [any = "pipeline"] = files;
  const names = await standingStacks(where, any);
  const unknown = names.filter((name) => !files.includes(name));
  if (unknown.length > 0)
    throw new SwitchyardError("not-found", {
      what: `there is no file of ${unknown.map((name) => `Pulumi.${name}.yaml`).join(", ")} in this checkout; nothing was deleted`,
      where: `stack ${unknown[0]}`,
      fix: "destroy it from the checkout it was applied from, then run this again",
    });
  const opened: Standing[] = [];
  for (const name of names) {
    const open = await openStack(where, name);
    const resources = await stateResources(open.stack);
    if (resources.length > 0) opened.push({ open, kept: keptFromDeletion(resources) });
  }
  return opened;
}

function stateBucketOf({ stateBucket }: ConfigValues): readonly string[] {
  return typeof stateBucket === "string" ? [stateBucket] : [];
}

/** Says all of what would go and what keeps it, and refuses what was not asked for. */
async function refuse(
  { out }: Context,
  order: readonly string[],
  stacks: readonly Standing[],
  { yes, unprotect }: { readonly yes: boolean; readonly unprotect: boolean },
): Promise<void> {
  out.line(order.length === 0 ? "No stack has anything in it" : `In this order: ${order.join(", ")}`);
  const kept = stacks.flatMap(({ open, kept: own }) => own.map((what) => `${open.name}: ${what}`));
  for (const what of kept) out.line(`  kept from deletion: ${what}`);
  if (kept.length > 0 && !unprotect)
    throw new SwitchyardError("protected", {
      what: `${kept.length} resources are kept from deletion, listed above; nothing was deleted`,
      where: "destroy --everything",
      fix: "run it with --unprotect to delete them on purpose (docs/destroy.md)",
    });
  if (!yes)
    throw new SwitchyardError("invalid-flag", {
      what: `it deletes every resource of ${order.length} stacks`,
      where: "--yes",
      fix: "run `switchyard destroy --everything --yes` if that is what you want",
    });
}

/** @throws SwitchyardError `left-over` where nobody will ever take something away, or an account could not be asked. */
function refuseStrays(left: readonly LeftOver[], silent: readonly string[]): void {
  const strays = left.filter(({ kind }) => kind === "stray");
  const [first] = strays;
  if (first === undefined && silent.length === 0) return;
  throw new SwitchyardError("left-over", {
    what: [
      ...(first === undefined ? [] : [`${strays.length} things of the project are left, listed above`]),
      ...silent,
    ].join("; "),
    where: first?.arn ?? "destroy --everything",
    fix: "delete them by hand, or run it again once what is named is set right: it then only asks",
  });
}
