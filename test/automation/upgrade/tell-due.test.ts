import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadGithub, type StandInGithub } from "@switchyard/sandbox";
import { type Github, openGithub } from "../../../automation/github/client.ts";
import { forward, settle } from "../../../automation/upgrade/decide.ts";
import { tellDue } from "../../../automation/upgrade/tell-due.ts";
import { MemoryTable } from "../../support/memory-table.ts";

describe("what GitHub is told of an environment that was replaced", () => {
  let directory: string;
  let github: StandInGithub;
  let client: Github;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-due-"));
    github = await (await loadGithub()).startGithub({ directory });
    const token = github.addUser("ann");
    await github.addRepository({ name: "acme/platform", roles: { ann: "write" } });
    const env = { GITHUB_API_URL: github.api, GITHUB_SERVER_URL: github.url, GITHUB_REPOSITORY: "acme/platform" };
    client = openGithub({ ...env, GITHUB_TOKEN: token }, 0.01, () => undefined);
  });
  after(async () => {
    assert.deepEqual(github.wrong, []);
    await github.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const issues = async () => {
    const { owner, repo, call } = client;
    const { data } = await call.request("GET /repos/{owner}/{repo}/issues", {
      ...{ owner, repo, labels: "upgrade", state: "all" },
    });
    return data.map(({ title, state }) => [title, state]);
  };

  it("is one issue from the end of its time until it is settled, and nothing of one that was never upgraded", async () => {
    const table = new MemoryTable();
    const done = Object.fromEntries(forward.map((step) => [step, 1_000]));
    const upgrade = {
      beside: "next",
      version: "v2",
      snapshot: "before",
      way: "forward",
      begunAt: 0,
      keepForMs: 500,
      done,
    };
    const told = async (now: number) => (await tellDue(client, table, { now, run: "run" })).map(({ kind }) => kind);
    assert.deepEqual(await told(9_000), []);
    table.put("upgrade", upgrade);
    assert.deepEqual([await told(1_400), await told(1_500), await told(9_000)], [[], ["open"], []]);
    assert.deepEqual(await issues(), [["production was replaced, and is kept beyond its time", "open"]]);
    table.put("upgrade", { ...upgrade, way: "settle", done: { ...done, [settle[0]]: 9_500 } });
    assert.deepEqual([await told(9_600), await told(9_700)], [["close"], []]);
    assert.deepEqual(
      (await issues()).map(([, state]) => state),
      ["closed"],
    );
  });
});
