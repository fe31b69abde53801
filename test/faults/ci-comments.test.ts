import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ECR } from "@aws-sdk/client-ecr";
import { loadGithub, type StandInGithub } from "@switchyard/sandbox";
import { systemClock } from "../../automation/clock.ts";
import { commentJobs } from "../../automation/commands/ci-comment.ts";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { Lease } from "../../automation/ledger/lease.ts";
import { stackTable } from "../../automation/ledger/table.ts";
import { readPreview, writePreview } from "../../automation/previews/record.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { assertDocument, documentIn } from "../support/document.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const run = promisify(execFile);
const hour = 3_600_000;

interface Said {
  readonly id: number;
  readonly body: string;
}

/** Through the command line, against the stand-in for GitHub. */
describe("what workflows do on GitHub", function () {
  this.timeout(180_000);
  this.retries(0);
  const sandbox = useReleases();
  let github: StandInGithub;
  let dir: string;
  const tokens: Record<string, string> = {};
  let head: string;

  const ask = async (who: string, method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${github.api}/repos/acme/platform${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens[who]}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return (await answer.json()) as Record<string, unknown> & Said;
  };
  const comments = async () => (await ask("bob", "GET", "/issues/1/comments?per_page=100")) as unknown as Said[];
  const reactions = async (id: number) =>
    ((await ask("bob", "GET", `/issues/comments/${id}/reactions`)) as unknown as { content: string }[]).map(
      ({ content }) => content,
    );

  function drive(args: readonly string[], variables: NodeJS.ProcessEnv = {}) {
    const api = { GITHUB_API_URL: github.api, GITHUB_SERVER_URL: github.url, GITHUB_RUN_ID: "1" };
    const who = { GITHUB_REPOSITORY: "acme/platform", GITHUB_TOKEN: tokens["bot"] ?? "" };
    return sandbox().driveUnder([], args, { ...api, ...who, ...variables });
  }

  /** Somebody comments, and the workflow runs; a second time for the same comment where it is given. */
  async function comment(by: string, body: string) {
    const { id } = await ask(by, "POST", "/issues/1/comments", { body });
    const event = {
      action: "created",
      issue: { number: 1, pull_request: {} },
      comment: { id, body, user: { login: by } },
    };
    await writeFile(join(dir, "event.json"), JSON.stringify(event));
    const again = () =>
      drive(["ci", "comment", "--json"], {
        GITHUB_EVENT_PATH: join(dir, "event.json"),
        GITHUB_ACTOR: by,
      }).ended();
    return { id, again, ...(await again()) };
  }

  before("open a pull request", async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-comments-"));
    github = await (await loadGithub()).startGithub({ directory: join(dir, "git") });
    for (const name of ["ann", "bob", "eve"]) tokens[name] = github.addUser(name);
    tokens["bot"] = github.addUser("github-actions[bot]", "Bot");
    const roles = { ann: "write", bob: "maintain", eve: "read", "github-actions[bot]": "write" } as const;
    await github.addRepository({ name: "acme/platform", roles });
    const remote = `${github.url.replace("//", `//ann:${tokens["ann"]}@`)}/acme/platform.git`;
    const git = (...args: string[]) =>
      run("git", ["-C", join(dir, "clone"), "-c", "user.name=Ann", "-c", "user.email=ann@example.com", ...args]);
    await run("git", ["init", "--quiet", join(dir, "clone")]);
    for (const branch of ["main", "change"]) {
      await git("commit", "--quiet", "--allow-empty", "--message", branch);
      await git("push", "--quiet", remote, `HEAD:refs/heads/${branch}`);
    }
    head = (await git("rev-parse", "HEAD")).stdout.trim();
    await ask("ann", "POST", "/pulls", { title: "Change", head: "change", base: "main" });
    const expiresAt = new Date(Date.now() + hour).toISOString();
    const made = { version: "v1", by: "ann", createdAt: new Date().toISOString(), expiresAt };
    await writePreview(table(), undefined, { state: "ready", revision: 1, ...made });
  });
  afterEach("it answered as GitHub describes", () => {
    github.clearFaults();
    assert.deepEqual(github.wrong, []);
  });
  after(async () => {
    await github.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const table = () => stackTable(sandbox().aws, ledgerTableName, "pr-1");
  const left = async () => Date.parse((await readPreview(table()))?.expiresAt ?? "") - Date.now();

  it("extends a preview for whoever may write, once, and answers with a reaction and a reply", async () => {
    const { code, output: said, id, again } = await comment("bob", "/extend 24h");
    assert.equal(code, 0, said);
    assert.ok((await left()) > 23 * hour);
    const document = assertDocument(said, { pullRequest: 1, command: "/extend 24h", done: true });
    assert.match(String(document["said"]), /^it stays until /);
    assert.deepEqual(await reactions(id), ["eyes", "+1"]);
    const replies = async () => (await comments()).filter(({ body }) => body.includes(`answer-${id}`));
    assert.match((await replies())[0]?.body ?? "", /@bob\n\n`\/extend 24h`: it stays until/);
    assert.equal((await again()).code, 0);
    assert.equal((await replies()).length, 1);
  });

  it("ignores the same of an outsider, of which the audit tells", async () => {
    const before = await left();
    const { code, output: said, id } = await comment("eve", "/extend 72h");
    assert.equal(code, 0, said);
    assert.ok((await left()) <= before);
    const ignored = assertDocument(said, { pullRequest: 1, command: "/extend 72h", done: false });
    assert.match(String(ignored["said"]), /^Ignored: its author may not write/);
    assert.deepEqual(await reactions(id), []);
    assert.ok(!(await comments()).some(({ body }) => body.includes(`answer-${id}`)));
    const audit = await sandbox().drive("audit", "list", "pr-1", "--kind", "comment").succeeds();
    assert.match(audit, /failed +eve .*\/extend by eve: its author may not write/);
    assert.match(audit, /succeeded +bob .*\/extend 24h by bob: it stays until/);
  });

  it("refuses more than the most, what is no command, and an approval of one's own; says so, and runs nothing", async () => {
    const more = await comment("bob", "/extend 80h");
    assert.equal(more.code, errorCatalogue["invalid-flag"].exitCode, more.output);
    assertDocument(more.output, { pullRequest: 1, command: "/extend 80h", done: false, failed: "invalid-flag" });
    const talk = await comment("bob", "Thanks!");
    assert.equal(talk.code, 0, talk.output);
    assert.deepEqual(documentIn(talk.output), { pullRequest: 1, command: null });
    assert.deepEqual(await reactions(more.id), ["eyes", "confused"]);
    for (const [by, body] of [
      ["bob", "/run api -- node; id"],
      ["bob", "/deploy\n/destroy"],
      ["ann", "/approve"],
    ] as const) {
      const [command] = body.split(/[ \n]/);
      const { code, output: said, id } = await comment(by, body);
      assert.equal(code, 0, said);
      assertDocument(said, { pullRequest: 1, command, done: false });
      assert.deepEqual(await reactions(id), ["confused"], body);
    }
    assert.equal((await readPreview(table()))?.state, "ready");
  });

  it("has the job run anew that plans or deploys the head, which has the change's code: for a writer, once", async () => {
    const reply = async (id: number) =>
      (await comments()).find(({ body }) => body.includes(`answer-${id}`))?.body ?? "";
    for (const [word, { workflow, job }] of Object.entries(commentJobs)) {
      const none = await comment("bob", `/${word}`);
      assert.equal(none.code, errorCatalogue["not-found"].exitCode, none.output);
      assert.match(await reply(none.id), /no run plan|no run make/);
      const { jobs } = github.addRun("acme/platform", { workflow, head, pull: 1, jobs: { [job]: "failure" } });
      assert.equal((await comment("eve", `/${word}`)).code, 0);
      assert.equal(jobs[0]?.attempts, 1);
      const done = await comment("bob", `/${word}`);
      assert.equal(done.code, 0, done.output);
      assert.ok((await reply(done.id)).includes(`/${word}\`: begun at ${head.slice(0, 12)} `), await reply(done.id));
      assert.equal((await done.again()).code, 0);
      assert.match(await reply(done.id), /: at work already at /);
      assert.equal(jobs[0]?.attempts, 2);
    }
    const audit = await sandbox().drive("audit", "list", "pr-1", "--kind", "comment").succeeds();
    assert.match(audit, /failed +eve .*\/plan by eve: its author may not write/);
    assert.match(audit, /succeeded +bob .*\/deploy by bob: begun at /);
  });

  it("says why what was asked for cannot be done, and whose word it was: nothing of this environment runs or waits", async () => {
    for (const [body, code, why] of [
      ["/run api -- node --version", errorCatalogue["not-found"].exitCode, /nothing is live of a service api/],
      ["/approve", errorCatalogue["not-found"].exitCode, /./],
    ] as const) {
      const done = await comment("bob", body);
      assert.equal(done.code, code, done.output);
      assert.deepEqual(await reactions(done.id), ["eyes", "confused"], body);
      const reply = (await comments()).find((one) => one.body.includes(`answer-${done.id}`));
      assert.match(reply?.body ?? "", why);
    }
    const audit = await sandbox().drive("audit", "list", "pr-1", "--kind", "comment").succeeds();
    assert.match(audit, /failed +bob .*\/run api -- node by bob: /);
    assert.match(audit, /failed +bob .*\/approve by bob: /);
  });

  it("goes on where GitHub fails for a while", async () => {
    github.fault({
      service: "github",
      operation: "issues/create-comment",
      nth: 1,
      effect: "fail-after-effect",
    } as never);
    const { code, output: said, id } = await comment("bob", "/help");
    assert.equal(code, 0, said);
    assertDocument(said, { pullRequest: 1, command: "/help", done: true });
    assert.equal((await comments()).filter(({ body }) => body.includes(`answer-${id}`)).length, 1);
  });

  it("ends a preview", async () => {
    const { code, output: said } = await comment("ann", "/destroy");
    assert.equal(code, 0, said);
    assert.equal((await readPreview(table()))?.state, "gone");
    await sandbox().drive("audit", "verify", "pr-1").succeeds();
  });

  it("tells of drift in one issue, kept up to date, and closed when there is none", async () => {
    const ecr = new ECR({});
    const repositoryName = "switchyard/api";
    const tags = (imageTagMutability: "MUTABLE" | "IMMUTABLE") =>
      ecr.putImageTagMutability({ repositoryName, imageTagMutability });
    const open = async () =>
      (await ask("bob", "GET", "/issues?state=all&labels=drift")) as unknown as { state: string; body: string }[];
    const compare = () => drive(["ci", "drift", "--only", "pipeline"]).succeeds();
    await tags("MUTABLE");
    try {
      // What another is changing is not told, and not put back.
      const pipeline = stackTable(sandbox().aws, ledgerTableName, "pipeline");
      const options = { holder: "bob@elsewhere#1.b", purpose: "up by bob", durationMs: 600_000, clock: systemClock };
      const lease = await Lease.acquire(pipeline, { ...options, isDead: () => false });
      for (const repair of [[], ["--repair", "apply"]]) {
        const busy = await drive(["ci", "drift", "--only", "pipeline", ...repair]).ended();
        assert.equal(busy.code, errorCatalogue["lease-held"].exitCode, busy.output);
        assert.match(
          busy.output,
          /(.*up by bob.*looked at again.*\n){2}! pipeline: stack pipeline: bob@elsewhere#1.b is at work/,
        );
      }
      assert.deepEqual(await open(), []);
      await lease.release();
      await compare();
      const [issue, ...others] = await open();
      assert.deepEqual(others, []);
      assert.match(issue?.body ?? "", /`imageTagMutability` \| `"IMMUTABLE" → "MUTABLE"`/);
      assert.match(await compare(), /issue: as it was/);
    } finally {
      await tags("IMMUTABLE");
    }
    assert.match(await compare(), /no drift; issue: close/);
    assert.deepEqual(
      (await open()).map(({ state }) => state),
      ["closed"],
    );
    await tags("MUTABLE");
    const repaired = await drive(["ci", "drift", "--only", "pipeline", "--repair", "apply"]).succeeds();
    assert.match(repaired, /Updating pipeline.*pipeline: no drift; issue: as it was/s);
    const { repositories = [] } = await ecr.describeRepositories({ repositoryNames: [repositoryName] });
    assert.equal(repositories[0]?.imageTagMutability, "IMMUTABLE");
  });

  it("does by hand what a workflow's inputs ask for, ends with its exit code, and records it", async () => {
    const dispatch = async (inputs: object) => {
      await writeFile(join(dir, "dispatch.json"), JSON.stringify({ inputs }));
      return drive(["ci", "run"], { GITHUB_EVENT_PATH: join(dir, "dispatch.json") }).ended();
    };
    const asked = { repository: "Acme/Platform", commit: "HEAD", stack, email: "ann@example.com", ttl: "" };
    const done = await dispatch({ ...asked, command: "history --limit 1" });
    assert.equal(done.code, 0, done.output);
    const failed = await dispatch({ ...asked, command: "history --limit 0" });
    assert.equal(failed.code, errorCatalogue["invalid-flag"].exitCode, failed.output);
    for (const wrong of [{ repository: "acme/other" }, { commit: "nowhere" }, { stack: "staging" }, { account: "1" }]) {
      const refused = await dispatch({ ...asked, command: "plan", ...wrong });
      assert.equal(refused.code, errorCatalogue["invalid-flag"].exitCode, refused.output);
    }
    const job = (account: string) => `arn:aws:batch:us-east-1:${account}:job-definition/runner-plan:1`;
    const elsewhere = await dispatch({ stack, command: "plan", "job-definition": job("111111111111") });
    assert.equal(elsewhere.code, errorCatalogue["invalid-flag"].exitCode, elsewhere.output);
    assert.match(elsewhere.output, /these credentials are of the runner of \d+, us-east-1/);
    const audit = await sandbox().drive("audit", "list", stack, "--kind", "manual").succeeds();
    assert.match(audit, /manual .*failed .*history asked by ann@example\.com: exit code 2/);
    assert.match(audit, /manual .*succeeded .*history asked by ann@example\.com: exit code 0/);
    assert.equal(audit.trim().split("\n").length, 3);
    const [account] = /\d{12}/.exec(elsewhere.output.replaceAll("111111111111", "")) ?? [];
    const handed = await dispatch({ stack, command: "plan", "job-definition": job(account ?? "") });
    assert.equal(handed.code, errorCatalogue["not-found"].exitCode, handed.output);
    assert.match(
      handed.output,
      /: switchyard runner start run .* --role plan .*the account has no runner in this region/s,
    );
  });
});
