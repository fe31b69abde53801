/** This project as a repository of the stand-in GitHub, with people who work in it and a clone like a workflow's. */
import { execFile } from "node:child_process";
import { appendFile, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type StandInGithub, startGithub } from "../../github/index.ts";
import { projectRoot } from "../command.ts";

const run = promisify(execFile);

export type Person = "ann" | "bob" | "eve" | "bot";

export interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

export interface Said {
  readonly id: number;
  readonly body: string;
}

/** Ann and Bob may write, Eve may not. */
const roles = { ann: "write", bob: "maintain", "github-actions[bot]": "write" } as const;

export class GithubProject {
  readonly github: StandInGithub;
  readonly clone: string;
  readonly tokens: Readonly<Record<Person, string>>;
  readonly directory: string;

  constructor(directory: string, github: StandInGithub) {
    this.github = github;
    this.directory = directory;
    this.clone = join(directory, "clone");
    this.tokens = {
      ann: github.addUser("ann"),
      bob: github.addUser("bob"),
      eve: github.addUser("eve"),
      bot: github.addUser("github-actions[bot]", "Bot"),
    };
  }

  static async github(directory: string): Promise<StandInGithub> {
    await mkdir(directory, { recursive: true });
    return startGithub({ directory: join(directory, "git") });
  }

  /** Pushes what is in the working tree of this project, committed or not. */
  async begin(): Promise<void> {
    await this.github.addRepository({ name: "acme/platform", roles });
    const listed = ["-C", projectRoot, "ls-files", "-coz", "--exclude-standard"];
    const { stdout } = await run("git", listed, { maxBuffer: 2 ** 26 });
    await run("git", ["init", "--quiet", "--initial-branch=main", this.clone]);
    const files = stdout.split("\0").filter(Boolean);
    await Promise.all(files.map((file) => cp(join(projectRoot, file), join(this.clone, file)).catch(() => undefined)));
    await symlink(join(projectRoot, "node_modules"), join(this.clone, "node_modules"));
    await appendFile(join(this.clone, ".git", "info", "exclude"), "/node_modules\n");
    await this.git("remote", "add", "origin", this.#remote("ann", "acme"));
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", "Begin");
    await this.git("push", "--quiet", "origin", "main");
  }

  #remote(who: Person, owner: string): string {
    return `${this.github.url.replace("//", `//${who}:${this.tokens[who]}@`)}/${owner}/platform.git`;
  }

  async git(...args: readonly string[]): Promise<string> {
    const identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"];
    return (await run("git", ["-C", this.clone, ...identity, ...args], { maxBuffer: 2 ** 26 })).stdout.trim();
  }

  /** Writes a file anew and commits it to a branch, which begins at `from` where it is new. @returns the commit */
  async change(branch: string, file: string, edit: (text: string) => string, from = "origin/main"): Promise<string> {
    await this.git("fetch", "--quiet", "origin");
    const isNew = (await this.git("branch", "--list", branch)) === "";
    await this.git("checkout", "--quiet", ...(isNew ? ["-b", branch, from] : [branch]));
    const path = join(this.clone, file);
    const before = await readFile(path, "utf8").catch(() => "");
    await writeFile(path, edit(before));
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", `Change ${file}`);
    await this.git("push", "--quiet", "origin", branch);
    return this.git("rev-parse", "HEAD");
  }

  async ask(who: Person, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.github.api}/repos/acme/platform${path}`, {
      method,
      headers: { authorization: `Bearer ${this.tokens[who]}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> };
  }

  async openPull(branch: string): Promise<number> {
    const { json } = await this.ask("ann", "POST", "/pulls", { title: branch, head: branch, base: "main" });
    return Number(json["number"]);
  }

  /** Of a fork by somebody who may not write. */
  async openFork(branch: string): Promise<number> {
    await this.github.addRepository({ name: "eve/platform", forkOf: "acme/platform", roles: { eve: "admin" } });
    await this.git("push", "--quiet", this.#remote("eve", "eve"), `${branch}:refs/heads/${branch}`);
    const { json } = await this.ask("eve", "POST", "/pulls", { title: branch, head: `eve:${branch}`, base: "main" });
    return Number(json["number"]);
  }

  approve(pull: number, who: "bob" | "eve" = "bob"): Promise<Answer> {
    return this.ask(who, "POST", `/pulls/${pull}/reviews`, { event: "APPROVE" });
  }

  /** Merges it, and puts the clone where the workflow of the merge is. @returns the merge commit */
  async merge(pull: number): Promise<string> {
    const { status, json } = await this.ask("bob", "PUT", `/pulls/${pull}/merge`, {});
    if (status !== 200) throw new Error(JSON.stringify(json));
    await this.git("fetch", "--quiet", "origin");
    await this.git("checkout", "--quiet", "--detach", String(json["sha"]));
    return String(json["sha"]);
  }

  async comments(pull: number): Promise<readonly Said[]> {
    const { json } = await this.ask("ann", "GET", `/issues/${pull}/comments?per_page=100`);
    return json as unknown as readonly Said[];
  }

  /** Of a commit, the newest of each context. */
  async statuses(commit: string): Promise<Readonly<Record<string, string>>> {
    const { json } = await this.ask("ann", "GET", `/commits/${commit}/statuses?per_page=100`);
    const all = json as unknown as readonly { readonly context: string; readonly state: string }[];
    return Object.fromEntries(all.toReversed().map(({ context, state }) => [context, state]));
  }

  /** Of a commit, what its deployment in each environment came to, in order. */
  async deployed(commit: string): Promise<Readonly<Record<string, readonly string[]>>> {
    const { json } = await this.ask("ann", "GET", `/deployments?sha=${commit}`);
    const all = json as unknown as readonly { readonly id: number; readonly environment: string }[];
    const statuses = all.map(async ({ id, environment }) => {
      const { json } = await this.ask("ann", "GET", `/deployments/${id}/statuses?per_page=100`);
      const states = (json as unknown as readonly { readonly state: string }[]).map(({ state }) => state);
      return [environment, states.toReversed()] as const;
    });
    return Object.fromEntries(await Promise.all(statuses));
  }

  /** What GitHub Actions sets in a job. */
  get variables(): Readonly<Record<string, string>> {
    return {
      GITHUB_API_URL: this.github.api,
      GITHUB_SERVER_URL: this.github.url,
      GITHUB_REPOSITORY: "acme/platform",
      GITHUB_TOKEN: this.tokens.bot,
    };
  }
}

/** Replaces the faults of the cloud in a directory. */
export async function setCloudFaults(directory: string, faults: readonly object[]): Promise<void> {
  const { endpoint } = JSON.parse(await readFile(join(directory, "cloud.json"), "utf8")) as { endpoint: string };
  await fetch(`${endpoint}/_switchyard/faults`, { method: "DELETE" });
  const body = JSON.stringify(faults);
  const { ok } = await fetch(`${endpoint}/_switchyard/faults`, { method: "POST", body });
  if (!ok) throw new Error(`the sandbox takes no such faults: ${body}`);
}
