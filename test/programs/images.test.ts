import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imagesConfig } from "../../programs/config.ts";
import { images } from "../../programs/images.ts";
import { digestOf, pipelineStack, run } from "./mocks.ts";

const image = "docker:index/image:Image";

describe("images program", () => {
  let source: string;
  before(async () => {
    source = await mkdtemp(join(tmpdir(), "switchyard-images-"));
    const web = join(source, "images", "web", "src");
    await mkdir(web, { recursive: true });
    await writeFile(join(web, "web.ts"), 'console.log("a small web");\n');
    for (const name of ["base", "web", "api", "migrate"]) {
      await mkdir(join(source, "images", name), { recursive: true });
      await writeFile(join(source, "images", name, "Dockerfile"), "FROM scratch\n");
    }
  });
  after(() => rm(source, { recursive: true, force: true }));

  const runImages = (change: Record<string, unknown> = {}, preview = false) =>
    run("images", { preview }, () => images(imagesConfig("images", { tag: "v1", source, ...change })));

  it("answers the digests of one tag", async () => {
    const { outputs } = await runImages();
    assert.deepEqual(outputs, {
      digests: { web: digestOf("web"), api: digestOf("api"), migrate: digestOf("migrate") },
      tag: "v1",
    });
  });

  it("builds from the named checkout what it has bundled there", async () => {
    const { resources } = await runImages({ tag: "v2", platform: "linux/amd64" });
    const { inputs } = resources.one(image, "web");
    assert.equal(inputs["imageName"], "123456789012.dkr.ecr.us-east-1.amazonaws.com/switchyard/web:v2");
    assert.equal(inputs["buildOnPreview"], true);
    assert.deepEqual(inputs["build"], {
      context: join(source, "images", "web"),
      dockerfile: join(source, "images", "web", "Dockerfile"),
      platform: "linux/amd64",
      args: { VERSION: "v2" },
    });
    assert.match(await readFile(join(source, "images", "web", "dist", "web.mjs"), "utf8"), /a small web/);
  });

  it("pushes what the preview before it bundled, and bundles anew for another", async () => {
    const [written, made] = ["src/web.ts", "dist/web.mjs"].map((file) => join(source, "images", "web", file)) as [
      string,
      string,
    ];
    const serving = async (text: string, preview: boolean) => {
      await writeFile(written, `console.log("${text}");\n`);
      await runImages({}, preview);
      return /"(.*?)"\)/.exec((await readFile(made, "utf8")).split("console.log").at(-1) ?? "")?.[1];
    };
    assert.equal(await serving("judged", true), "judged");
    assert.equal(await serving("changed meanwhile", false), "judged");
    assert.equal(await serving("another", false), "another");
    assert.equal(await serving("the next", true), "the next");
  });

  it("bundles the repositories' images alone", async () => {
    await mkdir(join(source, "images", "other", "src"), { recursive: true });
    await writeFile(join(source, "images", "other", "src", "other.ts"), "this does not compile\n");
    assert.deepEqual(Object.keys((await runImages()).outputs.digests).toSorted(), ["api", "migrate", "web"]);
  });

  it("names the repository the checkout has no folder for", async () => {
    const repositoryUrls = { shop: "123456789012.dkr.ecr.us-east-1.amazonaws.com/switchyard/shop" };
    const stacks = {
      [pipelineStack]: {
        repositoryUrls,
        ledgerTableName: "ledger",
        ledgerTableArn: "arn:aws:dynamodb:us-east-1:123456789012:table/ledger",
      },
    };
    await assert.rejects(
      run("images", { stacks }, () => images(imagesConfig("images", { tag: "v1", source }))),
      /switchyard:source: there is no .*images\/shop\/Dockerfile, for a repository of the pipeline/,
    );
  });

  it("builds on its own base only when told, by digest", async () => {
    const without = await runImages();
    assert.equal(without.resources.all(image).length, 3);
    const { resources } = await runImages({ ownBase: "true" });
    assert.equal(resources.all(image).length, 4);
    const { args } = resources.one(image, "api").inputs["build"] as { args: Record<string, string> };
    assert.deepEqual(args, { VERSION: "v1", BASE: digestOf("base") });
  });
});
