import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadGithub, type StandInGithub } from "@switchyard/sandbox";
import { type Github, openGithub } from "../../../automation/github/client.ts";
import { githubRefusal } from "../../../automation/github/refusals.ts";
import { reviewerOf } from "../../../automation/github/runs.ts";

describe("GitHub's client", () => {
  let directory: string;
  let github: StandInGithub;
  let env: Record<string, string>;
  let told: string[];
  let open: Github;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-client-"));
    github = await (await loadGithub()).startGithub({ directory });
    const token = github.addUser("ann");
    await github.addRepository({ name: "acme/platform", roles: { ann: "write" } });
    env = {
      GITHUB_API_URL: github.api,
      GITHUB_SERVER_URL: github.url,
      GITHUB_REPOSITORY: "acme/platform",
      GITHUB_TOKEN: token,
    };
  });
  beforeEach(() => {
    told = [];
    open = openGithub(env, 0.01, (line) => told.push(line));
  });
  afterEach(() => {
    github.clearFaults();
    assert.deepEqual(github.wrong, []);
  });
  after(async () => {
    await github.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const issue = (number: number) =>
    open.call.request("GET /repos/{owner}/{repo}/issues/{issue_number}", {
      ...{ owner: open.owner, repo: open.repo, issue_number: number },
    });
  const create = (title: string) =>
    open.call.request("POST /repos/{owner}/{repo}/issues", { owner: open.owner, repo: open.repo, title });

  it("reads every page of a list", async () => {
    for (let i = 0; i < 5; i++) await create(`${i}`);
    const found = await open.call.paginate("GET /repos/{owner}/{repo}/issues", {
      ...{ owner: open.owner, repo: open.repo, per_page: 2 },
    });
    assert.deepEqual(
      found.map(({ title }) => title),
      ["4", "3", "2", "1", "0"],
    );
  });

  it("asks again when GitHub fails for a moment", async () => {
    github.fault({ service: "github", operation: "issues/get", effect: "error", status: 502, nth: [1, 2] });
    assert.equal((await issue(1)).data.number, 1);
  });

  it("waits as long as GitHub says, whichever status it says it with", async () => {
    for (const status of [403, 429]) {
      github.fault({ service: "github", operation: "issues/get", effect: "throttle", nth: 1, status });
      assert.equal((await issue(1)).data.number, 1);
      github.clearFaults();
    }
    assert.match(told.join("\n"), /too often at once \(GET .*: again in 1 s/);
  });

  it("gives up when it is always too much", async () => {
    github.fault({ service: "github", operation: "issues/get", effect: "throttle" });
    const refusal = githubRefusal(await issue(1).catch((error: unknown) => error));
    assert.equal(refusal?.code, "github-refused");
    assert.match(refusal.message, /GET .*\/issues\/1: GitHub answered 403: .*secondary rate limit/);
  });

  it("tells which reviewer let a run go on in an environment, the last one, and that nobody did", async () => {
    github.addUser("bob");
    const say = (run: number, by: string, environments: readonly string[], state: "approved" | "rejected") =>
      github.reviewRun("acme/platform", run, by, { environments, state });
    say(7, "ann", ["approval"], "approved");
    say(7, "bob", ["production", "approval"], "approved");
    say(7, "ann", ["production"], "approved");
    say(8, "ann", ["approval"], "rejected");
    assert.equal(await reviewerOf(open, "7", "approval"), "bob");
    for (const run of ["8", "9"])
      await assert.rejects(reviewerOf(open, run, "approval"), /environment approval: nobody has approved this run/);
    for (const run of [undefined, "", "0", "1/../2", "x"])
      await assert.rejects(reviewerOf(open, run, "approval"), /GITHUB_RUN_ID: nothing says which run/);
  });

  it("says what GitHub refused, and how to mend it", async () => {
    const other = openGithub({ ...env, GITHUB_TOKEN: "nobody's" }, 0.01, () => undefined);
    const cases = [
      [open, 99, /answered 404: Not Found.*Check GITHUB_REPOSITORY/],
      [other, 1, /answered 401: Bad credentials.*Give a token/],
    ] as const;
    for (const [by, number, said] of cases) {
      open = by;
      assert.match(String(githubRefusal(await issue(number).catch((error: unknown) => error))), said);
    }
  });

  it("says that GitHub is not there", async () => {
    open = openGithub({ ...env, GITHUB_API_URL: "http://127.0.0.1:1" }, 0.01, () => undefined);
    assert.match(String(githubRefusal(await issue(1).catch((error: unknown) => error))), /could not be reached/);
  });

  it("wants a repository and a token", () => {
    for (const [name, value] of [
      ["GITHUB_REPOSITORY", ""],
      ["GITHUB_REPOSITORY", "acme"],
      ["GITHUB_TOKEN", ""],
    ] as const)
      assert.throws(() => openGithub({ ...env, [name]: value }, 1, () => undefined), {
        code: "github-refused",
        where: name,
      });
  });
});
