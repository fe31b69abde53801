/** The pull request that puts a stack's drift back, kept as a decision says. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DriftIssue } from "../delivery/drift/issue.ts";
import { type RepairAction, repairBranch, repairFile } from "../delivery/drift/repair.ts";
import { commitOf, pushedAs, withWorktree } from "../delivery/git.ts";
import type { Github } from "./client.ts";

/**
 * Does what is decided of the stack's open pull request. Killed and run again, it goes on from what is there.
 *
 * @param directory a checkout of the branch it is to be merged into
 * @returns what was done
 */
export async function keepRepair(
  github: Github,
  directory: string,
  stack: string,
  decide: (open: DriftIssue | undefined) => RepairAction,
): Promise<RepairAction["kind"]> {
  const { call, owner, repo } = github;
  const at = { owner, repo };
  const branch = repairBranch(stack);
  const of = { ...at, head: `${owner}:${branch}`, state: "open" } as const;
  const { data } = await call.request("GET /repos/{owner}/{repo}/pulls", of);
  const [found] = data.map(({ number, title, body }) => ({ number, title, body: body ?? "" }));
  const action = decide(found);
  if (action.kind === "none") return "none";
  if (action.kind === "close") {
    const { number, why } = action;
    await call.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", {
      ...{ ...at, issue_number: number, body: why },
    });
    await call.request("PATCH /repos/{owner}/{repo}/pulls/{pull_number}", {
      ...{ ...at, pull_number: number, state: "closed" },
    });
    return "close";
  }
  const { title, body } = action;
  await push(github, directory, stack, { title, body });
  if (action.kind === "update")
    await call.request("PATCH /repos/{owner}/{repo}/pulls/{pull_number}", {
      ...{ ...at, pull_number: action.number, title, body },
    });
  else {
    const base = (await call.request("GET /repos/{owner}/{repo}", at)).data.default_branch;
    await call.request("POST /repos/{owner}/{repo}/pulls", { ...at, head: branch, base, title, body });
  }
  return action.kind;
}

/** One commit upon what is checked out; the branch is this program's alone. */
async function push(
  { url, token }: Github,
  directory: string,
  stack: string,
  { title, body }: { readonly title: string; readonly body: string },
): Promise<void> {
  const head = await commitOf(directory, "HEAD", "HEAD");
  await withWorktree(directory, head, async (worktree) => {
    const file = repairFile(stack);
    await mkdir(dirname(join(worktree, file)), { recursive: true });
    await writeFile(join(worktree, file), `${body.trimEnd()}\n`);
    await pushedAs({ url: `${url}.git`, token: await token() }, worktree, { file, title, branch: repairBranch(stack) });
  });
}
