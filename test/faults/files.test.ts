import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchInCloud } from "@switchyard/sandbox";
import { readRelease } from "../../automation/ledger/release.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { liveVersion } from "../support/release/converged.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const ofFiles = (type: string) => `aws:${type}::${stack}-files`;
/** What goes with the CDN, and has to be named. */
const withCdn = [
  ofFiles("cloudfront/distribution:Distribution"),
  ofFiles("cloudfront/originAccessControl:OriginAccessControl"),
  ofFiles("s3/bucketPolicy:BucketPolicy"),
  `aws:kms/key:Key::${stack}`,
];
const named = (...resources: readonly string[]) => resources.flatMap((each) => ["--disrupt", each]);

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
    await sandbox()
      .drive("up", stack, ...named("aws:iam/rolePolicy:RolePolicy::api-files", ...withCdn))
      .succeeds();
  });

  const announce = async (file: object) => {
    const answer = await fetch(`${sandbox().url}/api/files`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(file),
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return (await answer.json()) as {
      readonly id: string;
      readonly url: string;
      readonly headers: Record<string, string>;
      readonly publicUrl?: string;
    };
  };

  it("gives out addresses to upload at and to read from, and plans clean", async () => {
    const live = liveVersion(await readRelease(sandbox().table));
    const settings = {
      "switchyard:files": { origins: ["https://www.example.com"], expireDays: 30, cdn: {} },
      "switchyard:services": { api: { files: true } },
    };
    await writeFile(overrides, `${given}${JSON.stringify(settings)}\n`);
    await sandbox()
      .drive("deploy", stack, "--tag", live === "v2" ? "v3" : "v2", "--strategy", "all-at-once")
      .succeeds();
    const body = "four";
    const asked = await announce({ type: "text/plain", bytes: body.length });
    const put = await fetch(asked.url, { method: "PUT", headers: asked.headers, body });
    assert.equal(put.status, 200, await put.text());
    const read = await fetch(`${sandbox().url}/api/files/${asked.id}`);
    assert.deepEqual([read.status, await read.text()], [200, body]);
    const { id, publicUrl, url, headers } = await announce({ type: "image/png", bytes: body.length, public: true });
    assert.match(String(publicUrl), /^https:\/\/[a-z0-9]+\.cloudfront\.net\/public\//);
    assert.ok(publicUrl?.endsWith(`/${id}`));
    const uploaded = await fetch(url, { method: "PUT", headers, body });
    assert.equal(uploaded.status, 200, await uploaded.text());
    const everybody = fetchInCloud(process.env["AWS_ENDPOINT_URL"] ?? "");
    const shown = await everybody(String(publicUrl), { headers: { origin: "https://www.example.com" } });
    assert.deepEqual([shown.status, await shown.text()], [200, body]);
    assert.deepEqual(
      ["content-type", "access-control-allow-origin"].map((name) => shown.headers.get(name)),
      ["image/png", "*"],
    );
    const { origin } = new URL(String(publicUrl));
    for (const path of [new URL(asked.url).pathname.split("/").slice(-2).join("/"), "public/none", ""])
      assert.equal((await everybody(`${origin}/${path}`)).status, 403, path);
    assert.match(await sandbox().drive("plan", stack).succeeds(), /\d+ unchanged/);
  });

  it("keeps its CDN until all that goes with it is named", async () => {
    const settings = { "switchyard:services": { api: { files: true } } };
    await writeFile(overrides, `${given}${JSON.stringify(settings)}\n`);
    const refused = await sandbox().drive("up", stack).ended();
    assert.equal(refused.code, errorCatalogue["disruptive-change"].exitCode, refused.output);
    for (const why of ["answered nowhere", "gets no public files", "use the bucket", "use the key"])
      assert.ok(refused.output.includes(why), `${why} of ${refused.output}`);
  });
});
