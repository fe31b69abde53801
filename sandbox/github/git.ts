/** Repositories that are real: bare ones, served over HTTP by git's own `http-backend`. */
import { execFile, spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const identity = {
  GIT_AUTHOR_NAME: "GitHub",
  GIT_AUTHOR_EMAIL: "noreply@github.com",
  GIT_COMMITTER_NAME: "GitHub",
  GIT_COMMITTER_EMAIL: "noreply@github.com",
};

export class BareRepository {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  static async create(path: string, branch: string): Promise<BareRepository> {
    await run("git", ["init", "--quiet", "--bare", `--initial-branch=${branch}`, path]);
    await run("git", ["-C", path, "config", "http.receivepack", "true"]);
    return new BareRepository(path);
  }

  /** The commit a branch, tag or SHA names; undefined where there is none. */
  async commit(revision: string): Promise<string | undefined> {
    return this.#git("rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`).catch(
      () => undefined,
    );
  }

  /** Makes the commit that merges a head into a branch, and moves the branch to it. @returns undefined on a conflict */
  async merge(branch: string, head: string, message: string): Promise<string | undefined> {
    const base = await this.#git("rev-parse", `refs/heads/${branch}`);
    const tree = await this.#git("merge-tree", "--write-tree", base, head).catch(() => undefined);
    if (tree === undefined) return undefined;
    const commit = await this.#git("commit-tree", tree, "-p", base, "-p", head, "-m", message);
    await this.#git("update-ref", `refs/heads/${branch}`, commit, base);
    return commit;
  }

  /** Brings a commit over from another repository. */
  async fetch(from: BareRepository, commit: string): Promise<void> {
    await this.#git("fetch", "--quiet", from.path, commit);
  }

  async contains(branch: string, commit: string): Promise<boolean> {
    return this.#git("merge-base", "--is-ancestor", commit, `refs/heads/${branch}`).then(
      () => true,
      () => false,
    );
  }

  async #git(...args: readonly string[]): Promise<string> {
    const { stdout } = await run("git", ["-C", this.path, ...args], { env: { ...process.env, ...identity } });
    return stdout.trim();
  }
}

/** Answers one request of git's smart HTTP protocol (git's manual, http-backend: it speaks CGI). */
export function serveGit(root: string, user: string | undefined, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", "http://localhost");
  const backend = spawn("git", ["http-backend"], {
    env: {
      ...process.env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"],
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"],
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      ...(user !== undefined && { REMOTE_USER: user }),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(backend.stdin);
  backend.stdin.on("error", () => undefined);
  let head = Buffer.alloc(0);
  let begun = false;
  backend.stdout.on("data", (chunk: Buffer) => {
    if (begun) return void response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    begun = true;
    const headers = head.subarray(0, end).toString("latin1").split("\r\n").map(headerOf);
    const status = headers.find(([name]) => name.toLowerCase() === "status")?.[1];
    response.writeHead(Number(status?.split(" ")[0] ?? 200), Object.fromEntries(headers));
    response.write(head.subarray(end + 4));
  });
  backend.once("close", () => {
    if (!begun) response.writeHead(500);
    response.end();
  });
}

function headerOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

export function gitPath(root: string, owner: string, name: string): string {
  return join(root, owner, `${name}.git`);
}
