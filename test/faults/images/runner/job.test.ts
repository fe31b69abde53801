import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { placeOf } from "../../../../images/runner/src/artifacts.ts";
import { linkPackages, sourceOf } from "../../../../images/runner/src/checkout.ts";
import { errorCatalogue } from "../../../../programs/error-catalogue.ts";

const run = promisify(execFile);
const sha = "0123456789abcdef0123456789abcdef01234567";
const given = { SWITCHYARD_COMMIT: sha, GITHUB_REPOSITORY: "acme/platform", GITHUB_TOKEN: "ghs_secret" };

describe("what a job is told to check out", () => {
  it("is a commit of a repository of GitHub, or the last one of a branch", () => {
    const remote = { url: "https://github.com/acme/platform.git", token: "ghs_secret" };
    assert.deepEqual(sourceOf(given), { remote, commit: sha });
    for (const commit of ["main", "release/1.x", "a-b_c"])
      assert.deepEqual(sourceOf({ ...given, SWITCHYARD_COMMIT: commit }), { remote, commit });
  });

  for (const [name, values] of [
    [
      "SWITCHYARD_COMMIT",
      ["", "--upload-pack=x", "a..b", "main:other", "a b", "+main", "main/", "-", "a.lock", "a//b"],
    ],
    ["GITHUB_REPOSITORY", ["", "platform", "acme/../x", "acme/platform/x", "-a/b c"]],
    ["GITHUB_TOKEN", [""]],
    ["GITHUB_SERVER_URL", ["ext::sh -c x", "github.com"]],
  ] as const)
    for (const value of values)
      it(`is not with ${name}=${value || '""'}, and the error names that`, () => {
        assert.throws(
          () => sourceOf({ ...given, [name]: value }),
          (error: Error) => error.message.includes(name) && !error.message.includes("ghs_secret"),
        );
      });
});

describe("packages of the image", () => {
  it("are a checkout's where locks agree, and what is part of a checkout is its own", async () => {
    const directory = mkdtempSync(join(tmpdir(), "switchyard-packages-"));
    const [image, checkout] = [join(directory, "image"), join(directory, "checkout")];
    for (const path of ["node_modules/left/a", "node_modules/@scope/right", "node_modules/.cache", "node_modules/@own"])
      mkdirSync(join(image, path), { recursive: true });
    for (const root of [image, checkout]) {
      mkdirSync(join(root, "part"), { recursive: true });
      writeFileSync(join(root, "part", root === image ? "of-image" : "of-checkout"), "");
    }
    symlinkSync("../../part", join(image, "node_modules/@own/part"));
    await linkPackages(checkout, image);
    const inside = (path: string) => readdirSync(join(checkout, "node_modules", path));
    assert.deepEqual([inside(""), inside("left")], [["@own", "@scope", "left"], ["a"]]);
    assert.deepEqual([inside("@scope"), inside("@own/part")], [["right"], ["of-checkout"]]);
    rmSync(directory, { recursive: true });
  });
});

describe("where a job leaves its log", () => {
  const execution = "arn:aws:states:us-east-1:123456789012:execution:switchyard-plan:pr-7-1";
  const started = { SWITCHYARD_ARTIFACTS: "artifacts", SWITCHYARD_EXECUTION: execution, SWITCHYARD_JOB: "Plan" };

  it("is below its execution's name and its state's", () => {
    assert.deepEqual(placeOf(started), { bucket: "artifacts", execution: "pr-7-1", job: "Plan" });
  });

  for (const [name, values] of [
    ["SWITCHYARD_ARTIFACTS", ["", undefined]],
    ["SWITCHYARD_EXECUTION", ["", undefined, "arn:x:../other"]],
    ["SWITCHYARD_JOB", ["", undefined, "../Plan", "a b"]],
  ] as const)
    for (const value of values)
      it(`is nowhere with ${name}=${value}`, () => assert.equal(placeOf({ ...started, [name]: value }), undefined));
});

/** As a process, of a repository that lies here. */
describe("a job of the runner's image", function () {
  this.timeout(60_000);
  let directory: string;
  let first: string;
  const git = async (...args: readonly string[]) => {
    const as = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"];
    return (await run("git", ["-C", join(directory, "acme/platform.git"), ...as, ...args])).stdout.trim();
  };
  const entry = join(import.meta.dirname, "../../../../images/runner/src/job.ts");
  const start = async (variables: NodeJS.ProcessEnv, ...args: readonly string[]) => {
    const env = { PATH: process.env["PATH"], ...variables };
    const all = { GITHUB_SERVER_URL: `file://${directory}`, SWITCHYARD_WORK: join(directory, "work") };
    return run(process.execPath, [entry, ...args], { env: { ...all, ...env } }).then(
      ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ ...error, said: error.stdout + error.stderr }),
    );
  };
  const commit = async (version: string) => {
    const root = join(directory, "acme/platform.git");
    const says = `
      import { execFileSync } from "node:child_process";
      const [code = "0"] = process.argv.slice(2);
      const tags = execFileSync("git", ["tag"]).toString().trim();
      const settings = execFileSync("git", ["config", "--list", "--local"]).toString();
      console.log("${version}", process.argv.slice(2).join(" "), process.env.GITHUB_SHA, "tags:" + tags);
      console.log("token in the checkout:", settings.includes(process.env.GITHUB_TOKEN));
      console.log("token of:", process.env.GITHUB_TOKEN.slice(0, 6), "as", process.env.SWITCHYARD_GITHUB_LOGIN);
      console.log("said by mistake:", process.env.GITHUB_TOKEN);
      if (process.env.SWITCHYARD_REPORT) (await import("node:fs")).writeFileSync(process.env.SWITCHYARD_REPORT, "# report");
      process.exitCode = Number(code);`;
    mkdirSync(join(root, "automation"), { recursive: true });
    writeFileSync(join(root, "automation/switchyard.mjs"), says);
    const lock = { name: "x", version: "1.0.0", lockfileVersion: 3, packages: { "": { name: "x", version: "1.0.0" } } };
    writeFileSync(join(root, "package.json"), JSON.stringify(lock.packages[""]));
    writeFileSync(join(root, "package-lock.json"), JSON.stringify(lock));
    await git("add", "--all");
    await git("commit", "--quiet", "--message", version);
    return git("rev-parse", "HEAD");
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "switchyard-job-"));
    for (const path of ["acme/platform.git", "work"]) mkdirSync(join(directory, path), { recursive: true });
    await git("init", "--quiet", "--initial-branch=main");
    first = await commit("first");
    await git("tag", "v1");
    await commit("second");
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("runs the command from its commit, ends with its exit code, and leaves nothing behind", async () => {
    const { code, said } = await start({ ...given, SWITCHYARD_COMMIT: first }, "3", "plan");
    assert.match(
      said,
      new RegExp(`platform.git at ${first}\n(.*\n)*first 3 plan ${first} tags:\ntoken in the checkout: false`),
    );
    assert.equal(code, 3);
    assert.ok(!said.includes(given.GITHUB_TOKEN));
    assert.deepEqual(readdirSync(join(directory, "work")), []);
  });

  it("writes each line of its log after the trace it is part of", async () => {
    const trace = "1-5759e988-bd862e3fe1be46a994272793";
    const header = { _X_AMZN_TRACE_ID: `Root=${trace};Sampled=1` };
    const { code, said } = await start({ ...given, ...header, SWITCHYARD_COMMIT: first }, "4", "plan");
    assert.equal(code, 4);
    const lines = said.trimEnd().split("\n");
    assert.ok(lines.length >= 3 && lines.every((line) => line.startsWith(`${trace} `)), said);
    const refused = await start({ ...given, ...header, SWITCHYARD_COMMIT: "a..b" });
    assert.match(refused.said, new RegExp(`^${trace} switchyard: SWITCHYARD_COMMIT`));
  });

  describe("that an execution has started", () => {
    const execution = "arn:aws:states:us-east-1:123456789012:execution:switchyard-plan:pr-7-1";
    const put = new Map<string, string>();
    let refuses = false;
    /** Stands in for S3. */
    const s3 = createServer(async (request, response) => {
      const body = await text(request);
      if (!refuses) put.set(`${request.method} ${request.url?.split("?")[0]}`, body);
      response.writeHead(refuses ? 403 : 200).end();
    });
    before(() => new Promise<void>((resolve) => s3.listen(0, "127.0.0.1", resolve)));
    after(() => s3.close());
    const startIn = (more: NodeJS.ProcessEnv, ...args: readonly string[]) => {
      const as = { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y", AWS_REGION: "us-east-1" };
      const variables = { SWITCHYARD_EXECUTION: execution, SWITCHYARD_JOB: "Plan", SWITCHYARD_ARTIFACTS: "artifacts" };
      const AWS_ENDPOINT_URL = `http://127.0.0.1:${(s3.address() as AddressInfo).port}`;
      return start({ ...given, ...as, ...variables, AWS_ENDPOINT_URL, SWITCHYARD_COMMIT: first, ...more }, ...args);
    };

    it("leaves its log and its report, without the token, and says where", async () => {
      const { code, said } = await startIn({}, "3", "plan");
      assert.equal(code, 3);
      assert.match(said, /^kept: logs\/pr-7-1\/Plan\.txt, reports\/pr-7-1\/Plan\.md$/m);
      assert.equal(put.get("PUT /artifacts/reports/pr-7-1/Plan.md"), "# report");
      const log = put.get("PUT /artifacts/logs/pr-7-1/Plan.txt") ?? "";
      assert.match(log, /first 3 plan(.*\n)*said by mistake: \*\*\*\n/);
      assert.ok(!log.includes(given.GITHUB_TOKEN));
      assert.deepEqual(readdirSync(join(directory, "work")), []);
    });

    it("leaves the log of one that did not come to its command", async () => {
      put.clear();
      const { code } = await startIn({ SWITCHYARD_COMMIT: sha }, "3");
      assert.equal(code, errorCatalogue["not-found"].exitCode);
      assert.deepEqual([...put.keys()], ["PUT /artifacts/logs/pr-7-1/Plan.txt"]);
      assert.match([...put.values()].join(), /no such commit/);
    });

    it("tells X-Ray how it ended", async () => {
      const trace = "1-5759e988-bd862e3fe1be46a994272793";
      assert.equal((await startIn({ _X_AMZN_TRACE_ID: `Root=${trace};Sampled=1` }, "6", "plan")).code, 6);
      const [document = ""] = JSON.parse(put.get("POST /TraceSegments") ?? "{}").TraceSegmentDocuments;
      const { trace_id, fault, annotations } = JSON.parse(document);
      assert.deepEqual([trace_id, fault, annotations.job, annotations.exit_code], [trace, true, "Plan", 6]);
    });

    it("ends as its command does where AWS takes nothing, and says that", async () => {
      refuses = true;
      const { code, said } = await startIn(
        { _X_AMZN_TRACE_ID: "Root=1-5759e988-bd862e3fe1be46a994272793" },
        "5",
        "plan",
      );
      assert.equal(code, 5, said);
      assert.match(said, /its log could not be kept: /);
      assert.match(said, /not told to X-Ray: it answered 403/);
      refuses = false;
    });
  });

  it("runs the last commit of a branch, and says which that is", async () => {
    const head = await git("rev-parse", "main");
    const { code, said } = await start({ ...given, SWITCHYARD_COMMIT: "main" }, "0");
    assert.deepEqual([code, said.includes(`second 0 ${head}`)], [0, true], said);
  });

  it("speaks to GitHub as an App by a token of an hour, and gives its command no part of the key", async () => {
    const asked: { readonly line: string; readonly body: string }[] = [];
    const api = createServer(async (request, response) => {
      const line = `${request.method} ${request.url}`;
      asked.push({ line, body: await text(request) });
      response.setHeader("content-type", "application/json");
      const token = { token: "ghs_ofTheApp", expires_at: new Date(Date.now() + 3_600_000).toISOString() };
      response.end(JSON.stringify(line === "GET /app" ? { slug: "acme" } : token));
    });
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    const app = {
      GITHUB_TOKEN: JSON.stringify({ appId: "1", installationId: "2", privateKey: pem }),
      GITHUB_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      SWITCHYARD_ROLE: "apply",
    };
    const { code, said } = await start({ ...given, ...app, SWITCHYARD_COMMIT: first }, "0");
    api.close();
    assert.equal(code, 0, said);
    assert.match(said, /token of: ghs_of as acme\[bot\]\nsaid by mistake: \*\*\*\n/);
    for (const line of pem.split("\n").slice(1, -2)) assert.ok(!said.includes(line));
    assert.deepEqual(JSON.parse(asked.at(-1)?.body ?? ""), {
      repositories: ["platform"],
      permissions: { contents: "write", deployments: "write", pull_requests: "write" },
    });
  });

  it("does not start with a secret that is neither a token nor an App's", async () => {
    const { code, said } = await start(
      { ...given, GITHUB_TOKEN: '{"appId":1,"hush":2}', SWITCHYARD_COMMIT: first },
      "0",
    );
    assert.equal(code, errorCatalogue["github-refused"].exitCode);
    assert.match(said, /GITHUB_TOKEN: installationId is not usable/);
  });

  it("does not start with a commit that the repository has not, and keeps the token to itself", async () => {
    const { code, said } = await start(given, "0");
    assert.equal(code, errorCatalogue["not-found"].exitCode);
    assert.match(said, new RegExp(`${sha}.*no such commit`));
    assert.ok(!said.includes(given.GITHUB_TOKEN));
  });

  it("runs the image's own driver without a commit", async () => {
    const { code, said } = await start({ HOME: directory }, "--version");
    assert.deepEqual([code, /^\d+\.\d+\.\d+/.test(said)], [0, true], said);
  });
});
