import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import {
  builderOf,
  findBuild,
  refuseOutOfReach,
  startBuild,
  stopBuild,
} from "../../../../automation/runner/builds/builds.ts";

const builder = { project: "switchyard-images-arm64", bucket: "artifacts" };
const archive = { commit: "a".repeat(40), zip: Buffer.from("zip") };
const start = { builder, tag: "v1", archive };
const location = `artifacts/builds/${archive.commit}.zip`;

interface Given {
  readonly [operation: string]: object | Error;
}

/** An account that answers as it is given, and keeps what it was asked. */
function world(given: Given) {
  const asked: (readonly [operation: string, input: Record<string, unknown>])[] = [];
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, "");
    asked.push([operation, command.input as Record<string, unknown>]);
    const answer = given[operation] ?? {};
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, aws: { client: async () => ({ send }) } as unknown as Aws };
}

const build = (id: string, tag: string, source: string, buildStatus = "IN_PROGRESS") => ({
  ...{ id, buildStatus, source: { location: source } },
  environment: { environmentVariables: [{ name: "SWITCHYARD_TAG", value: tag }] },
});

describe("remote builds of images", () => {
  it("are made where the runner has a project for the platform, with the bucket of its source", async () => {
    const projects = [{ source: { location: "artifacts/builds/none.zip" } }];
    const { aws, asked } = world({ BatchGetProjects: { projects } });
    assert.deepEqual(await builderOf(aws, "linux/arm64"), builder);
    assert.deepEqual(asked, [["BatchGetProjects", { names: ["switchyard-images-arm64"] }]]);
  });

  it("are refused where it has none, naming what to configure", async () => {
    const message = /switchyard-images-amd64: .*no images of linux\/amd64.*switchyard:builds/;
    await assert.rejects(builderOf(world({}).aws, "linux/amd64"), { code: "not-found", message });
  });

  it("take the commit's tree, its tag and a token of their own", async () => {
    const { aws, asked } = world({ StartBuild: { build: { id: "new" } } });
    assert.deepEqual(await startBuild(aws, start), { build: { id: "new" }, fresh: true });
    const of = (name: string) => asked.find(([operation]) => operation === name)?.[1] ?? {};
    const { Bucket, Key, Body } = of("PutObject");
    assert.deepEqual([Bucket, Key, Body], ["artifacts", `builds/${archive.commit}.zip`, archive.zip]);
    const { idempotencyToken, ...input } = of("StartBuild");
    assert.deepEqual(input, {
      projectName: builder.project,
      sourceTypeOverride: "S3",
      sourceLocationOverride: location,
      environmentVariablesOverride: [
        { name: "SWITCHYARD_TAG", value: "v1", type: "PLAINTEXT" },
        { name: "GITHUB_SHA", value: archive.commit, type: "PLAINTEXT" },
      ],
    });
    await startBuild(aws, start);
    assert.notEqual(asked.at(-1)?.[1]["idempotencyToken"], idempotencyToken);
  });

  for (const [backendUrl, given] of [
    [undefined, false],
    ["s3://states", true],
    ["postgres://ann:secret@example.org/states", false],
  ] as const)
    it(`are told of the states at ${backendUrl}: ${given}`, async () => {
      const { aws, asked } = world({ StartBuild: { build: { id: "new" } } });
      await startBuild(aws, { ...start, backendUrl });
      const said = JSON.stringify(asked.at(-1)?.[1]["environmentVariablesOverride"]);
      assert.deepEqual([said.includes("PULUMI_BACKEND_URL"), said.includes("secret")], [given, false]);
    });

  it("are begun where the states are in a bucket, and nowhere else", () => {
    refuseOutOfReach("s3://states");
    for (const elsewhere of [undefined, "", "file:///home/ann/.pulumi", "postgres://ann:secret@example.org/states"])
      assert.throws(
        () => refuseOutOfReach(elsewhere),
        ({ code, message }: Error & { code: string }) =>
          code === "invalid-flag" && /PULUMI_BACKEND_URL: .*s3:/.test(message) && !message.includes("secret"),
      );
  });

  for (const [what, found, fresh] of [
    ["the same that runs is found", build("other", "v1", location), false],
    ["the same that has ended is built again", build("other", "v1", location, "FAILED"), true],
    ["another tag is started", build("other", "v2", location), true],
    ["another commit is started", build("other", "v1", "artifacts/builds/b.zip"), true],
  ] as const)
    it(`are not made twice at a time: ${what}`, async () => {
      const { aws, asked } = world({
        ListBuildsForProject: { ids: ["other"] },
        BatchGetBuilds: { builds: [found] },
        StartBuild: { build: { id: "new" } },
      });
      const started = await startBuild(aws, start);
      assert.deepEqual([started.build.id, started.fresh], [fresh ? "new" : "other", fresh]);
      assert.equal(asked.filter(([operation]) => operation === "PutObject").length, fresh ? 1 : 0);
    });

  it("wait for one another", async () => {
    const full = Object.assign(new Error("Cannot have more than 1"), { name: "AccountLimitExceededException" });
    const running = (tag: string) => ({
      ListBuildsForProject: { ids: ["other"] },
      BatchGetBuilds: { builds: [build("other", tag, location)] },
    });
    const refused = startBuild(world({ StartBuild: full, ...running("v2") }).aws, start);
    await assert.rejects(refused, { code: "lease-held" });
    // One that began between the two calls is the same.
    let looks = 0;
    const raced = world({ StartBuild: full, ...running("v1") });
    const seen = async (command: {
      readonly constructor: { readonly name: string };
      readonly input: object;
    }): Promise<unknown> => {
      const none = command.constructor.name === "ListBuildsForProjectCommand" && looks++ === 0;
      return none
        ? { ids: [] }
        : ((await raced.aws.client("codebuild")) as unknown as { send: typeof seen }).send(command);
    };
    const found = await startBuild({ client: async () => ({ send: seen }) } as unknown as Aws, start);
    assert.deepEqual([found.build.id, found.fresh], ["other", false]);
    // A new account may have no machine for builds at all, and says so itself.
    await assert.rejects(startBuild(world({ StartBuild: full }).aws, start), full);
    const other = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    await assert.rejects(startBuild(world({ StartBuild: other }).aws, start), { name: "AccessDeniedException" });
  });

  it("are found and stopped by their id", async () => {
    const { aws, asked } = world({ BatchGetBuilds: { builds: [{ id: "a:1" }] } });
    assert.deepEqual(await findBuild(aws, "a:1"), { id: "a:1" });
    await stopBuild(aws, "a:1");
    assert.deepEqual(asked.at(-1), ["StopBuild", { id: "a:1" }]);
    await assert.rejects(findBuild(world({}).aws, "a:2"), { code: "not-found", message: /a:2/ });
  });
});
