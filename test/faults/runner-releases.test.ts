import assert from "node:assert/strict";
import { DescribeImagesCommand, ECRClient, GetLifecyclePolicyCommand } from "@aws-sdk/client-ecr";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { assertDocument } from "../support/document.ts";
import { RunnerStage, runsOn } from "../support/runner-stage.ts";

/** Through the command line: an environment whose releases the runner does, beside a pipeline that GitHub's machine applies. */
describe("an environment that the runner releases", function () {
  this.timeout(300_000);
  this.retries(0);
  let stage: RunnerStage;

  before("an environment that says so, and a runner that builds images", async () => {
    stage = await RunnerStage.start();
    await stage.repository.change("change", "Pulumi.sandbox.yaml", runsOn("aws"));
    await stage.apply();
    await stage.repository.git("tag", "v1");
  });
  after(() => stage.stop());

  const drive = (...args: readonly string[]) => stage.drive(...args);
  const ecr = async () => new ECRClient(await stage.sdk());

  it("has a tag's images built in the account, with the role that starts builds and no other", async () => {
    assert.match(await drive("ci", "where", "sandbox", "--only", "images").succeeds(), /^aws$/m);
    const images = ["--only", "images", "--json"];
    const said = await stage.startAs("start-images", "images", "ci", "tag", "sandbox", "v1", ...images);
    assert.equal(said.code, 0, said.output);
    assertDocument(said.output, { tag: "v1" });
    assert.match(said.output, /built as switchyard-images-arm64:.*\n(.*\n)*.*: BUILD\n(.*\n)*.*: COMPLETED\n/);
    const asked = { repositoryName: "switchyard/web", imageIds: [{ imageTag: "v1" }] };
    const { imageDetails = [] } = await (await ecr()).send(new DescribeImagesCommand(asked));
    assert.ok(said.output.includes(imageDetails[0]?.imageDigest ?? "no image"), said.output);
    await stage.usesAll("switchyard-start-images", {
      "state is in files here; in a bucket, Pulumi opens its secrets with the key": ["kms:Decrypt"],
      "S3 asks for it in the caller's name": ["kms:GenerateDataKey"],
    });
  });

  it("has no images built elsewhere than where the runner builds for their platform", async () => {
    await stage.repository.change("other", "Pulumi.images.yaml", (text) =>
      text.replace(/switchyard:platform: .*/, "").concat("\n  switchyard:platform: linux/amd64\n"),
    );
    assert.match(await drive("ci", "where", "sandbox", "--only", "images").succeeds(), /^github$/m);
    assert.match(await drive("ci", "where", "sandbox").succeeds(), /^aws$/m);
    await stage.repository.git("checkout", "--quiet", "change");
  });

  it("ends as the build does, and deploys nothing, where images cannot be built", async () => {
    await stage.repository.change("broken", "images/web/Dockerfile", () => "FROM scratch\nCOPY nothing /\n", "change");
    await stage.repository.git("tag", "v2");
    const said = await drive("ci", "tag", "sandbox", "v2", "--json").ended();
    const { exitCode } = errorCatalogue["update-failed"];
    assert.equal(said.code, exitCode, said.output);
    assertDocument(said.output, { status: "FAILED", phase: "BUILD", exitCode });
    assert.doesNotMatch(said.output, /runs on AWS/);
    await stage.repository.git("checkout", "--quiet", "change");
  });

  it("serves a tag that its job deploys, and says so where the workflow looks", async () => {
    const words = ["ci", "tag", "sandbox", "v1", "--only", "deploy", "--json"];
    const said = await stage.startAs("start-sandbox", "sandbox", ...words);
    assert.equal(said.code, 0, said.output);
    const { execution } = assertDocument(said.output, { machine: "release", status: "SUCCEEDED" });
    assert.match(String(execution), /^sandbox-/);
    assert.match(
      said.output,
      /sandbox: release at \w{12} runs on AWS as (.*\n)*.*v1 serves 100%.*\n(.*\n)*.*has succeeded/,
    );
    assert.match(await drive("status", "sandbox").succeeds(), /\bv1\b/);
    const history = await stage.startAs("start-sandbox", "sandbox", "history", "sandbox", "--limit", "1", "--json");
    assert.equal(history.code, 0, history.output);
    assert.match(history.output, /"v1"/);
  });

  const keepImages = (count: number) => (text: string) => text.replace(/keepImages: "\d+"/, `keepImages: "${count}"`);
  const level = (name: string) => (text: string) => text.replaceAll(/LOG_LEVEL: \w+/g, `LOG_LEVEL: ${name}`);
  const kept = async () => {
    const asked = new GetLifecyclePolicyCommand({ repositoryName: "switchyard/web" });
    const { lifecyclePolicyText = "" } = await (await ecr()).send(asked);
    return [...lifecyclePolicyText.matchAll(/"countNumber":(\d+)/g)].map(([, count]) => count).join(" ");
  };
  interface Document {
    readonly applied: readonly string[];
    readonly executions: readonly string[];
    readonly undone?: Readonly<Record<string, unknown>>;
    readonly failed?: string;
  }
  /** A merge of both stacks, of which the pipeline is GitHub's unless it is said to be the runner's too. */
  const mixed = async (
    branch: string,
    count: number,
    edit: (text: string) => string,
    planned: boolean,
    pipeline: "github" | "aws" = "github",
  ) => {
    const { repository } = stage;
    await repository.change(branch, "Pulumi.pipeline.yaml", (text) => runsOn(pipeline)(keepImages(count)(text)));
    await repository.change(branch, "Pulumi.sandbox.yaml", edit);
    const number = await repository.openPull(branch);
    if (planned) await drive("ci", "pull-request", "--pull-request", String(number)).succeeds();
    await repository.approve(number);
    const merged = await repository.merge(number);
    const ended = await drive("ci", "merge", "--only", "pipeline", "--only", "sandbox", "--json").ended();
    const document = JSON.parse(/^\{\n(?:[ }\]].*\n)*/m.exec(ended.output)?.[0] ?? "null") as Document;
    const deployed = await repository.deployed(merged);
    const comments = (await repository.comments(number)).map(({ body }) => body).join("\n");
    return { ...ended, document, merged, deployed, comments };
  };

  it("goes back in its job, and what GitHub's machine has applied before it here", async () => {
    const { repository } = stage;
    const before = await kept();
    const refuse = { service: "ecs", operation: "RegisterTaskDefinition", effect: "error", status: 400 } as const;
    await repository.cloudFaults({ ...refuse, code: "ClientException", message: "no", body: '"debug"' });
    const ended = await mixed("back", 82, level("debug"), true);
    await repository.cloudFaults();
    assert.equal(ended.code, errorCatalogue["merge-undone"].exitCode, ended.output);
    assert.match(ended.output, /: Checked\n(.*\n)*.*: Apply\n(.*\n)*.*: ValidateLastGood\n(.*\n)*.*: WentBack\n/);
    assert.match(ended.output, /pipeline: going back to \w{12}/);
    const outcome = /went back: sandbox to its last good commit, pipeline to \w{12}/;
    assert.match(ended.output, outcome);
    assert.match(ended.comments, outcome);
    assert.equal(await kept(), before);
    assert.deepEqual([ended.document.applied, ended.document.failed], [[], "merge-undone"]);
    assert.deepEqual(Object.keys(ended.document.undone ?? {}), ["sandbox", "pipeline"]);
    assert.deepEqual(ended.deployed["pipeline"], ["in_progress", "success", "failure"]);
    assert.deepEqual(ended.deployed["sandbox"], ["in_progress", "failure"]);
    for (const stack of ["pipeline", "sandbox"]) {
      const last = await stage.lastMerge(stack);
      assert.deepEqual([last["outcome"], last["why"]], ["succeeded", `went back from ${ended.merged.slice(0, 12)}`]);
    }
    // What serves is what was released.
    assert.match(await drive("status", "sandbox").succeeds(), /\bv1\b/);
  });

  it("is held against the plan that was approved before anything of a merge is applied", async () => {
    const before = await kept();
    // Each task definition is replaced, and no plan says so.
    const ended = await mixed("unplanned", 83, level("warn"), false);
    assert.equal(ended.code, errorCatalogue["merge-refused"].exitCode, ended.output);
    assert.match(ended.output, /: Check\n(.*\n)*.*it would replace (.*\n)*.*ended as Refused/);
    assert.doesNotMatch(ended.output, /: Apply\n/);
    assert.deepEqual([ended.document.applied, ended.document.executions.length], [[], 1]);
    assert.deepEqual(ended.deployed, {});
    assert.equal(await kept(), before);
  });

  /** Both executions run before either has come to its end. */
  const assertBeside = (output: string) => {
    const [first, second, end] = ["pipeline: merge at", "sandbox: merge at", ": Checked\n"].map((says) =>
      output.indexOf(says),
    );
    assert.ok((first ?? -1) >= 0 && (first ?? 0) < (second ?? 0) && (second ?? 0) < (end ?? 0), output);
  };

  it("is held against its plan beside the other stacks of a merge, of which the one that is refused hides none", async () => {
    const before = await kept();
    const ended = await mixed("unplanned-there", 84, level("error"), false, "aws");
    assert.equal(ended.code, errorCatalogue["merge-refused"].exitCode, ended.output);
    assertBeside(ended.output);
    assert.match(ended.output, /^ {2}sandbox: .*it would replace /m);
    assert.match(ended.output, /^pipeline-\S+: Checked$/m);
    assert.doesNotMatch(ended.output, /: Apply\n/);
    assert.deepEqual(ended.document.applied, []);
    assert.match(ended.document.executions.join(), /^sandbox-[^,]+$/);
    assert.equal(await kept(), before);
  });

  it("is applied after the others of a merge that are the runner's too, once all of them are checked", async () => {
    const ended = await mixed("both-there", 85, level("info"), true, "aws");
    assert.equal(ended.code, 0, ended.output);
    assertBeside(ended.output);
    assert.ok(ended.output.lastIndexOf(": Checked\n") < ended.output.indexOf(": Apply\n"), ended.output);
    assert.deepEqual(ended.document.applied, ["pipeline", "sandbox"]);
    assert.equal(ended.document.executions.length, 2);
    assert.match(ended.comments, /✅ Applied \w{12}: pipeline, sandbox/);
    assert.match(await kept(), /\b85\b/);
  });
});
