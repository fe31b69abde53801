import { affected } from "../delivery/affected.ts";
import { readCheckout } from "../delivery/checkout.ts";
import { changedPaths, commitOf } from "../delivery/git.ts";
import { output } from "../render/reporter.ts";
import { projectRoot } from "../surroundings.ts";
import type { CommonFlags } from "./context.ts";

export interface AffectedFlags extends CommonFlags {
  /** A commit, branch or tag; what was changed since they parted is looked at. */
  readonly base: string;
  readonly head?: string;
}

/** Which stacks and images the commits since a base touch. Asks nothing of AWS. */
export async function affectedCommand({ base, head = "HEAD", json }: AffectedFlags): Promise<void> {
  const out = output(json);
  const [from, to] = await Promise.all([commitOf(projectRoot, "--base", base), commitOf(projectRoot, "--head", head)]);
  const [paths, checkout] = await Promise.all([changedPaths(projectRoot, from, to), readCheckout(projectRoot)]);
  const found = affected(paths, checkout);
  const named = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(", "));
  out.line(`stacks: ${named(found.stacks)}`);
  out.line(`images: ${named(found.images)}`);
  if (found.removed.length > 0)
    out.line(`! no file any more: ${named(found.removed)}; what these stacks made stays until they are destroyed`);
  if (found.unknown.length > 0)
    out.line(
      `! nobody said what these touch, so it is everything: ${named(found.unknown)} (automation/delivery/sources.ts)`,
    );
  out.document({ base: from, head: to, paths, ...found });
}
