import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ECR } from "@aws-sdk/client-ecr";
import { startPostgres, type TestPostgres } from "../images/postgres.ts";
import { bundleOnce } from "../images/processes.ts";
import { eventually, unique, useCloud } from "../support/cloud.ts";
import { useDocker } from "../support/docker.ts";
import { importNode, importRunnerBase } from "../support/docker-images.ts";

const images = join(import.meta.dirname, "../../images");

/** As in a task definition: nothing may be written, and nothing of root's be done. */
const confined = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "host"];

/** One after the other, as `docker compose up` starts them; the database is this machine's. */
describe("the images, built and run by Docker", function () {
  this.timeout(180_000);
  after("remove what was made", async () => {
    // None where the suite is skipped.
    await (postgres as TestPostgres | undefined)?.stop();
    for (const name of [...containers, ...jobs]) await docker("rm", "-f", "-v", name);
    for (const name of made.splice(0)) await docker("rmi", "-f", name);
  });
  const docker = useDocker();
  const cloud = useCloud();
  const node = unique("switchyard-test-node");
  const tag = (name: string) => `${node}-${name}`;
  const ports = { api: 0, web: 0 };
  let postgres: TestPostgres;
  let database: Record<string, string>;
  const containers: string[] = [];
  const jobs: string[] = [];
  const made: string[] = [];

  before(async () => {
    [postgres] = await Promise.all([startPostgres(), bundleOnce()]);
    await chmod(postgres.caFile, 0o644);
    database = {
      DATABASE_HOST: "127.0.0.1",
      DATABASE_PORT: String(postgres.port),
      DATABASE_NAME: await postgres.createDatabase(),
      NODE_EXTRA_CA_CERTS: "/tls/ca.crt",
    };
    await importNode(docker, node);
    made.push(node);
  });
  const settings = (variables: Record<string, string>) =>
    Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const tls = () => ["-v", `${postgres.caFile}:/tls/ca.crt:ro`];

  /** Starts a service and answers the port it says it listens on. */
  async function serve(name: "api" | "web", variables: Record<string, string>): Promise<number> {
    const container = unique(name);
    containers.push(container);
    const own = { HOST: "127.0.0.1", PORT: "0", RELEASE: "abc", ...variables };
    await docker("run", "-d", "--name", container, ...confined, ...tls(), ...settings(own), tag(name));
    const listening = /"message":"listening".*"port":(\d+)/;
    const port = await eventually(async () => listening.exec(await docker("logs", container))?.[1], 30_000);
    return Number(port);
  }

  it("build with BuildKit, on the base image; their sizes", async () => {
    const build = async (name: string, ...args: readonly string[]) => {
      await docker("build", "--network", "none", "-t", tag(name), ...args, join(images, name));
      made.push(tag(name));
    };
    await build("base", "--build-arg", `NODE=${node}`);
    for (const name of ["web", "api", "migrate"])
      await build(name, "--build-arg", `BASE=${tag("base")}`, "--build-arg", "VERSION=v1");
    for (const name of ["base", "web", "api", "migrate"]) {
      const size = Number(await docker("image", "inspect", "--format", "{{.Size}}", tag(name)));
      console.log(`      ${name}: ${Math.round(size / 1e6)} MB`);
      assert.equal(await docker("image", "inspect", "--format", "{{.Config.User}}", tag(name)), "65532:65532");
    }
  });

  it("leave out of the base what builds and fetches programs", async () => {
    const run = ["run", "--rm", "--network", "none", "--entrypoint", "node", tag("base"), "-e"];
    const script = "console.log(process.getuid(), process.version, require('fs').existsSync('/sbin/apk'))";
    assert.equal(await docker(...run, script), `65532 ${process.version} false`);
  });

  it("migrate the database", async () => {
    const secrets = {
      MASTER_SECRET: JSON.stringify({ username: "master", password: postgres.password }),
      APP_SECRET: JSON.stringify({ password: "app" }),
    };
    const output = await docker(
      ...["run", "--rm", ...confined, ...tls()],
      ...[...settings({ ...database, ...secrets }), tag("migrate")],
    );
    assert.match(output, /0001_create_notes/);
  });

  it("answer their health checks, with a root nobody can write to", async () => {
    ports.api = await serve("api", { ...database, DATABASE_USER: "app", DATABASE_PASSWORD: "app" });
    ports.web = await serve("web", { API_URL: `http://127.0.0.1:${ports.api}` });
    for (const url of [`http://127.0.0.1:${ports.api}/api/healthz`, `http://127.0.0.1:${ports.web}/healthz`]) {
      const answer = await fetch(url);
      assert.equal(answer.status, 200, url);
      assert.equal(answer.headers.get("x-version"), "v1");
      assert.equal(answer.headers.get("x-release"), "abc");
    }
    const note = { method: "POST", headers: { "content-type": "application/json" }, body: '{"text":"by docker"}' };
    assert.equal((await fetch(`http://127.0.0.1:${ports.api}/api/notes`, note)).status, 201);
    assert.match(await (await fetch(`http://127.0.0.1:${ports.web}/`)).text(), /by docker/);
    for (const container of containers)
      await assert.rejects(
        docker("exec", container, "node", "-e", "require('fs').writeFileSync('/app/x','')"),
        /EROFS/,
      );
  });

  it("are pushed to the sandbox's registry and pulled by digest", async () => {
    const ecr = new ECR(cloud.sdk());
    const repositoryName = unique("web");
    await ecr.createRepository({ repositoryName });
    const { authorizationData } = await ecr.getAuthorizationToken({});
    const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64")
      .toString()
      .slice(4);
    const { host } = new URL(cloud.endpoint);
    const pushed = `${host}/${repositoryName}:v1`;
    await assert.rejects(docker("pull", pushed), /no basic auth credentials/);
    await docker("login", "--username", "AWS", "--password", token, host);
    await docker("tag", tag("web"), pushed);
    made.push(pushed);
    const [, digest = ""] = /digest: (sha256:[0-9a-f]{64})/.exec(await docker("push", pushed)) ?? [];
    const { imageDetails } = await ecr.describeImages({ repositoryName });
    assert.deepEqual(
      imageDetails?.map(({ imageDigest, imageTags }) => [imageDigest, imageTags]),
      [[digest, ["v1"]]],
    );
    const id = await docker("image", "inspect", "--format", "{{.Id}}", tag("web"));
    const byDigest = `${host}/${repositoryName}@${digest}`;
    await docker("rmi", pushed);
    await docker("pull", byDigest);
    made.push(byDigest);
    assert.equal(await docker("image", "inspect", "--format", "{{.Id}}", byDigest), id);
    await docker("logout", host);
  });

  it("build the runner's, whose jobs check out and write in their volume alone, as nobody, and end as their command does", async () => {
    const base = tag("runner-base");
    await importRunnerBase(docker, base);
    made.push(base);
    const bases = ["NODE", "PULUMI", "BUILDX"].flatMap((name) => ["--build-arg", `${name}=${base}`]);
    const file = join(images, "runner/Dockerfile");
    await docker("build", "--network", "none", "-t", tag("runner"), "-f", file, ...bases, join(images, ".."));
    made.push(tag("runner"));
    const { directory, commit } = await repositoryOf(`
      const attempt = (path) => { try { writeFileSync(path, ""); return "written"; } catch ({ code }) { return code; } };
      import { writeFileSync } from "node:fs";
      console.log(process.argv.slice(2).join(" "), process.getuid(), attempt("here"), attempt("/switchyard/there"));
      process.exitCode = 8;
    `);
    try {
      const job = async (...args: readonly string[]) => {
        const container = unique("job");
        jobs.push(container);
        await docker(
          "create",
          "--name",
          container,
          ...confined,
          "-v",
          `${directory}:/git/acme/platform.git:ro`,
          ...args,
        );
        await docker("start", container);
        const code = await docker("wait", container);
        return [await docker("logs", container), code] as const;
      };
      const given = { GITHUB_SERVER_URL: "file:///git", GITHUB_REPOSITORY: "acme/platform", GITHUB_TOKEN: "none" };
      const at = (SWITCHYARD_COMMIT: string) => settings({ ...given, SWITCHYARD_COMMIT });
      const [said, code] = await job(...at(commit), tag("runner"), "plan", "pipeline");
      assert.match(said, /plan pipeline 65532 written EROFS/);
      assert.equal(code, "8");
      const [refused, invalid] = await job(...at("a..b"), tag("runner"), "plan", "pipeline");
      assert.match(refused, /SWITCHYARD_COMMIT/);
      assert.equal(invalid, "2");
      const [version, none] = await job(tag("runner"), "--version");
      assert.match(version, /^\d+\.\d+\.\d+/m);
      assert.equal(none, "0");
      const [untagged, refusal] = await job("--entrypoint", "push-images", tag("runner"));
      assert.match(untagged, /SWITCHYARD_TAG: it is missing/);
      assert.equal(refusal, "2");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  /** A repository with a driver and the lockfile of the image, which the image's user may read. */
  async function repositoryOf(driver: string): Promise<{ directory: string; commit: string }> {
    const directory = await mkdtemp(join(tmpdir(), "switchyard-repository-"));
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-C", directory, "-c", "user.name=a", "-c", "user.email=a@example.org", ...args]).toString();
    await mkdir(join(directory, "automation"));
    await writeFile(join(directory, "automation/switchyard.mjs"), driver);
    await copyFile(join(images, "../package-lock.json"), join(directory, "package-lock.json"));
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message", "one");
    // Git reads no repository of somebody else's.
    execFileSync("chown", ["-R", "65532:65532", directory]);
    return { directory, commit: git("-c", `safe.directory=${directory}`, "rev-parse", "HEAD").trim() };
  }

  it("end on the signal a task is stopped with", async () => {
    for (const container of containers) {
      await docker("stop", "--time", "60", container);
      assert.equal(await docker("inspect", "--format", "{{.State.ExitCode}}", container), "0", container);
    }
  });
});
