import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadGithub, type StandInGithub } from "@switchyard/sandbox";
import type { Context } from "../../../automation/commands/context.ts";
import { planComment } from "../../../automation/delivery/comment/parts.ts";
import { tellAnswers, tellEnds, tellGone } from "../../../automation/previews/tell.ts";

const variables = ["GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN"] as const;
const record = {
  ...({ state: "ready", revision: 3, version: "v1", by: "ann", createdAt: "2026-11-29T00:00:00.000Z" } as const),
  ...{ expiresAt: "2026-11-30T00:00:00.000Z", url: "http://pr-1.example.com" },
};
const head = "0123456789abcdef0123456789abcdef01234567";

describe("a pull request's preview environment on GitHub", function () {
  this.timeout(60_000);
  let dir: string;
  let github: StandInGithub;
  let token: string;
  const lines: string[] = [];
  const context = { where: { pace: 0.001 }, out: { line: (text: string) => lines.push(text) } } as unknown as Context;
  const before_ = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${github.api}/repos/acme/platform${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return (await answer.json()) as { readonly body: string }[];
  };
  const said = async () => (await ask("GET", "/issues/1/comments")).map(({ body }) => body.trimEnd());

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-tell-"));
    github = await (await loadGithub()).startGithub({ directory: join(dir, "git") });
    token = github.addUser("github-actions[bot]", "Bot");
    await github.addRepository({ name: "acme/platform", roles: { "github-actions[bot]": "write" } });
    await ask("POST", "/issues", { title: "Change" });
    const given = [github.api, github.url, "acme/platform", token];
    variables.forEach((name, i) => {
      process.env[name] = given[i] ?? "";
    });
  });
  after(async () => {
    for (const name of variables)
      if (before_[name] === undefined) delete process.env[name];
      else process.env[name] = before_[name];
    await github.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("is said in one comment and in the plan's, with a warning of its end that another time takes away", async () => {
    const [plan = ""] = planComment({ head, stacks: [], removed: [] }, "elsewhere").parts;
    await ask("POST", "/issues/1/comments", { body: plan });
    await tellAnswers(context, 1, record);
    const [linked, place] = await said();
    assert.match(linked ?? "", /^\*\*Preview environment:\*\* http:\/\/pr-1\.example\.com$/m);
    assert.match(place ?? "", /http:\/\/pr-1\.example\.com answers with `v1` until 2026-11-30T00/);
    await tellEnds(context, 1, record.expiresAt);
    await tellEnds(context, 1, record.expiresAt);
    assert.deepEqual((await said()).length, 3);
    assert.match((await said())[2] ?? "", /ends at 2026-11-30T00:00:00\.000Z\. `\/extend 24h`/);
    await tellAnswers(context, 1, { ...record, expiresAt: "2026-12-01T00:00:00.000Z" });
    const after = await said();
    assert.equal(after.length, 2);
    assert.match(after[1] ?? "", /until 2026-12-01/);
  });

  it("is said to be gone once, and the plan's link goes", async () => {
    for (let i = 0; i < 2; i++) await tellGone(context, 1);
    const [plan, place, ...more] = await said();
    assert.deepEqual(more, []);
    assert.doesNotMatch(plan ?? "", /Preview environment/);
    assert.match(place ?? "", /it is gone/);
    assert.deepEqual([lines, github.wrong], [[], []]);
  });

  it("changes nothing where GitHub cannot be asked, which is said, or nobody says where it is", async () => {
    await tellAnswers(context, 99, record);
    assert.match(lines.join("\n"), /! not said on pull request 99: /);
    lines.length = 0;
    process.env["GITHUB_REPOSITORY"] = "";
    await tellAnswers(context, 1, record);
    assert.deepEqual(lines, []);
  });
});
