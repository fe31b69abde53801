import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readRelease } from "../../automation/ledger/release.ts";
import { liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line: what a page uploads by a signed address is what it reads. */
describe("a service that keeps files", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  let [overrides, given] = ["", ""];

  before(async () => {
    overrides = join(sandbox().dir, "work", `overrides.${stack}.jsonl`);
    given = await readFile(overrides, "utf8").catch(() => "");
  });
  after("taken out again", async () => {
    await writeFile(overrides, given);
    await sandbox().drive("up", stack, "--disrupt", "aws:iam/rolePolicy:RolePolicy::api-files").succeeds();
  });

  it("gives out addresses to upload at and to read from, and plans clean", async () => {
    const live = liveVersion(await readRelease(sandbox().table));
    const settings = {
      "switchyard:files": { origins: ["https://www.example.com"], expireDays: 30 },
      "switchyard:services": { api: { files: true } },
    };
    await writeFile(overrides, `${given}${JSON.stringify(settings)}\n`);
    await sandbox()
      .drive("deploy", stack, "--tag", live === "v2" ? "v3" : "v2", "--strategy", "all-at-once")
      .succeeds();
    const body = "four";
    const asked = await fetch(`${sandbox().url}/api/files`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ type: "text/plain", bytes: body.length }),
    });
    assert.equal(asked.status, 201, await asked.clone().text());
    const { id, url, headers, method } = (await asked.json()) as Record<"id" | "url" | "method", string> & {
      headers: Record<string, string>;
    };
    const put = await fetch(url, { method, headers, body });
    assert.equal(put.status, 200, await put.text());
    const read = await fetch(`${sandbox().url}/api/files/${id}`);
    assert.deepEqual([read.status, await read.text()], [200, body]);
    assert.match(await sandbox().drive("plan", stack).succeeds(), /\d+ unchanged/);
  });
});
