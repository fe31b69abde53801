import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { projectRoot } from "../../automation/surroundings.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { listen } from "../images/processes.ts";
import { DeliveryRepository } from "../support/delivery.ts";

/** Through the command line, with the stand-in GitHub. */
describe("a pull request", function () {
  this.timeout(240_000);
  this.retries(0);
  let repository: DeliveryRepository;
  let pull: number;

  const ci = (number: number, ...args: readonly string[]) =>
    repository.drive(["ci", "pull-request", "--pull-request", String(number), ...args]);

  const preview = (number: number) => repository.drive(["ci", "preview", "--pull-request", String(number)]);

  before("put the project on a GitHub", async () => {
    repository = await DeliveryRepository.start();
    await repository.change("change", "Pulumi.pipeline.yaml", (text) =>
      text.replace("[base, web, api, migrate]", "[base, web, api, migrate, extra]"),
    );
    pull = await repository.openPull("change");
  });
  afterEach("GitHub answered as it is described", () => {
    repository.github.clearFaults();
    assert.deepEqual(repository.github.wrong, []);
  });
  after(() => repository.stop());

  it("is told what it would do to each stack it touches, with a status of each and what code scanning reads", async () => {
    const [sarif, out] = ["x.sarif", "plan.md"].map((file) => join(repository.sandbox, file)) as [string, string];
    const told: string[] = [];
    const slack = await listen(async (request: IncomingMessage, response) => {
      told.push((JSON.parse(await textOf(request)) as { text: string }).text);
      response.end("ok");
    });
    const args = ["ci", "pull-request", "--pull-request", String(pull), "--sarif", sarif, "--out", out];
    const said = await repository.drive(args, { SLACK_WEBHOOK_URL: `http://${slack.host}/x` }).succeeds();
    await slack.close();
    assert.match(told.join("|"), /^<http:\S+#issuecomment-\d+\|Pull request \d+>: change\n\*Plan: 3 created\*\n[^|]*$/);
    assert.match(said, /^3 created; stacks: pipeline: http:\S+#issuecomment-\d+/m);
    const [comment, ...more] = await repository.comments(pull);
    assert.deepEqual(more, []);
    assert.match(comment?.body ?? "", /^<!-- switchyard:plan -->\n## Plan: 3 created in 1 stack\n/);
    assert.match(comment?.body ?? "", /created `extra` `aws:ecr\/repository:Repository`/);
    const head = await repository.git("rev-parse", "change");
    assert.deepEqual(await repository.statuses(head), { "switchyard/plan/pipeline": "success" });
    const { runs } = JSON.parse(await readFile(sarif, "utf8")) as { runs: { automationDetails: { id: string } }[] };
    assert.deepEqual(
      runs.map(({ automationDetails }) => automationDetails.id),
      ["policies-pipeline/"],
    );
    assert.ok((comment?.body ?? "").includes(await readFile(out, "utf8").then((text) => text.trim())));
  });

  it("is told again in place after a push, and of an update the values before and after", async () => {
    await repository.change("change", "Pulumi.pipeline.yaml", (text) =>
      text.replace('keepImages: "100"', 'keepImages: "50"'),
    );
    const [before] = await repository.comments(pull);
    await ci(pull).succeeds();
    const [comment, ...more] = await repository.comments(pull);
    assert.deepEqual([comment?.id, more], [before?.id, []]);
    assert.match(comment?.body ?? "", /^.*\n## Plan: 3 created, 4 updated in 1 stack\n/);
    assert.match(
      comment?.body ?? "",
      /updated `\S+` `aws:ecr\/lifecyclePolicy:LifecyclePolicy`\n {2}- `policy .*100.* → .*50/,
    );
    assert.match(
      await repository.drive(["audit", "list", "pipeline", "--kind", "plan"]).succeeds(),
      /plan .*succeeded/,
    );
    await repository.drive(["audit", "verify", "pipeline"]).succeeds();
  });

  it("finishes when GitHub fails, limits and loses answers, with one comment and no more", async () => {
    const [first] = await repository.comments(pull);
    await repository.ask("bot", "DELETE", `/issues/comments/${first?.id}`);
    const comment = { service: "github", operation: "issues/update-comment" } as const;
    repository.github.fault(
      { service: "github", operation: "*", effect: "error", status: 502, nth: [2, 5, 6, 11, 17] },
      { service: "github", operation: "repos/create-commit-status", effect: "throttle", nth: 1 },
      { ...comment, effect: "drop-response-after-effect", nth: 1 },
      { service: "github", operation: "issues/create-comment", effect: "drop-response-after-effect", nth: 1 },
    );
    await ci(pull).succeeds();
    repository.github.clearFaults();
    const all = await repository.comments(pull);
    assert.equal(all.length, 1, JSON.stringify(all.map(({ body }) => body.slice(0, 60))));
  });

  it("is planned again after its run was killed, and is never a success until then", async () => {
    const head = await repository.change("change", "README.md", (text) => `${text}\n`);
    const run = ci(pull);
    await run.shows("pipeline: ").finally(() => run.kill());
    assert.notEqual((await repository.statuses(head))["switchyard/plan/pipeline"], "success");
    await ci(pull).succeeds();
    assert.equal((await repository.statuses(head))["switchyard/plan/pipeline"], "success");
    assert.equal((await repository.comments(pull)).length, 1);
  });

  it("is blocked with exit code 25 where a stack has no plan, and says which and why", async () => {
    await repository.change("broken", "Pulumi.pipeline.yaml", (text) =>
      text.replace('keepImages: "100"', 'keepImages: "5"'),
    );
    const broken = await repository.openPull("broken");
    const { code, output } = await ci(broken).ended();
    assert.equal(code, 25, output);
    const [comment] = await repository.comments(broken);
    assert.match(comment?.body ?? "", /The merge is blocked\*\*: `pipeline`: there is no plan[\s\S]*keepImages/);
    const head = await repository.git("rev-parse", "broken");
    assert.deepEqual(await repository.statuses(head), { "switchyard/plan/pipeline": "failure" });
  });

  it("is judged as files, with what can be planned of it, and fails by what cannot", async () => {
    const out = join(repository.sandbox, "report");
    const judge = (...stacks: readonly string[]) =>
      repository.drive(["ci", "judge", ...stacks.flatMap((stack) => ["--only", stack]), "--out", out]);
    const { code, output } = await judge("pipeline", "sandbox").ended();
    assert.equal(code, errorCatalogue["invalid-config"].exitCode, output);
    assert.deepEqual((await readdir(out)).sort(), ["comment.md", "sandbox.markdown", "sandbox.sarif"]);
    const comment = await readFile(join(out, "comment.md"), "utf8");
    assert.match(comment, /^### pipeline\n\nNo plan: see the log of the job\.\n\n### sandbox\n\n\S/);
    assert.ok(comment.endsWith(await readFile(join(out, "sandbox.markdown"), "utf8")));
    assert.equal(JSON.parse(await readFile(join(out, "sandbox.sarif"), "utf8")).version, "2.1.0");
    await judge("sandbox").succeeds();
  });

  it("is judged for every environment the workflow names, though the sandbox is of none of their accounts", async () => {
    const workflow = await readFile(join(projectRoot, ".github/workflows/pull-request.yaml"), "utf8");
    const named = [...workflow.matchAll(/ci judge .*/g)].flatMap(([line]) => [...line.matchAll(/--only (\w+)/g)]);
    const stacks = named.map(([, stack = ""]) => stack);
    assert.ok(stacks.includes("production"), stacks.join());
    const out = join(repository.sandbox, "named");
    await repository.drive(["ci", "judge", ...stacks.flatMap((stack) => ["--only", stack]), "--out", out]).succeeds();
    const report = await readFile(join(out, "production.markdown"), "utf8");
    // Its file has a maximum for a month: prices were at hand.
    assert.match(report, /\*\*Policies: 0 mandatory/);
    assert.match(report, /`cost-known`.*a month costs at least \$\d+\.\d\d of \$2000\.00/);
  });

  it("is judged on top of what it changes, and fails by a mandatory rule it breaks and by what it would disrupt", async () => {
    const database = "programs/components/data/database.ts";
    await repository.change("unsafe", database, (text) =>
      text.replace("storageEncrypted: true", "storageEncrypted: false"),
    );
    const out = join(repository.sandbox, "judged");
    const judge = (base: string) =>
      repository.drive(["ci", "judge", "--only", "sandbox", "--out", out, "--base", base]).ended();
    const { code, output } = await judge("origin/main");
    assert.equal(code, errorCatalogue["policy-violation"].exitCode, output);
    assert.match(output, /1 mandatory rule is broken: rds-encrypted/);
    const comment = await readFile(join(out, "comment.md"), "utf8");
    assert.match(comment, /^### sandbox\n\n\*\*Policies: 1 mandatory.*\*\*\n[\s\S]*❌ \[`rds-encrypted`\]/);
    // What was there before it is an update: nothing would be disrupted by a first one.
    assert.match(comment, /would disrupt what serves/);
    const sarif = await readFile(join(out, "sandbox.sarif"), "utf8");
    assert.match(sarif, /"ruleId": "rds-encrypted",[\s\S]{0,200}"level": "error"/);
    const nowhere = await judge("nowhere");
    assert.equal(nowhere.code, errorCatalogue["invalid-flag"].exitCode, nowhere.output);
  });

  it("of which this checkout is not, or from a fork, is not planned: nothing is written", async () => {
    const begun = repository.github.calls.length;
    const other = await ci(pull).ended();
    assert.equal(other.code, 25, other.output);
    assert.match(other.output, /this checkout is at .*, and the pull request's head is/);
    const fork = await repository.openFork("change");
    for (const run of [ci(fork), preview(fork)]) {
      const { code, output } = await run.ended();
      assert.equal(code, 25, output);
      assert.match(output, /it comes from eve\/platform, and is given neither credentials nor a plan/);
    }
    const written = repository.github.calls
      .slice(begun)
      .filter(({ user, operation }) => user.includes("bot") && !/get|list/.test(operation));
    assert.deepEqual(written, []);
  });

  it("leaves a stranger's comment that looks like its own alone", async () => {
    await repository.git("checkout", "--quiet", "change");
    const body = "<!-- switchyard:plan -->\n## Plan: nothing to see";
    const { json } = await repository.ask("eve", "POST", `/issues/${pull}/comments`, { body });
    await ci(pull).succeeds();
    const all = await repository.comments(pull);
    assert.equal(all.find(({ id }) => id === json["id"])?.body, body);
    assert.equal(all.length, 2);
  });

  describe("has a preview environment", () => {
    let url: string;
    const said = async () => (await repository.comments(pull)).map(({ body }) => body);
    const place = async () => (await said()).filter((body) => body.startsWith("<!-- switchyard:preview -->"));
    const links = async () =>
      (await said()).filter((body) => body.includes(`\n**Preview environment:** ${url}\n`)).length;
    /** Somebody comments, and the workflow runs. @returns the answer */
    const comment = async (by: "ann" | "bob", body: string) => {
      const { json } = await repository.ask(by, "POST", `/issues/${pull}/comments`, { body });
      const event = join(repository.sandbox, "event.json");
      const comment = { id: json["id"], body, user: { login: by } };
      const of = { action: "created", issue: { number: pull, pull_request: {} }, comment };
      await writeFile(event, JSON.stringify(of));
      await repository.drive(["ci", "comment"], { GITHUB_EVENT_PATH: event, GITHUB_ACTOR: by }).succeeds();
      return (await said()).find((one) => one.includes(`answer-${json["id"]}`)) ?? "";
    };

    it("at its head, said on it and in its plan; the same again pushes nothing", async () => {
      await repository.git("checkout", "--quiet", "change");
      const head = await repository.git("rev-parse", "change");
      const made = await preview(pull).succeeds();
      url = new RegExp(`^pr-${pull} answers at (\\S+) until`, "m").exec(made)?.[1] ?? "";
      assert.equal((await fetch(`${url}/api/notes`)).status, 200, made);
      assert.equal((await place()).length, 1);
      assert.ok((await place())[0]?.includes(`${url} answers with \`pr-${pull}-${head.slice(0, 12)}\` until`));
      assert.equal(await links(), 1);
      assert.doesNotMatch(await preview(pull).succeeds(), /Updating images/);
    });

    it("in which whoever may write runs a command and lets a deploy go on, by comments", async () => {
      assert.match(await comment("bob", "/run api -- node --version"), /ended with exit code 0 /);
      await repository.drive(["images", "push", "--tag", "other"]).succeeds();
      const deploy = repository.drive(["deploy", `pr-${pull}`, "--tag", "other", "--approve"]);
      await deploy.shows("waiting: a person's approval");
      assert.match(await comment("bob", "/approve"), /`\/approve`: approved/);
      await deploy.succeeds();
      const audit = await repository.drive(["audit", "list", `pr-${pull}`, "--kind", "comment"]).succeeds();
      assert.match(audit, /succeeded +bob .*\/run api -- node by bob: ended with exit code 0/);
      assert.match(audit, /succeeded +bob .*\/approve by bob: approved/);
    });

    it("until it ends, which is said there, and none once it is closed", async () => {
      await repository.drive(["preview", "destroy", String(pull)]).succeeds();
      assert.match(
        (await place()).join("|"),
        /^<!-- switchyard:preview -->\n\*\*Preview environment:\*\* it is gone\.\s*$/,
      );
      assert.equal(await links(), 0);
      await repository.ask("ann", "PATCH", `/pulls/${pull}`, { state: "closed" });
      const late = await preview(pull).ended();
      assert.equal(late.code, 25, late.output);
    });
  });

  it("is no pull request without a number, a repository or a token", async () => {
    const cases: readonly (readonly [NodeJS.ProcessEnv, readonly string[], number, RegExp])[] = [
      [{}, [], 2, /--pull-request: nothing says which/],
      [{ GITHUB_REF: "refs/heads/main" }, [], 2, /--pull-request/],
      [{ GITHUB_TOKEN: "" }, ["--pull-request", "1"], 24, /GITHUB_TOKEN: it is not set/],
      [{}, ["--pull-request", "999"], 24, /answered 404/],
      [{}, ["--pull-request", "0"], 2, /--pull-request/],
      [{}, ["--pull-request", "1", "--parallel", "0"], 2, /--parallel/],
    ];
    for (const [variables, args, code, said] of cases) {
      const ended = await repository.drive(["ci", "pull-request", ...args], variables).ended();
      assert.equal(ended.code, code, ended.output);
      assert.match(ended.output, said);
    }
  });
});
