import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ECR } from "@aws-sdk/client-ecr";
import { DeliveryRepository } from "../support/delivery.ts";

/** Through the command line, with the stand-in GitHub, on the pipeline. */
describe("a merge", function () {
  this.timeout(240_000);
  this.retries(0);
  let repository: DeliveryRepository;
  const file = "Pulumi.pipeline.yaml";

  const merge = () => repository.drive(["ci", "merge"]).ended();
  const keepImages = (count: number) => (text: string) => text.replace(/keepImages: "\d+"/, `keepImages: "${count}"`);
  const repositories = (names: string) => (text: string) =>
    text.replace(/repositories: \[base.*\]/, `repositories: [base, ${names}]`);
  /** Opened, planned and approved, as far as that is said. */
  const pullOf = async (branch: string, edit: (text: string) => string, steps = ["plan", "approve"]) => {
    await repository.change(branch, file, edit);
    const pull = await repository.openPull(branch);
    if (steps.includes("plan"))
      await repository.drive(["ci", "pull-request", "--pull-request", String(pull)]).succeeds();
    if (steps.includes("approve")) assert.equal((await repository.approve(pull)).status, 200);
    return pull;
  };
  const audit = async () => {
    const said = await repository.drive(["audit", "list", "pipeline", "--lines", "--kind", "merge"]).succeeds();
    return said
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const plan = () => repository.drive(["plan", "pipeline"]).succeeds();

  before("put the project on a GitHub", async () => {
    repository = await DeliveryRepository.start();
  });
  afterEach("GitHub answered as it is described", async () => {
    await repository.cloudFaults();
    assert.deepEqual(repository.github.wrong, []);
  });
  after(() => repository.stop());

  it("is applied when somebody else who may write has approved it, and recorded with who that was", async () => {
    const pull = await pullOf("first", repositories("web, api, migrate, extra"));
    const commit = await repository.merge(pull);
    const { code, output } = await merge();
    assert.equal(code, 0, output);
    assert.match(await plan(), /^pipeline: \d+ unchanged$/m);
    const [record, ...more] = await audit();
    assert.deepEqual(more, []);
    assert.deepEqual([record?.["commit"], record?.["approver"], record?.["outcome"]], [commit, "bob", "succeeded"]);
    assert.ok((await repository.comments(pull)).some(({ body }) => body.includes("✅ Applied")));
    assert.deepEqual(await repository.deployed(commit), { pipeline: ["in_progress", "success"] });
    const log = await repository.git("log", "-1", "--notes=switchyard", commit);
    assert.match(log, /\{"stack":"pipeline","outcome":"success".*"approver":"bob".*"audit":\{"seq":\d+,/);
    assert.match(await repository.git("ls-remote", "origin", "refs/notes/switchyard"), /\srefs\/notes\/switchyard$/);
    assert.match(await repository.drive(["audit", "verify", "pipeline", "--notes"]).succeeds(), /^1 heads in this/m);
    const again = await merge();
    assert.equal(again.code, 0, again.output);
    assert.equal((await audit()).at(-1)?.["outcome"], "unchanged");
  });

  it("is refused with exit code 28, and applies nothing, where nobody else has approved its last commit", async () => {
    const begun = (await audit()).length;
    const unapproved = await pullOf("unapproved", keepImages(90), ["plan"]);
    assert.equal(
      (await repository.ask("ann", "POST", `/pulls/${unapproved}/reviews`, { event: "APPROVE" })).status,
      422,
    );
    await repository.approve(unapproved, "eve");
    await repository.merge(unapproved);
    const nobody = await merge();
    assert.equal(nobody.code, 28, nobody.output);
    assert.match(nobody.output, /nobody but its author, who may write here, has approved it/);

    const late = await pullOf("late", keepImages(80));
    await repository.change("late", "README.md", (text) => `${text}\n`);
    await repository.merge(late);
    const after = await merge();
    assert.equal(after.code, 28, after.output);
    assert.match(after.output, /bob approved \w+, and \w+ was merged/);

    await repository.git("checkout", "--quiet", "-B", "direct", "origin/main");
    await repository.git("commit", "--quiet", "--allow-empty", "--message", "Straight to main");
    await repository.git("push", "--quiet", "origin", "HEAD:main");
    const direct = await merge();
    assert.equal(direct.code, 28, direct.output);
    assert.match(direct.output, /the merge of no pull request/);
    assert.equal((await audit()).length, begun);
  });

  it("is refused where it would delete what the approved plan did not, and applied where it did", async () => {
    const begun = (await audit()).length;
    const harmless = await pullOf("harmless", keepImages(70));
    // Merged without an approval, and so never applied: what it deletes is in the next one's plan as well.
    await repository.merge(await pullOf("removal", repositories("web, api, migrate"), []));
    await repository.merge(harmless);
    const { code, output } = await merge();
    assert.equal(code, 28, output);
    assert.match(output, /it would delete \S*extra\S*.*, which the approved plan did not/);
    assert.equal((await audit()).length, begun);

    const known = await pullOf("known", keepImages(60));
    await repository.merge(known);
    const applied = await merge();
    assert.equal(applied.code, 0, applied.output);
  });

  it("goes back to the last good commit with exit code 27 when it cannot be applied, and freezes with 32 when that fails too", async () => {
    const bad = await pullOf("bad", keepImages(33));
    const good = String((await audit()).at(-1)?.["commit"]);
    const commit = await repository.merge(bad);
    const refuse = { service: "ecr", operation: "PutLifecyclePolicy", effect: "error", status: 400 } as const;
    const code = { code: "InvalidParameterException", message: "no" };
    // The second of them fails: the others have to be put back.
    const second = { ...refuse, ...code, body: ":33", nth: 2 };
    await repository.cloudFaults(second);
    const undone = await merge();
    assert.equal(undone.code, 27, undone.output);
    assert.match(undone.output, new RegExp(`went back: pipeline to ${good.slice(0, 12)}`));
    const [failed, back] = (await audit()).slice(-2);
    assert.deepEqual([failed?.["commit"], failed?.["outcome"]], [commit, "failed"]);
    assert.deepEqual([back?.["commit"], back?.["outcome"]], [good, "succeeded"]);
    await repository.drive(["audit", "verify", "pipeline", "--notes"]).succeeds();
    assert.deepEqual((await repository.deployed(commit))["pipeline"]?.at(-1), "failure");

    await repository.cloudFaults(second, { ...refuse, ...code, body: ":60" });
    const stuck = await merge();
    assert.equal(stuck.code, 32, stuck.output);
    assert.match(stuck.output, /frozen, as the way back failed too: pipeline/);
    await repository.cloudFaults();
    const frozen = await merge();
    assert.equal(frozen.code, 23, frozen.output);
    await repository.drive(["unfreeze", "pipeline"]).succeeds();
    const at_last = await merge();
    assert.equal(at_last.code, 0, at_last.output);
  });

  it("goes back all the way in the run after one that was killed on the way back", async () => {
    const good = String((await audit()).at(-1)?.["commit"]);
    await repository.merge(await pullOf("worse", keepImages(35)));
    const refuse = { service: "ecr", operation: "PutLifecyclePolicy", effect: "error", status: 400 } as const;
    const fails = { ...refuse, code: "InvalidParameterException", message: "no", body: ":35" };
    await repository.cloudFaults(fails);
    const killed = repository.drive(["ci", "merge"]);
    await killed.shows("going back to");
    await killed.kill();
    const undone = await merge();
    assert.equal(undone.code, 27, undone.output);
    assert.match(undone.output, new RegExp(`went back: pipeline to ${good.slice(0, 12)}`));
    await repository.drive(["audit", "verify", "pipeline", "--notes"]).succeeds();
    await repository.cloudFaults();
    const later = await merge();
    assert.equal(later.code, 0, later.output);
  });

  it("is finished by the runs that come after one that was killed, two at once, one after the other", async () => {
    const commit = await repository.merge(await pullOf("turn", keepImages(44)));
    const killed = repository.drive(["ci", "merge"]);
    await killed.shows("Updating pipeline");
    await killed.kill();
    for (const { code, output } of await Promise.all([merge(), merge()])) assert.equal(code, 0, output);
    assert.match(await plan(), /^pipeline: \d+ unchanged$/m);
    const told = (await audit()).filter((record) => record["commit"] === commit);
    assert.deepEqual(told.length, 2);
    assert.ok(told.every(({ outcome }) => outcome !== "failed"));
    await repository.drive(["audit", "verify", "pipeline", "--notes"]).succeeds();
  });

  it("does nothing where a later one is applied already", async () => {
    await repository.git("checkout", "--quiet", "--detach", String((await audit())[0]?.["commit"]));
    const { code, output } = await merge();
    assert.equal(code, 0, output);
    assert.match(output, /is applied already, which this is part of/);
  });

  it("is planned by hand at the commit that somebody names, by that commit's own driver and configuration", async () => {
    await repository.git("checkout", "--quiet", "--detach", "origin/main");
    const [first] = await audit();
    const inputs = (commit: string) =>
      ["command=plan", "stack=pipeline", `commit=${commit}`].flatMap((input) => ["--input", input]);
    const now = await repository.drive(["ci", "run", ...inputs("HEAD")]).succeeds();
    assert.match(now, /^pipeline: \d+ unchanged$/m);
    const then = await repository.drive(["ci", "run", ...inputs(String(first?.["commit"]))]).succeeds();
    assert.match(then, new RegExp(`^At ${String(first?.["commit"]).slice(0, 12)}: switchyard plan pipeline$`, "m"));
    assert.match(then, /^pipeline: .*\d+ updated/m);
    const elsewhere = await repository.drive(["ci", "run", ...inputs("origin/never-merged")]).ended();
    assert.equal(elsewhere.code, 2, elsewhere.output);
    assert.equal((await repository.git("worktree", "list")).split("\n").length, 1);
  });

  it("puts drift back, of which a pull request tells as long as there is any", async () => {
    await repository.git("checkout", "--quiet", "--detach", "origin/main");
    const { endpoint } = JSON.parse(await readFile(join(repository.sandbox, "cloud.json"), "utf8"));
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
    const ecr = new ECR({ endpoint, region: "us-east-1", credentials });
    const repositoryName = "switchyard/api";
    const change = (imageTagMutability: "MUTABLE" | "IMMUTABLE") =>
      ecr.putImageTagMutability({ repositoryName, imageTagMutability });
    const compare = async (said: string) =>
      assert.match(
        await repository.drive(["ci", "drift", "--only", "pipeline", "--repair", "pull-request"]).succeeds(),
        new RegExp(`^pipeline: pull request: ${said}$`, "m"),
      );
    const opened = async () => {
      const { json } = await repository.ask("bob", "GET", "/pulls?head=acme:switchyard/drift-pipeline&state=open");
      return (json as unknown as readonly { readonly number: number }[]).map(({ number }) => number);
    };
    await change("MUTABLE");
    await compare("open");
    await compare("none");
    assert.equal((await opened()).length, 1);
    await change("IMMUTABLE");
    await compare("close");
    assert.deepEqual(await opened(), []);
    await change("MUTABLE");
    await compare("open");
    const [pull = 0] = await opened();
    assert.equal((await repository.approve(pull)).status, 200);
    await repository.merge(pull);
    const { code, output } = await merge();
    assert.equal(code, 0, output);
    const { repositories = [] } = await ecr.describeRepositories({ repositoryNames: [repositoryName] });
    assert.equal(repositories[0]?.imageTagMutability, "IMMUTABLE");
    await compare("none");
  });
});
