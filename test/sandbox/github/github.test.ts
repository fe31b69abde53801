import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { githubHandlers, type StandInGithub, startGithub } from "../../../sandbox/github/index.ts";

const run = promisify(execFile);

/** As any client of GitHub's would see it. */
describe("the stand-in for GitHub", () => {
  let directory: string;
  let github: StandInGithub;
  let tokens: Record<"ann" | "bob" | "eve" | "bot", string>;

  const ask = async (who: string, method: string, path: string, body?: unknown, headers = {}) => {
    const answer = await fetch(`${github.api}/repos/acme/platform${path}`, {
      method,
      headers: { authorization: `Bearer ${who}`, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json = (text === "" ? undefined : JSON.parse(text)) as Record<string, never> & Record<string, never>[];
    return { status: answer.status, json, headers: answer.headers };
  };
  const git = (...args: readonly string[]) =>
    run("git", ["-C", join(directory, "clone"), "-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args]);

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-github-"));
    github = await startGithub({ directory: join(directory, "git") });
    tokens = {
      ann: github.addUser("ann"),
      bob: github.addUser("bob"),
      eve: github.addUser("eve"),
      bot: github.addUser("github-actions[bot]", "Bot"),
    };
    await github.addRepository({
      name: "acme/platform",
      roles: { ann: "write", bob: "maintain", "github-actions[bot]": "write" },
    });
    const remote = github.url.replace("//", `//ann:${tokens.ann}@`);
    await run("git", ["clone", "--quiet", `${remote}/acme/platform.git`, join(directory, "clone")]);
    await writeFile(join(directory, "clone", "README.md"), "one\n");
    await git("add", ".");
    await git("commit", "--quiet", "--message", "Begin");
    await git("push", "--quiet", "origin", "HEAD:main");
    await git("checkout", "--quiet", "-b", "change");
    await writeFile(join(directory, "clone", "README.md"), "two\n");
    await git("commit", "--quiet", "--all", "--message", "Change");
    await git("push", "--quiet", "origin", "change");
  });
  afterEach("it answered as GitHub describes", () => {
    github.clearFaults();
    assert.deepEqual(github.wrong, []);
  });
  after(async () => {
    await github.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("opens, reviews and merges a pull request of real commits", async () => {
    const opened = await ask(tokens.ann, "POST", "/pulls", { title: "Change", head: "change", base: "main" });
    assert.equal(opened.status, 201, JSON.stringify(opened.json));
    const head = (await git("rev-parse", "change")).stdout.trim();
    assert.equal((opened.json["head"] as unknown as { sha: string }).sha, head);
    assert.equal((await ask(tokens.ann, "POST", "/pulls/1/reviews", { event: "APPROVE" })).status, 422);
    const review = await ask(tokens.bob, "POST", "/pulls/1/reviews", { event: "APPROVE" });
    assert.deepEqual([review.status, review.json["state"], review.json["commit_id"]], [200, "APPROVED", head]);
    assert.equal((await ask(tokens.eve, "PUT", "/pulls/1/merge")).status, 403);
    const merged = await ask(tokens.bob, "PUT", "/pulls/1/merge", { sha: head });
    assert.equal(merged.status, 200, JSON.stringify(merged.json));
    const sha = String(merged.json["sha"]);
    await git("fetch", "--quiet", "origin", "main");
    assert.equal((await git("rev-parse", "FETCH_HEAD^2")).stdout.trim(), head);
    const [found] = (await ask(tokens.bot, "GET", `/commits/${sha}/pulls`)).json;
    assert.deepEqual([found?.["number"], found?.["merge_commit_sha"]], [1, sha]);
  });

  it("lists by pages, with links to the others", async () => {
    for (let i = 0; i < 5; i++) await ask(tokens.ann, "POST", "/issues/1/comments", { body: `${i}` });
    const { json, headers } = await ask(tokens.ann, "GET", "/issues/1/comments?per_page=2&page=2");
    assert.deepEqual(
      json.map(({ body }) => body),
      ["2", "3"],
    );
    assert.match(headers.get("link") ?? "", /page=1>; rel="prev", <.*page=3>; rel="next", <.*page=3>; rel="last"/);
  });

  it("takes 65,536 characters of a comment and no more", async () => {
    const most = await ask(tokens.ann, "POST", "/issues/1/comments", { body: "x".repeat(65_536) });
    assert.equal(most.status, 201);
    const more = await ask(tokens.ann, "PATCH", `/issues/comments/${most.json["id"]}`, { body: "x".repeat(65_537) });
    assert.equal(more.status, 422);
    assert.match(JSON.stringify(more.json), /body is too long \(maximum is 65536 characters\)/);
  });

  it("says whether an answer is the one that was had before", async () => {
    const first = await ask(tokens.ann, "GET", "/pulls/1");
    const headers = { "if-none-match": String(first.headers.get("etag")) };
    assert.equal((await ask(tokens.ann, "GET", "/pulls/1", undefined, headers)).status, 304);
  });

  it("lets nobody in, change or see what is not theirs", async () => {
    assert.equal((await ask("nobody's", "GET", "/pulls/1")).status, 401);
    assert.equal((await ask(tokens.eve, "POST", "/statuses/main", { state: "success" })).status, 403);
    await github.addRepository({ name: "acme/secret", isPrivate: true, roles: { ann: "read" } });
    const secret = (who: string) =>
      fetch(`${github.api}/repos/acme/secret`, { headers: { authorization: `token ${who}` } });
    assert.deepEqual([(await secret(tokens.eve)).status, (await secret(tokens.ann)).status], [404, 200]);
    await assert.rejects(
      run("git", ["ls-remote", `${github.url}/acme/secret.git`], { env: { GIT_TERMINAL_PROMPT: "0" } }),
    );
    const asEve = github.url.replace("//", `//eve:${tokens.eve}@`);
    await assert.rejects(git("push", `${asEve}/acme/platform.git`, "HEAD:refs/heads/mine"));
  });

  it("refuses what GitHub does not describe", async () => {
    assert.equal((await ask(tokens.ann, "GET", "/pulls/1?colour=green")).status, 422);
    assert.equal((await ask(tokens.ann, "POST", "/issues/1/comments", { body: "x", colour: "green" })).status, 422);
    assert.equal((await ask(tokens.ann, "POST", "/issues/1/comments", { body: 7 })).status, 422);
    assert.equal((await ask(tokens.ann, "GET", "/colours")).status, 404);
  });

  it("answers every call it has as it is described", async () => {
    const sha = (await git("rev-parse", "change")).stdout.trim();
    const comment = (await ask(tokens.ann, "POST", "/issues/1/comments", { body: "x" })).json["id"];
    const deployment = { ref: "main", environment: "sandbox", required_contexts: [], auto_merge: false };
    const deployed = (await ask(tokens.bot, "POST", "/deployments", deployment)).json["id"];
    const issue = (await ask(tokens.ann, "POST", "/issues", { title: "Drift", labels: ["drift"] })).json["number"];
    const begun = {
      workflow: "preview.yaml",
      head: sha,
      pull: 1,
      jobs: { make: "failure", other: "skipped" },
    } as const;
    const { id: runId, jobs } = github.addRun("acme/platform", begun);
    const calls: readonly (readonly [status: number, method: string, path: string, body?: unknown])[] = [
      [200, "GET", ""],
      [200, "GET", "/pulls?state=all"],
      [200, "PATCH", "/pulls/1", { title: "Another" }],
      [200, "GET", "/pulls/1/reviews"],
      [200, "GET", "/collaborators/ann/permission"],
      [404, "GET", "/collaborators/nobody/permission"],
      [200, "GET", `/issues/comments/${comment}`],
      [201, "POST", `/issues/comments/${comment}/reactions`, { content: "rocket" }],
      [200, "POST", `/issues/comments/${comment}/reactions`, { content: "rocket" }],
      [200, "GET", `/issues/comments/${comment}/reactions`],
      [204, "DELETE", `/issues/comments/${comment}`],
      [404, "GET", `/issues/comments/${comment}`],
      [201, "POST", `/statuses/${sha}`, { state: "success", context: "plan", description: "1 created" }],
      [422, "POST", `/statuses/${sha}`, { state: "success", description: "x".repeat(141) }],
      [200, "GET", `/commits/${sha}/statuses`],
      [200, "GET", "/deployments?environment=sandbox"],
      [201, "POST", `/deployments/${deployed}/statuses`, { state: "success", environment_url: "https://example.com" }],
      [200, "GET", `/deployments/${deployed}/statuses`],
      [200, "GET", "/issues?labels=drift&state=all"],
      [200, "GET", `/issues/${issue}`],
      [200, "PATCH", `/issues/${issue}`, { state: "closed" }],
      [200, "GET", "/actions/runs/1/approvals"],
      [200, "GET", `/actions/workflows/preview.yaml/runs?head_sha=${sha}&event=pull_request`],
      [200, "GET", `/actions/runs/${runId}/jobs`],
      [404, "GET", "/actions/runs/1/jobs"],
      [201, "POST", `/actions/jobs/${jobs[0]?.id}/rerun`],
      [403, "POST", `/actions/jobs/${jobs[0]?.id}/rerun`],
    ];
    for (const [status, method, path, body] of calls) {
      const answer = await ask(tokens.bot, method, path, body);
      assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.json)}`);
    }
    const user = await fetch(`${github.api}/user`, { headers: { authorization: `token ${tokens.ann}` } });
    assert.equal(((await user.json()) as { login: string }).login, "ann");
    const called = new Set(github.calls.map(({ operation }) => operation));
    const never = Object.keys(githubHandlers).filter((operation) => !called.has(operation));
    assert.deepEqual(never, ["pulls/dismiss-review"]);
  });

  it("fails, is slow and says that it is too much, when it is told to", async () => {
    const error = { service: "github", operation: "pulls/get", effect: "error", nth: 1, status: 503 } as const;
    const limit = { service: "github", operation: "pulls/get", effect: "throttle", nth: 2 } as const;
    github.fault(error, limit);
    const answers = [await ask(tokens.ann, "GET", "/pulls/1"), await ask(tokens.ann, "GET", "/pulls/1")];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503, 403],
    );
    assert.equal(answers[1]?.headers.get("retry-after"), "1");
    assert.equal((await ask(tokens.ann, "GET", "/pulls/1")).status, 200);
  });
});
