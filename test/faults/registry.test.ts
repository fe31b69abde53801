import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CreateRepositoryCommand, DeleteRepositoryCommand, ECRPUBLICClient } from "@aws-sdk/client-ecr-public";
import { Organizations } from "@aws-sdk/client-organizations";
import { STS } from "@aws-sdk/client-sts";
import { stopCloud, type Took } from "@switchyard/sandbox";
import type { PublicDigests } from "../../automation/images/public/handoff.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { writeLayout } from "../automation/images/layouts.ts";
import { assertAllUsed } from "../support/grants.ts";
import { pullWhole } from "../support/oci.ts";
import { Driver } from "../support/release/driver.ts";
import { assumeWith, type SessionCredentials } from "../support/tokens.ts";

const run = promisify(execFile);
const own = "repo:example/switchyard";

/** Through the command line, in an account of an organization: the stack, pushes by its role alone, pulls by anyone. */
describe("the registry of public images", function () {
  this.timeout(300_000);
  let dir: string;
  let endpoint: string;
  let account: string;
  let source: string;

  before("an organization with an account for the registry", async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-registry-"));
    source = join(dir, "source");
    await mkdir(join(source, "images"), { recursive: true });
    await drive("sandbox", "start", "--port", "0", "--owner", String(process.pid)).succeeds();
    endpoint = JSON.parse(await readFile(join(dir, "cloud.json"), "utf8")).endpoint;
    const organizations = new Organizations(aws());
    await organizations.createOrganization({ FeatureSet: "ALL" });
    const made = await organizations.createAccount({ AccountName: "registry", Email: "registry@example.com" });
    account = made.CreateAccountStatus?.AccountId ?? "";
  });
  after(async () => {
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  });

  const sandbox = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
  const aws = (credentials: object = sandbox) =>
    ({ endpoint, region: "us-east-1", maxAttempts: 1, credentials }) as { credentials: typeof sandbox };
  function drive(...args: readonly string[]): Driver {
    return as(undefined, ...args);
  }
  function as(credentials: SessionCredentials | undefined, ...args: readonly string[]): Driver {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {};
    const given = credentials && {
      SWITCHYARD_SANDBOX_CREDENTIALS: `${accessKeyId}:${secretAccessKey}:${sessionToken}`,
    };
    const env = { ...process.env, SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: dir, ...given };
    return new Driver(args, env);
  }
  async function administrator(): Promise<SessionCredentials> {
    const RoleArn = `arn:aws:iam::${account}:role/OrganizationAccountAccessRole`;
    const { Credentials } = await new STS(aws()).assumeRole({ RoleArn, RoleSessionName: "registry" });
    const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }
  const pusher = (context = "environment:public-images") =>
    assumeWith(endpoint, `arn:aws:iam::${account}:role/switchyard-push`, { sub: `${own}:${context}` });
  const images = async (...args: readonly string[]) =>
    as(await pusher(), "images", ...args, "--public", "--source", source);
  const push = (tag: string) => images("push", "--tag", tag, "--layouts", join(source, "built"));
  const build = async (content: string) => {
    for (const name of ["base", "minimal"]) await writeLayout(join(source, "built", name), `${name} ${content}`);
  };
  const record = async () => JSON.parse(await readFile(join(source, "images/digests.json"), "utf8")) as PublicDigests;

  it("is refused in the organization's management account", async () => {
    const refused = drive("up", "registry");
    assert.equal(await refused.exitCode(), errorCatalogue["invalid-config"].exitCode, refused.output);
    assert.match(refused.output, /switchyard:account: account \d{12} is the organization's management account/);
  });

  it("is made in an account of its own, and its plan is clean right after", async () => {
    const credentials = await administrator();
    await as(credentials, "up", "registry").succeeds();
    const planned = as(credentials, "plan", "registry", "--refresh");
    await planned.succeeds();
    assert.match(planned.output, /^registry: \d+ unchanged$/m);
  });

  it("takes pushes of its role, opened by one environment of the repository", async () => {
    await build("one");
    await (await push("v1")).succeeds();
    await (await images("digests", "--check")).succeeds();
    assert.match((await record())["base"]?.image ?? "", /^public\.ecr\.aws\/\w+\/base$/);
    for (const context of ["pull_request", "ref:refs/heads/main", "environment:images"])
      await assert.rejects(pusher(context), { name: "AccessDenied" }, context);
  });

  it("keeps what a tag names, and lets its role do nothing else", async () => {
    const before = await record();
    await build("two");
    const refused = await push("v1");
    assert.equal(await refused.exitCode(), errorCatalogue["invalid-flag"].exitCode, refused.output);
    assert.match(refused.output, /--tag: base:v1 already names other content/);
    assert.deepEqual(await record(), before);
    const client = new ECRPUBLICClient(aws(await pusher()));
    for (const command of [
      new CreateRepositoryCommand({ repositoryName: "other" }),
      new DeleteRepositoryCommand({ repositoryName: "base", force: true }),
    ])
      await assert.rejects(client.send(command as CreateRepositoryCommand), { name: "AccessDeniedException" });
  });

  it("has a push role that is granted nothing it does not use", async () => {
    const took = (await (await fetch(`${endpoint}/_switchyard/access`)).json()) as readonly Took[];
    await assertAllUsed(aws(await administrator()), "switchyard-push", took, {
      "Docker and other clients log in with them; this command pushes by the API and needs no login": [
        "ecr-public:GetAuthorizationToken",
        "sts:GetServiceBearerToken",
      ],
    });
  });

  it("is bound by the organization's policies: what they deny is refused", async () => {
    const organizations = new Organizations(aws());
    const { Roots } = await organizations.listRoots({});
    await organizations.enablePolicyType({ RootId: Roots?.[0]?.Id, PolicyType: "SERVICE_CONTROL_POLICY" });
    const denied = { Effect: "Deny", Action: "ecr-public:PutImage", Resource: "*" };
    const { Policy } = await organizations.createPolicy({
      ...{ Name: "no-push", Description: "No pushes", Type: "SERVICE_CONTROL_POLICY" },
      Content: JSON.stringify({ Version: "2012-10-17", Statement: [denied] }),
    });
    const attached = { PolicyId: Policy?.PolicySummary?.Id, TargetId: account };
    await organizations.attachPolicy(attached);
    const refused = await push("v2");
    assert.equal(await refused.exitCode(), errorCatalogue["aws-refused"].exitCode, refused.output);
    assert.match(refused.output, /ecr-public:PutImage .* with an explicit deny in a service control policy/);
    await organizations.detachPolicy(attached);
    await (await push("v2")).succeeds();
  });

  it("is pulled by digest by anyone, whole", async () => {
    for (const { image, digest } of Object.values(await record())) {
      const { platforms, blobs } = await pullWhole(endpoint, image, digest);
      assert.deepEqual(platforms, ["linux/amd64", "linux/arm64"]);
      assert.ok(blobs >= 4);
    }
  });

  it("builds both platforms for real, the same digest twice, and pushes them, where Docker's buildx can", async function () {
    const { stdout } = await run("docker", ["buildx", "inspect"]).catch(() => ({ stdout: "" }));
    if (!/^Driver: +(?!docker$)\S+$/m.test(stdout)) {
      console.log("      skipped: no `docker buildx` with a builder that exports for several platforms");
      this.skip();
    }
    const build = async (layouts: string) => {
      const command = drive("images", "build", "--public", "--tag", "real", "--layouts", join(dir, layouts));
      await command.succeeds();
      return command.output;
    };
    assert.equal(await build("first"), await build("second"));
    await (await images("push", "--tag", "real", "--layouts", join(dir, "second"))).succeeds();
    for (const { image, digest } of Object.values(await record()))
      assert.deepEqual((await pullWhole(endpoint, image, digest)).platforms, ["linux/amd64", "linux/arm64"]);
  });

  for (const [client, argv] of [
    ["crane", (image: string) => ["pull", "--insecure", "--format", "oci", image, join(dir, "crane")]],
    [
      "skopeo",
      (image: string) => [
        ...["--insecure-policy", "copy", "--all", "--src-tls-verify=false"],
        ...[`docker://${image}`, `oci:${join(dir, "skopeo")}`],
      ],
    ],
  ] as const)
    it(`is pulled by digest with ${client}, where there is one`, async function () {
      const { image = "", digest = "" } = (await record())["base"] ?? {};
      const reference = `${image.replace("public.ecr.aws", new URL(endpoint).host)}@${digest}`;
      const missing = await run(client, argv(reference)).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT") return true;
          throw error;
        },
      );
      if (missing) {
        console.log(`      skipped: there is no ${client} on PATH`);
        this.skip();
      }
      assert.match(await readFile(join(dir, client, "index.json"), "utf8"), new RegExp(digest));
    });
});
