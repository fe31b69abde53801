/** The issue that tells of an environment which was replaced and is kept beyond its time. */
import { code, escaped } from "../audit/markdown.ts";
import { type DriftIssue, type IssueAction, oneIssue } from "../delivery/drift/issue.ts";
import { keptOf, standing, type Upgrade } from "./decide.ts";

/** By which the issues are found again. */
export const upgradeLabel = "upgrade";

/**
 * One open issue while its time is over and nobody has settled it; none before and after.
 *
 * @param open those of the label that this program has opened and nobody has closed
 * @param run where it was seen
 */
export function dueActions(
  stack: string,
  upgrade: Upgrade | undefined,
  open: readonly DriftIssue[],
  { now, run }: { readonly now: number; readonly run: string },
): readonly IssueAction[] {
  const isDue = upgrade !== undefined && keptOf(upgrade, now)?.due === true;
  const marker = `<!-- switchyard:upgrade:${stack} -->`;
  return oneIssue(
    marker,
    isDue
      ? { title: `${stack} was replaced, and is kept beyond its time`, body: bodyOf(marker, stack, upgrade, now) }
      : undefined,
    open,
    `${code(stack)} is not kept beyond its time any more (${run}).`,
  );
}

/** Holds no time but the one it was kept until: it changes with what is to be done, and with nothing else. */
function bodyOf(marker: string, stack: string, upgrade: Upgrade, now: number): string {
  return [
    marker,
    `${code(stack)}: ${escaped(standing(upgrade, now) ?? "")}.`,
    "",
    "It costs what it always did, and its data stands still. Nothing destroys it by the clock:",
    "",
    `1. ${code(`switchyard upgrade ${stack} --settle`)} ends the way back;`,
    `2. ${code(`switchyard destroy ${stack} --yes`)} deletes it.`,
    "",
    `${code(`switchyard upgrade ${stack} --to ${upgrade.version} --beside ${upgrade.beside} --keep-for 30d`)} keeps it longer, counted from when ${code(upgrade.beside)} opened.`,
    "",
  ].join("\n");
}
