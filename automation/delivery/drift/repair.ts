/** The pull request that puts a stack's drift back: what it says, and what has to be written so that there is one, or none. */
import { code } from "../../audit/markdown.ts";
import { type DriftIssue, driftBody, driftTitle, isBack, type StackDrift, says } from "./issue.ts";

const folder = "drift/";

/** What the pull request writes: merged, it has the stack applied after every resource was read. */
export function repairFile(stack: string): string {
  return `${folder}${stack}.md`;
}

/** `drift/production.md` → `production`. */
export function repairedBy(path: string): string | undefined {
  return /^drift\/([a-z][a-z0-9-]*)\.md$/.exec(path)?.[1];
}

export function repairBranch(stack: string): string {
  return `switchyard/drift-${stack}`;
}

export type RepairAction =
  | { readonly kind: "none" }
  | { readonly kind: "open"; readonly title: string; readonly body: string }
  | { readonly kind: "update"; readonly number: number; readonly title: string; readonly body: string }
  | { readonly kind: "close"; readonly number: number; readonly why: string };

/**
 * What serves otherwise than was released is no property of a resource: an update does not put it back.
 *
 * @param open the pull request of the stack's branch that nobody has closed or merged
 */
export function repairAction(drift: StackDrift, open: DriftIssue | undefined, run: string): RepairAction {
  if (drift.differences.length === 0) {
    if (open === undefined) return { kind: "none" };
    return { kind: "close", number: open.number, why: isBack(drift.stack, run) };
  }
  const only = { ...drift, byHand: [] };
  const title = `Put back: ${driftTitle(only)}`;
  const body = driftBody(
    only,
    `Merged, ${code("switchyard ci merge")} reads every resource of ${code(drift.stack)} and puts this back as the ` +
      "program says. Closed, it stays as it is until the next comparison: change the program to match instead.",
  );
  if (open === undefined) return { kind: "open", title, body };
  return says(open, title, body) ? { kind: "none" } : { kind: "update", number: open.number, title, body };
}
