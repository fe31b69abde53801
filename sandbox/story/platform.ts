/** The platform: from an empty account to logins, roles and public images, and back to nothing. */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Organizations } from "@aws-sdk/client-organizations";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { writeLayout } from "../provider/docker/layout.ts";
import { mustBeEmpty } from "./emptiness.ts";
import { type Stage, unexpected } from "./stage.ts";

const repository = "acme/switchyard";
const stateBucket = "acme-state";
const workflow = `repo:${repository}`;

/** Plays it, and fails at the first step that does not do what it should. */
export async function playPlatform(stage: Stage): Promise<void> {
  await stage.begin();
  // There is neither a builder of images nor a GitHub here.
  const without = ["--without", "images", "--without", "repository"];
  await stage.run(["bootstrap", "--repository", repository, "--state-bucket", stateBucket, ...without]);
  await stage.run(["accounts"]);

  const budget = { monthlyUsd: 50, emails: ["money@example.com"] };
  const entry = { email: "aws+public@example.com", unit: "security", budget };
  await mustChange(stage, `accounts.public=${JSON.stringify(entry)}`, /: \d+ created, \d+ unchanged in/);
  await mustChange(stage, 'people.ben.groups=["administrators"]', /: 1 created, 1 deleted, \d+ unchanged in/);
  await stage.refused(["account", "close", "public", "--yes"], "has no decommission: true");

  const account = await accountOf("aws+public@example.com");
  const role = `arn:aws:iam::${account}:role/OrganizationAccountAccessRole`;
  await stage.refused(["up", "registry"], "is the organization's management account");
  await stage.run(["up", "registry", "--config", `assumeRole=${role}`]);
  await mustPublish(stage);
  await mustHoldPullRequests(stage);

  await stage.refused(["destroy", "--everything", "--yes"], "are kept from deletion");
  await stage.run(["destroy", "--everything", "--yes", "--unprotect"]);
  await mustBeEmpty(stateBucket);
}

async function mustChange(stage: Stage, config: string, counts: RegExp): Promise<void> {
  const args = ["up", "organization", "--config", config];
  const { output } = await stage.run(args);
  if (!counts.test(output)) throw unexpected(`switchyard ${args.join(" ")}`, "it changed something else as well");
}

async function accountOf(email: string): Promise<string> {
  const { Accounts = [] } = await new Organizations({}).listAccounts({});
  const found = Accounts.find((one) => one.Email === email)?.Id;
  if (found === undefined) throw unexpected("switchyard up organization", `no account has the address ${email}`);
  return found;
}

/** Public images are pushed once, handed to Bazel by digest, and pulled by it; a tag never moves. */
async function mustPublish(stage: Stage): Promise<void> {
  const source = join(stage.directory, "public");
  const layouts = join(source, "built");
  await mkdir(join(source, "images"), { recursive: true });
  const push = ["images", "push", "--public", "--tag", "v1", "--source", source, "--layouts", layouts];
  const build = async (content: string) => {
    for (const name of ["base", "minimal"]) await writeLayout(join(layouts, name), `${name} ${content}`);
  };
  stage.say("\nInstead of `images build --public`, which needs Docker: two small images of both platforms.");
  await build("first");
  const { output } = await stage.run(push);
  if (!output.includes("oci.pull(")) throw unexpected(`switchyard ${push.join(" ")}`, "it shows no block for Bazel");
  const record = JSON.parse(await readFile(join(source, "images", "digests.json"), "utf8")) as PublicDigests;
  for (const [name, { image, digest }] of Object.entries(record)) await mustPull(stage, name, image, digest);
  await build("second");
  await stage.refused(push, "already names other content");
}

type PublicDigests = Readonly<Record<string, { readonly image: string; readonly digest: string }>>;

/** As any OCI client does: the index by its digest, each platform's manifest, and every blob, each by what it is. */
async function mustPull(stage: Stage, name: string, image: string, digest: string): Promise<void> {
  const path = `${process.env["AWS_ENDPOINT_URL"]}/v2/${image.split("/").slice(1).join("/")}`;
  const pull = async (kind: "manifests" | "blobs", wanted: string) => {
    const answer = await fetch(`${path}/${kind}/${wanted}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const got = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    if (got !== wanted) throw unexpected(`pull ${image}@${wanted}`, `it answers ${answer.status} and ${got}`);
    return bytes;
  };
  const index = JSON.parse((await pull("manifests", digest)).toString()) as { manifests: { digest: string }[] };
  for (const one of index.manifests) {
    const manifest = JSON.parse((await pull("manifests", one.digest)).toString());
    for (const blob of [manifest.config, ...manifest.layers]) await pull("blobs", blob.digest);
  }
  stage.say(`  pulled ${name} by ${digest.slice(0, 19)}…: ${index.manifests.length} manifests with all their blobs`);
}

/** A pull request's token opens the role that reads, which changes nothing, and no other. */
async function mustHoldPullRequests(stage: Stage): Promise<void> {
  const opened = await assume("switchyard-platform").catch((error: Error) => error.name);
  stage.say(`\nA pull request asks for the role switchyard-platform: ${opened}`);
  if (opened !== "AccessDenied") throw unexpected("the role switchyard-platform", "a pull request's token opens it");
  stage.say("It is given the role switchyard-plan, which looks and changes nothing:");
  const credentials = await assume("switchyard-plan");
  await stage.refused(["up", "pipeline", "--set", "keepImages=50"], "is not authorized to perform", {
    SWITCHYARD_SANDBOX_CREDENTIALS: credentials,
  });
}

async function assume(role: string): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: "https://token.actions.githubusercontent.com", aud: "sts.amazonaws.com" };
  const token = `${part({ alg: "none" })}.${part({ ...claims, sub: `${workflow}:pull_request` })}.unsigned`;
  const { Credentials: given } = await new STSClient({ maxAttempts: 1 }).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: `arn:aws:iam::123456789012:role/${role}`,
      RoleSessionName: "pull-request",
      WebIdentityToken: token,
    }),
  );
  return `${given?.AccessKeyId}:${given?.SecretAccessKey}:${given?.SessionToken}`;
}
