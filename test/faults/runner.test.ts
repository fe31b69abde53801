import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import fc from "fast-check";
import { errorCatalogue } from "../../programs/errors.ts";
import { imageOf, pushImage } from "../sandbox/cloud/images.ts";
import { eventually } from "../support/cloud.ts";
import { DeliveryRepository } from "../support/delivery.ts";

/** Through the command line: executions and their jobs run in the sandbox, of an image that stands in for the runner's. */
describe("the runner", function () {
  this.timeout(120_000);
  this.retries(0);
  let repository: DeliveryRepository;
  let commit: string;
  let pull: number;

  const drive = (...args: readonly string[]) => repository.drive(args);
  const start = async (machine: string, of: string, ...more: readonly string[]) => {
    const said = await drive("runner", "start", machine, of, "--commit", commit, "--json", ...more).succeeds();
    return (JSON.parse(/^{.*$/ms.exec(said)?.[0] ?? "") as { execution: string }).execution;
  };
  const run = (attempt: number, ...command: readonly string[]) =>
    start("run", "pipeline", "--role", "plan", "--attempt", String(attempt), "--", ...command);

  before("the runner's stack, whose jobs run the driver of a clone", async () => {
    repository = await DeliveryRepository.start();
    await repository.change("change", "Pulumi.pipeline.yaml", (text) =>
      text.concat("\n  switchyard:github: { repository: acme/platform, stacks: [sandbox] }\n"),
    );
    const secrets = new SecretsManagerClient(await sdk());
    const token = new CreateSecretCommand({ Name: "switchyard/github", SecretString: repository.tokens.bot });
    const secret = (await secrets.send(token)).ARN;
    const image = await pushImage(new ECRClient(await sdk()), "runner", await standIn());
    const file = [
      "config:",
      "  aws:region: us-east-1",
      "  switchyard:tier: development",
      `  switchyard:image: ${image}`,
      "  switchyard:repository: acme/platform",
      `  switchyard:githubTokenSecretArn: ${secret}`,
      "  switchyard:deployStack: sandbox",
      "  switchyard:builds: [linux/arm64]",
    ];
    await writeFile(join(repository.clone, "Pulumi.runner.yaml"), file.join("\n"));
    await drive("up", "pipeline").succeeds();
    await drive("up", "runner").succeeds();
    commit = await repository.change("change", "Pulumi.pipeline.yaml", (text) =>
      text.replace("[base, web, api, migrate]", "[base, web, api, migrate, extra]"),
    );
  });
  after(() => repository.stop());

  const status = async () => (await fetch(`${await endpoint()}/_switchyard/status`)).json() as Promise<Status>;
  const endpoint = async () =>
    (JSON.parse(await readFile(join(repository.sandbox, "cloud.json"), "utf8")) as { endpoint: string }).endpoint;
  const sdk = async () => ({
    endpoint: await endpoint(),
    region: "us-east-1",
    credentials: { accessKeyId: "sandbox", secretAccessKey: "sandbox" },
  });

  /** Runs the clone's driver against the sandbox, as the runner's image runs that of a checkout. */
  function standIn() {
    const driver = join(repository.clone, "automation", "switchyard.mjs");
    const main = `process.argv[1] = ${JSON.stringify(driver)}; process.chdir(${JSON.stringify(repository.clone)}); await import(process.argv[1]);`;
    const { GITHUB_API_URL, GITHUB_SERVER_URL } = repository.variables;
    const variables = {
      ...{ SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: repository.sandbox, HOME: repository.directory },
      ...{ GITHUB_API_URL, GITHUB_SERVER_URL, SWITCHYARD_DOCKER: "off" },
    };
    const pushImages = join(repository.clone, "images/runner/src/push-images.ts");
    // No daemon of Docker's is started on this machine.
    const programs = {
      "usr/local/bin/start-docker": "#!/bin/sh\n",
      "usr/local/bin/push-images": `#!/bin/sh\nexec node ${JSON.stringify(pushImages)}\n`,
    };
    const Env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return imageOf(
      { "app/": "", "app/main.mjs": main, ...programs },
      { Entrypoint: ["node", "/app/main.mjs"], WorkingDir: "/app", Env },
    );
  }

  it("plans a pull request, says it there, and is followed to its end", async () => {
    pull = await repository.openPull("change");
    const execution = await start("plan", String(pull));
    assert.equal(await start("plan", String(pull)), execution);
    const said = await drive("runner", "follow", execution).succeeds();
    assert.match(said, /: Begin\n.*: Plan\n(.*\n)*.*stacks: pipeline(.*\n)*.*: Planned\n.*has succeeded/);
    const [comment] = await repository.comments(pull);
    assert.match(comment?.body ?? "", /^<!-- switchyard:plan -->/);
  });

  it("ends with the exit code of the command that failed", async () => {
    const followed = await drive("runner", "follow", await run(1, "history", "pipeline", "--limit", "0")).ended();
    assert.equal(followed.code, errorCatalogue["invalid-flag"].exitCode, followed.output);
    assert.match(followed.output, /^ {2}.*--limit.*(.*\n)*.*ended as Failed: its job ended with exit code 2/m);
  });

  interface Status {
    readonly jobs: readonly { readonly jobName: string; readonly status: string; readonly pid?: number }[];
  }
  const jobOf = (execution: string) =>
    eventually(async () => {
      const { jobs } = await status();
      return jobs.find(({ jobName, pid }) => jobName.startsWith(execution) && pid !== undefined)?.pid;
    });

  it("tells of a job that was killed, and ends the job of an execution that is cancelled", async () => {
    const killed = await run(2, "plan", "pipeline");
    process.kill(await jobOf(killed), "SIGKILL");
    const followed = await drive("runner", "follow", killed).ended();
    assert.equal(followed.code, 137, followed.output);
    const cancelled = await run(3, "plan", "pipeline");
    await jobOf(cancelled);
    await drive("runner", "cancel", cancelled).succeeds();
    const ended = await drive("runner", "follow", cancelled).ended();
    assert.equal(ended.code, errorCatalogue["execution-failed"].exitCode, ended.output);
    assert.match(ended.output, /ended as ABORTED \(Cancelled: by /);
    await eventually(async () => {
      const { jobs } = await status();
      return jobs.every(({ jobName, status }) => !jobName.startsWith(cancelled) || status === "FAILED");
    });
  });

  it("builds and pushes a commit's images in the account, which a deploy finds, and ends as a push that fails", async () => {
    const said = await drive("images", "push", "--remote", "--tag", "remote-1").succeeds();
    assert.match(said, /: INSTALL\n(.*\n)*.*: BUILD\n(.*\n)*.*: COMPLETED\n/);
    const ecr = new ECRClient(await sdk());
    for (const name of ["web", "api", "migrate"]) {
      const asked = { repositoryName: `switchyard/${name}`, imageIds: [{ imageTag: "remote-1" }] };
      const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand(asked));
      const digest = new RegExp(`^ {2}${name} .*@${imageDetails[0]?.imageDigest}$`, "m");
      assert.match(said.slice(said.indexOf(": COMPLETED")), digest);
    }
    await repository.change("broken", "images/web/Dockerfile", () => "FROM scratch\nCOPY nothing /\n", "change");
    const failed = await drive("images", "push", "--remote", "--tag", "remote-2").ended();
    await repository.git("checkout", "--quiet", "change");
    assert.equal(failed.code, errorCatalogue["update-failed"].exitCode, failed.output);
    assert.match(failed.output, /failed in BUILD: its push ended with exit code 8/);
  });

  const answered = (verdict: "approve" | "reject", execution: string) =>
    eventually(async () => (await drive("runner", verdict, execution, "--why", "Friday").ended()).code === 0, 40_000);

  it("applies what was merged when it is approved, and nothing that was rejected", async () => {
    await repository.approve(pull);
    commit = await repository.merge(pull);
    const rejected = await start("plan-apply", "pipeline");
    await answered("reject", rejected);
    const refused = await drive("runner", "follow", rejected).ended();
    assert.equal(refused.code, errorCatalogue["execution-failed"].exitCode, refused.output);
    assert.match(refused.output, /: AskApproval\n.*: Rejected\n/);
    const late = await drive("runner", "approve", rejected).ended();
    assert.equal(late.code, errorCatalogue["not-found"].exitCode, late.output);

    const execution = await start("plan-apply", "pipeline", "--attempt", "2");
    await answered("approve", execution);
    const said = await drive("runner", "follow", execution).succeeds();
    assert.match(said, /: Apply\n(.*\n)*.*: Validate\n(.*\n)*.*: Applied\n/);
    const repositories = await new ECRClient(await sdk()).send(new DescribeRepositoriesCommand({}));
    const names = repositories.repositories?.map(({ repositoryName = "" }) => repositoryName) ?? [];
    assert.ok(
      names.some((name) => name.endsWith("/extra")),
      names.join(),
    );
  });

  /** Milliseconds that an update of the pipeline takes, about. */
  const longestMs = 5_000;
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

  /** Whether it had not ended before. */
  function kill(pid: number): boolean {
    try {
      return process.kill(pid, "SIGKILL");
    } catch {
      return false;
    }
  }

  it(`ends an execution whose job is killed at any moment (SEED=${seed}), and the next one takes over what it left`, async () => {
    const moments = fc.sample(fc.integer({ min: 0, max: longestMs }), { numRuns: 3, seed });
    for (const [turn, moment] of moments.entries()) {
      const name = `extra-${turn}`;
      commit = await repository.change("killed", "Pulumi.pipeline.yaml", (text) =>
        text.replace("extra", `extra, ${name}`),
      );
      const apply = (attempt: number) =>
        start("run", "pipeline", "--role", "apply", "--attempt", String(attempt), "--", "up", "pipeline");
      const killed = await apply(1);
      const pid = await jobOf(killed);
      await delay(moment);
      const wasRunning = kill(pid);
      const { code, output } = await drive("runner", "follow", killed).ended();
      assert.equal(code, wasRunning ? 137 : 0, `killed after ${moment} ms: ${output}`);
      await drive("runner", "follow", await apply(2)).succeeds();
      const repositories = await new ECRClient(await sdk()).send(new DescribeRepositoriesCommand({}));
      const made = repositories.repositories?.map(({ repositoryName = "" }) => repositoryName) ?? [];
      assert.ok(made.includes(`switchyard/${name}`), `killed after ${moment} ms: ${made.join()}`);
      await drive("drift", "pipeline").succeeds();
    }
  });
});
