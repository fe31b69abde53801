/** Keeps the issue of an environment that was replaced: read from the ledger, written to GitHub. */
import type { IssueAction } from "../delivery/drift/issue.ts";
import type { Github } from "../github/client.ts";
import { keepIssues } from "../github/issues.ts";
import type { StackTable } from "../ledger/table.ts";
import { dueActions, upgradeLabel } from "./due-issue.ts";
import { readUpgrade } from "./record.ts";

/** @returns what was done; nothing is asked of GitHub where the environment was never upgraded. */
export async function tellDue(
  github: Github,
  table: StackTable,
  seen: { readonly now: number; readonly run: string },
): Promise<readonly IssueAction[]> {
  const upgrade = await readUpgrade(table);
  if (upgrade === undefined) return [];
  return keepIssues(github, upgradeLabel, (open) => dueActions(table.stack, upgrade, open, seen));
}
