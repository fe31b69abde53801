import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { GetObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import fc from "fast-check";
import { projectRoot } from "../../automation/surroundings.ts";
import { artifactKey } from "../../programs/components/runner/artifacts.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { bundleOnce } from "../images/processes.ts";
import { imageOf, pushImage } from "../sandbox/cloud/images.ts";
import { eventually } from "../support/cloud.ts";
import type { DeliveryRepository } from "../support/delivery.ts";
import { assertDocument } from "../support/document.ts";
import { RunnerStage, runsOn } from "../support/runner-stage.ts";

/** Through the command line: executions and their jobs run in the sandbox, by the runner's own entry point. */
describe("the runner", function () {
  this.timeout(240_000);
  this.retries(0);
  let stage: RunnerStage;
  let repository: DeliveryRepository;
  let commit: string;
  let pull: number;
  const slack: string[] = [];
  const slackServer = createServer(async (request, response) => {
    slack.push((JSON.parse(await textOf(request)) as { text: string }).text);
    response.end("ok");
  });

  const drive = (...args: readonly string[]) => repository.drive(args);
  const start = async (machine: string, of: string, ...more: readonly string[]) => {
    const said = await drive("runner", "start", machine, of, "--commit", commit, "--json", ...more).succeeds();
    return (JSON.parse(/^{.*$/ms.exec(said)?.[0] ?? "") as { execution: string }).execution;
  };
  const run = (attempt: number, ...command: readonly string[]) =>
    start("run", "pipeline", "--role", "plan", "--attempt", String(attempt), "--", ...command);

  before("the runner's stack, whose jobs run the driver of a clone", async () => {
    stage = await RunnerStage.start();
    ({ repository } = stage);
    await new Promise<void>((resolve) => slackServer.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(slackServer.address() as AddressInfo).port}/`;
    const webhook = new CreateSecretCommand({ Name: "switchyard/slack", SecretString: address });
    const { ARN } = await new SecretsManagerClient(await sdk()).send(webhook);
    const notifier = await pushImage(new ECRClient(await sdk()), "notifier", await teller());
    await stage.apply([`  switchyard:notifierImage: ${notifier}`, `  switchyard:slackSecretArn: ${ARN}`]);
    commit = await repository.change("change", "Pulumi.pipeline.yaml", (text) =>
      text.replace("[base, web, api, migrate]", "[base, web, api, migrate, extra]"),
    );
  });
  after(async () => {
    slackServer.close();
    await stage.stop();
  });

  const status = async () => (await fetch(`${await endpoint()}/_switchyard/status`)).json() as Promise<Status>;
  const endpoint = () => stage.endpoint();
  const sdk = () => stage.sdk();

  async function teller() {
    await bundleOnce();
    const program = await readFile(join(projectRoot, "images/notifier/dist/notifier.mjs"), "utf8");
    const Env = ["VERSION=v1", `GITHUB_API_URL=${repository.variables["GITHUB_API_URL"]}`];
    return imageOf(
      { "app/": "", "app/notifier.mjs": program },
      { Entrypoint: ["node", "notifier.mjs"], WorkingDir: "/app", Env },
    );
  }

  /** What a job has left in the runner's bucket. */
  async function left(kind: "log" | "report", execution: string, job: string): Promise<string> {
    const s3 = new S3Client({ ...(await sdk()), forcePathStyle: true });
    const Bucket = await artifactsBucket(s3);
    const found = await s3.send(new GetObjectCommand({ Bucket, Key: artifactKey(kind, execution, job) }));
    s3.destroy();
    return (await found.Body?.transformToString()) ?? "";
  }

  async function artifactsBucket(s3: S3Client): Promise<string> {
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    return Buckets.find(({ Name = "" }) => Name.includes("runner-artifacts"))?.Name ?? "";
  }

  it("plans a pull request, says it there, and is followed to its end", async () => {
    pull = await repository.openPull("change");
    const execution = await start("plan", String(pull));
    assert.equal(await start("plan", String(pull)), execution);
    const said = await drive("runner", "follow", execution).succeeds();
    assert.match(said, /: Begin\n.*: Plan\n(.*\n)*.*stacks: pipeline(.*\n)*.*: Planned\n.*has succeeded/);
    const [comment] = await repository.comments(pull);
    assert.match(comment?.body ?? "", /^<!-- switchyard:plan -->/);
    assert.match(await left("log", execution, "Plan"), /stacks: pipeline/);
    assert.ok(comment?.body.includes((await left("report", execution, "Plan")).trim()), comment?.body);
  });

  /** Slack hears of an execution by a signed link to what its job has left. */
  const readLink = async (execution: string, says: RegExp): Promise<string> => {
    await eventually(async () => slack.some((each) => each.includes(execution) && says.test(each)), 40_000);
    const told = slack.find((each) => each.includes(execution) && says.test(each)) ?? "";
    const [, url = ""] = /<(http[^|]+)\|/.exec(told) ?? [];
    const answer = await fetch(url);
    assert.equal(answer.status, 200, told);
    return answer.text();
  };

  it("ends with the exit code of the command that failed", async () => {
    const execution = await run(1, "history", "pipeline", "--limit", "0");
    const followed = await drive("runner", "follow", execution).ended();
    assert.equal(followed.code, errorCatalogue["invalid-flag"].exitCode, followed.output);
    assert.match(followed.output, /^ {2}.*--limit.*(.*\n)*.*ended as Failed: its job ended with exit code 2/m);
    assert.match(await readLink(execution, /ended as Failed/), /--limit/);
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
    kill(await jobOf(killed));
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
    const said = await drive("images", "push", "--remote", "--tag", "remote-1", "--json").succeeds();
    assertDocument(said, { tag: "remote-1" });
    assert.match(said, /: INSTALL\n(.*\n)*.*: BUILD\n(.*\n)*.*: COMPLETED\n/);
    const ecr = new ECRClient(await sdk());
    for (const name of ["web", "api", "migrate"]) {
      const asked = { repositoryName: `switchyard/${name}`, imageIds: [{ imageTag: "remote-1" }] };
      const { imageDetails = [] } = await ecr.send(new DescribeImagesCommand(asked));
      const digest = new RegExp(`^ {2}${name} .*@${imageDetails[0]?.imageDigest}$`, "m");
      assert.match(said.slice(said.indexOf(": COMPLETED")), digest);
    }
    await repository.change("broken", "images/web/Dockerfile", () => "FROM scratch\nCOPY nothing /\n", "change");
    const failed = await drive("images", "push", "--remote", "--tag", "remote-2", "--json").ended();
    await repository.git("checkout", "--quiet", "change");
    const { exitCode } = errorCatalogue["update-failed"];
    assert.equal(failed.code, exitCode, failed.output);
    assertDocument(failed.output, { status: "FAILED", phase: "BUILD", exitCode });
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
    assert.match(await readLink(execution, /waits for approval/), /^### `pipeline`: \d+ created/);
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

  const lifecycle = (count: number) => (text: string) => text.replace(/keepImages: "\d+"/, `keepImages: "${count}"`);
  /** Merged as a workflow has it, with all that is said of it then; what differs from merge to merge taken out. */
  const mergedOn = async (where: "github" | "aws", branch: string, edit: (text: string) => string) => {
    await repository.change(branch, "Pulumi.pipeline.yaml", (text) => runsOn(where)(edit(text)));
    const number = await repository.openPull(branch);
    await drive("ci", "pull-request", "--pull-request", String(number)).succeeds();
    await repository.approve(number);
    commit = await repository.merge(number);
    const words = ["ci", "merge", "--only", "pipeline"];
    const merge = () =>
      where === "aws" ? stage.startAs("start-platform", "platform", ...words) : drive(...words).ended();
    const ended = await merge();
    return { ...ended, number, commit, merge, said: await saidOf(number, commit) };
  };
  const saidOf = async (number: number, of: string) => {
    const plain = (text: string) =>
      text
        .replaceAll(of.slice(0, 12), "<commit>")
        .replace(/to [0-9a-f]{12}/g, "to <before>")
        .replace(/"(at|audit)":("[^"]*"|\{[^}]*\})/g, '"$1"')
        .replace(/"pullRequest":\d+/, '"pullRequest"');
    await repository.git("fetch", "--quiet", "origin", "+refs/notes/switchyard:refs/notes/switchyard");
    const note = await repository.git("log", "-1", "--format=%N", "--notes=switchyard", of);
    const comments = await repository.comments(number);
    return {
      comment: comments
        .map(({ body }) => body)
        .filter((body) => body.includes("switchyard:merge"))
        .map(plain),
      deployed: await repository.deployed(of),
      note: plain(note).trim(),
    };
  };

  it("does a merge of a stack that says so: what is said of it is what is said where GitHub does it", async () => {
    const here = await mergedOn("github", "here", lifecycle(91));
    assert.equal(here.code, 0, here.output);
    assert.doesNotMatch(here.output, /runs on AWS/);
    const there = await mergedOn("aws", "there", lifecycle(92));
    assert.equal(there.code, 0, there.output);
    assert.match(
      there.output,
      /pipeline: merge at \w{12} runs on AWS as pipeline-(.*\n)*.*: Apply\n(.*\n)*.*: Validate\n(.*\n)*.*: Applied\n/,
    );
    assert.deepEqual(there.said, here.said);
    assert.match(here.said.comment.join(), /✅ Applied <commit>: pipeline/);
    assert.deepEqual(here.said.deployed, { pipeline: ["in_progress", "success"] });
    const last = await stage.lastMerge("pipeline");
    assert.deepEqual([last["commit"], last["approver"], last["outcome"]], [there.commit, "bob", "succeeded"]);
    const again = await there.merge();
    assert.equal(again.code, 0, again.output);
    assert.match(again.output, /runs on AWS as \S+-2;/);
    await stage.usesAll("switchyard-start-platform");
  });

  it("goes back in its job, and ends with its exit code, saying the same", async () => {
    const refuse = { service: "ecr", operation: "PutLifecyclePolicy", effect: "error", status: 400 } as const;
    const fault = (count: number) => ({
      ...refuse,
      code: "InvalidParameterException",
      message: "no",
      body: `:${count}`,
    });
    await repository.cloudFaults(fault(31), fault(32));
    const there = await mergedOn("aws", "bad-there", lifecycle(31));
    assert.equal(there.code, errorCatalogue["merge-undone"].exitCode, there.output);
    assert.match(there.output, /: WhyNotApplied\n(.*\n)*.*: ValidateLastGood\n(.*\n)*.*ended as WentBack/);
    const here = await mergedOn("github", "bad-here", lifecycle(32));
    assert.equal(here.code, errorCatalogue["merge-undone"].exitCode, here.output);
    await repository.cloudFaults();
    assert.deepEqual(there.said, here.said);
    assert.match(there.said.comment.join(), /❌ <commit> could not be applied; went back: pipeline to <before>/);
    assert.deepEqual(there.said.deployed, { pipeline: ["in_progress", "failure"] });
  });

  it("takes back what it has applied of a merge whose other stack GitHub's machine cannot apply", async () => {
    await repository.change("mixed", "Pulumi.sandbox.yaml", runsOn("github"));
    await repository.change("mixed", "Pulumi.pipeline.yaml", (text) => runsOn("aws")(lifecycle(71)(text)));
    const number = await repository.openPull("mixed");
    await drive("ci", "pull-request", "--pull-request", String(number)).succeeds();
    await repository.approve(number);
    const merged = await repository.merge(number);
    const refuse = { service: "ec2", operation: "CreateVpc", effect: "error", status: 400 } as const;
    await repository.cloudFaults({ ...refuse, code: "VpcLimitExceeded", message: "no" });
    const ended = await drive("ci", "merge", "--only", "pipeline", "--only", "sandbox").ended();
    await repository.cloudFaults();
    assert.equal(ended.code, errorCatalogue["merge-frozen"].exitCode, ended.output);
    // The environment was never applied: the merge's parent may have been refused.
    const outcome =
      "went back: pipeline to its last good commit; frozen, as no commit is known that was applied well before: sandbox";
    assert.ok(ended.output.includes(outcome), ended.output);
    assert.match(
      ended.output,
      /`switchyard unfreeze sandbox`, and `switchyard up sandbox` from the checkout of a commit/,
    );
    const comments = (await repository.comments(number)).map(({ body }) => body);
    assert.ok(
      comments.some((body) => body.includes(outcome)),
      comments.join("\n"),
    );
    assert.deepEqual((await repository.deployed(merged))["pipeline"]?.slice(-2), ["success", "failure"]);
    const last = await stage.lastMerge("pipeline");
    assert.deepEqual([last["outcome"], last["why"]], ["succeeded", `went back from ${merged.slice(0, 12)}`]);
    assert.notEqual(last["commit"], merged);
  });

  it("does a release of an environment that says so, and ends as it would where GitHub does it", async () => {
    const release = async (runner: "github" | "aws", tag: string) => {
      await repository.change("release", "Pulumi.sandbox.yaml", runsOn(runner));
      await repository.git("tag", tag);
      const words = ["ci", "tag", "sandbox", tag, "--only", "deploy", "--json"];
      return runner === "aws" ? stage.startAs("start-sandbox", "sandbox", ...words) : drive(...words).ended();
    };
    // Nobody has pushed its images.
    const here = await release("github", "v90");
    const there = await release("aws", "v91");
    assert.match(
      there.output,
      /sandbox: release at \w{12} runs on AWS as (.*\n)*.*ended as NotDeployed: its job ended with/,
    );
    assert.equal(there.code, here.code, there.output);
    assertDocument(there.output, { machine: "release", status: "FAILED", error: "NotDeployed", exitCode: here.code });
    assert.notEqual(there.code, 0);
    const refusal = (output: string) => /^ *switchyard: .*$/m.exec(output)?.[0].trim().replaceAll(/v9\d/g, "v9");
    assert.equal(refusal(there.output), refusal(here.output));
    const said = await stage.startAs("start-sandbox", "sandbox", "history", "sandbox", "--limit", "1", "--json");
    assert.equal(said.code, 0, said.output);
    await stage.usesAll("switchyard-start-sandbox", {
      "the ledger is under the key in AWS, and DynamoDB uses it in the caller's name": ["kms:Decrypt"],
      "reading the ledger is one statement for all": ["dynamodb:BatchGetItem", "dynamodb:GetItem"],
    });
  });

  /** Milliseconds that an update of the pipeline takes, about. */
  const longestMs = 5_000;
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

  /** With all that it has started, as a container ends. @returns whether it had not ended before */
  function kill(pid: number): boolean {
    try {
      return process.kill(-pid, "SIGKILL");
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
