/** GitHub's own command line, where it is installed and logged in. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SwitchyardError } from "../../programs/errors.ts";
import type { GhProblem, RepositorySeen } from "./decide/repository.ts";

const run = promisify(execFile);
const longestMs = 60_000;

/** @throws SwitchyardError `update-failed` with what `gh` says. */
export async function gh(args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run("gh", [...args], { timeout: longestMs, maxBuffer: 16 << 20 });
    return stdout;
  } catch (cause) {
    const said = String((cause as { stderr?: string }).stderr ?? (cause as Error).message);
    throw new SwitchyardError("update-failed", {
      what: `GitHub did not take it: ${said.trim().replace(/\s+/g, " ").slice(0, 400)}`,
      where: `gh ${args.slice(0, 3).join(" ")}`,
      fix: "give your login the right to administer the repository, or leave the step out with --without repository",
      cause,
    });
  }
}

/** The repository's variables and environments, or why they cannot be read. */
export async function seeRepository(repository: string): Promise<RepositorySeen | GhProblem> {
  const hindrance = await problem();
  if (hindrance !== undefined) return hindrance;
  try {
    return { variables: await variables(repository), environments: await environments(repository) };
  } catch (error) {
    if (error instanceof SwitchyardError) return "it may not read the repository";
    throw error;
  }
}

async function problem(): Promise<GhProblem | undefined> {
  try {
    await run("gh", ["auth", "status"], { timeout: longestMs });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "it is not installed" : "it is not logged in";
  }
}

async function variables(repository: string): Promise<RepositorySeen["variables"]> {
  const answer = await gh(["variable", "list", "--repo", repository, "--json", "name,value"]);
  const list = JSON.parse(answer) as readonly { readonly name: string; readonly value: string }[];
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

/** GitHub REST API, "Deployment environments" and "Deployment branch policies". */
async function environments(repository: string): Promise<RepositorySeen["environments"]> {
  const path = `repos/${repository}/environments`;
  const query = ".environments[] | [.name, (.deployment_branch_policy.custom_branch_policies // false)] | @tsv";
  const rows = (await gh(["api", "--paginate", path, "--jq", query])).split("\n").filter(Boolean);
  const patterns = rows.map(async (row) => {
    const [name = "", isLimited] = row.split("\t");
    if (isLimited !== "true") return [name, []] as const;
    const own = `${path}/${encodeURIComponent(name)}/deployment-branch-policies`;
    const answer = await gh(["api", "--paginate", own, "--jq", ".branch_policies[].name"]);
    return [name, answer.split("\n").filter(Boolean)] as const;
  });
  return Object.fromEntries(await Promise.all(patterns));
}

/** Since then GitHub's tokens carry ids for a repository that is made (GitHub Docs, "OpenID Connect reference"). */
const idsSince = Date.parse("2026-07-15T00:00:00Z");

export interface RepositoryIds {
  readonly ownerId: string;
  readonly repositoryId: string;
  /** Its tokens carry them. One that was renamed or transferred since has them as well, and GitHub does not say when it was. */
  readonly madeWithIds: boolean;
}

/** Undefined where `gh` cannot be asked. */
export async function idsOf(repository: string): Promise<RepositoryIds | undefined> {
  if ((await problem()) !== undefined) return undefined;
  const answer = await gh(["api", `repos/${repository}`, "--jq", "[.created_at, .owner.id, .id] | @tsv"]);
  const [created = "", ownerId = "", repositoryId = ""] = answer.trim().split("\t");
  return { ownerId, repositoryId, madeWithIds: Date.parse(created) >= idsSince };
}
