import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadGithub, type StandInGithub } from "@switchyard/sandbox";
import { type Github, openGithub } from "../../../automation/github/client.ts";
import { githubRefusal } from "../../../automation/github/refusals.ts";
import { rerunJob, reviewerOf } from "../../../automation/github/runs.ts";
import type { SwitchyardError } from "../../../programs/errors.ts";

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

  describe("has a job run anew for a pull request's head", () => {
    const at = { workflow: "preview.yaml", job: "make" };
    const pull = { number: 3, head: "c".repeat(40) };
    const run = (jobs: Readonly<Record<string, "success" | "failure" | "skipped" | undefined>>, more: object = {}) =>
      github.addRun("acme/platform", { workflow: at.workflow, head: pull.head, pull: pull.number, jobs, ...more });
    const again = () => rerunJob(open, at, pull);

    it("of the newest run for it, and no other", async () => {
      const made = { make: "failure" } as const;
      const others = [{ head: "d".repeat(40) }, { pull: 4 }, { workflow: "merge.yaml" }];
      const untouched = [run(made), ...others.map((more) => run(made, more))];
      await assert.rejects(
        rerunJob(open, at, { ...pull, number: 5 }),
        /preview.yaml of cccccccccccc: GitHub has no run/,
      );
      const newest = run({ ...made, destroy: "skipped" });
      const { begun, url } = await again();
      const [job] = newest.jobs;
      assert.deepEqual([begun, job?.attempts], [true, 2]);
      assert.ok(url.endsWith(`/actions/runs/${newest.id}/job/${job?.id}`), url);
      for (const { jobs } of untouched) assert.equal(jobs[0]?.attempts, 1);
    });

    it("once, where it is at work already", async () => {
      const { jobs } = run({ make: undefined });
      assert.equal((await again()).begun, false);
      assert.equal(jobs[0]?.attempts, 1);
    });

    it("once, where the answer is lost", async () => {
      const { jobs } = run({ make: "success" });
      const rerun = { service: "github", operation: "actions/re-run-job-for-workflow-run" } as const;
      github.fault({ ...rerun, effect: "drop-response-after-effect", nth: 1 });
      assert.equal((await again()).begun, true);
      assert.equal(jobs[0]?.attempts, 2);
    });

    it("never where it was skipped, is none of its jobs, or others of its run are at work", async () => {
      for (const [jobs, code] of [
        [{ make: "skipped" }, "not-found"],
        [{ destroy: "success" }, "not-found"],
        [{ make: "success", destroy: undefined }, "in-flight"],
      ] as const) {
        const made = run(jobs);
        const error = await again().catch((thrown: unknown) => thrown);
        assert.equal((error as SwitchyardError).code, code);
        for (const { attempts } of made.jobs) assert.equal(attempts, 1);
      }
    });

    it("never where the token may not", async () => {
      run({ make: "success" });
      const eve = openGithub({ ...env, GITHUB_TOKEN: github.addUser("eve") }, 0.01, () => undefined);
      assert.equal(githubRefusal(await rerunJob(eve, at, pull).catch((e: unknown) => e))?.code, "github-refused");
    });
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
