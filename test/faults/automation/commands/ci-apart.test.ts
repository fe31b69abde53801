import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadGithub, type StandInGithub } from "@switchyard/sandbox";
import { errorCatalogue } from "../../../../programs/error-catalogue.ts";
import { Driver } from "../../../support/release/driver.ts";

const run = promisify(execFile);

/** Through the command line, without an account: jobs that may write on GitHub have no credentials of AWS. */
describe("jobs that say on GitHub what others did", function () {
  this.timeout(60_000);
  let dir: string;
  let github: StandInGithub;
  let token: string;
  let commit: string;
  const git = async (...args: readonly string[]) =>
    (await run("git", ["-C", join(dir, "clone"), "-c", "user.name=Ann", "-c", "user.email=a@b.c", ...args])).stdout;

  before("open a pull request", async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-apart-"));
    github = await (await loadGithub()).startGithub({ directory: join(dir, "git") });
    const ann = github.addUser("ann");
    token = github.addUser("github-actions[bot]", "Bot");
    await github.addRepository({ name: "acme/platform", roles: { ann: "write", "github-actions[bot]": "write" } });
    const remote = `${github.url.replace("//", `//ann:${ann}@`)}/acme/platform.git`;
    await run("git", ["init", "--quiet", join(dir, "clone")]);
    for (const branch of ["main", "change"]) {
      await git("commit", "--quiet", "--allow-empty", "--message", branch);
      await git("push", "--quiet", remote, `HEAD:refs/heads/${branch}`);
    }
    commit = (await git("rev-parse", "HEAD")).trim();
    const body = JSON.stringify({ title: "Change", head: "change", base: "main" });
    const headers = { authorization: `Bearer ${ann}` };
    const opened = await fetch(`${github.api}/repos/acme/platform/pulls`, { method: "POST", headers, body });
    assert.equal(opened.status, 201);
  });
  afterEach(() => assert.deepEqual(github.wrong, []));
  after(async () => {
    await github.stop();
    await rm(dir, { recursive: true, force: true });
  });

  function drive(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Driver {
    const { PATH, HOME } = process.env;
    const api = { GITHUB_API_URL: github.api, GITHUB_SERVER_URL: github.url, GITHUB_TOKEN: token };
    const of = { GITHUB_REPOSITORY: "acme/platform", GITHUB_REF: "refs/pull/1/merge", GITHUB_SHA: commit };
    return new Driver(args, { PATH, HOME, ...api, ...of, ...variables });
  }

  const comments = async () => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${github.api}/repos/acme/platform/issues/1/comments?per_page=100`, { headers });
    return (await answer.json()) as { id: number; body: string }[];
  };

  it("say what was judged in as many comments as it takes, and the next time in the same ones", async () => {
    const from = join(dir, "report");
    await mkdir(from);
    const lines = Array.from({ length: 1_200 }, (_, i) => `- rule ${i}: ${"x".repeat(60)}`);
    const folded = ["### sandbox", "", "<details><summary>Advice</summary>", "", ...lines, "", "</details>"];
    await writeFile(join(from, "comment.md"), `${folded.join("\n")}\n`);
    await drive(["ci", "report", "--from", from]).succeeds();
    const long = await comments();
    assert.equal(long.length, 2);
    const said = long.flatMap(({ body }) => body.split("\n").filter((line) => line.startsWith("- rule")));
    assert.deepEqual(said, lines);
    for (const { body } of long) assert.match(body, /<\/details>\n*$/);
    await writeFile(join(from, "comment.md"), "### sandbox\n\nnothing\n");
    await drive(["ci", "report", "--from", from]).succeeds();
    const short = await comments();
    assert.deepEqual(
      short.map(({ id, body }) => [id, body.trimEnd()]),
      [[long[0]?.id, "<!-- switchyard:policies -->\n### sandbox\n\nnothing"]],
    );
    const { code, output } = await drive(["ci", "report", "--from", join(dir, "nowhere")]).ended();
    assert.equal(code, errorCatalogue["unusable-file"].exitCode, output);
  });

  it("give a document of a comment that asks for nothing as well", async () => {
    const event = join(dir, "event.json");
    const comment = { id: 1, body: "Looks good", user: { login: "ann" } };
    await writeFile(event, JSON.stringify({ action: "created", issue: { number: 1, pull_request: {} }, comment }));
    const said = await drive(["ci", "comment", "--json"], { GITHUB_EVENT_PATH: event }).succeeds();
    assert.match(said, /^\{\n( {2}"pullRequest": 1,\n)? {2}"command": null\n\}$/m);
  });

  it("note on a commit what they are given, once, after what was noted before, and nothing that is no JSON", async () => {
    const from = join(dir, "release.json");
    for (const outcome of ["failed", "succeeded", "succeeded"]) {
      await writeFile(from, JSON.stringify([{ outcome }]));
      await drive(["ci", "note", "--from", from]).succeeds();
    }
    await git("fetch", "--quiet", `${github.url}/acme/platform.git`, "+refs/notes/*:refs/notes/*");
    const note = await git("notes", "--ref=switchyard", "show", commit);
    assert.deepEqual(
      note.split("\n").filter((line) => line !== ""),
      ['[{"outcome":"failed"}]', '[{"outcome":"succeeded"}]'],
    );
    for (const [text, variables] of [
      ["no JSON", {}],
      ["7", {}],
      ["{}", { GITHUB_SHA: "main" }],
    ] as const) {
      await writeFile(from, text);
      const { code, output } = await drive(["ci", "note", "--from", from], variables).ended();
      assert.equal(code, errorCatalogue["invalid-flag"].exitCode, output);
    }
  });
});
