import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleImages } from "../../images/build.ts";

describe("bundling images", () => {
  let source: string;
  let dist: string;
  beforeEach(async () => {
    source = await mkdtemp(join(tmpdir(), "switchyard-bundle-"));
    await mkdir(join(source, "images/web/src"), { recursive: true });
    await write("export const version = 1; console.log(version);");
    dist = join(source, "images/web/dist");
  });
  afterEach(() => rm(source, { recursive: true }));

  const write = (text: string) => writeFile(join(source, "images/web/src/web.ts"), text);
  const bundle = () => readFile(join(dist, "web.mjs"), "utf8");

  it("leaves the files of another bundling of the same source alone, whoever copies them meanwhile", async () => {
    await bundleImages(source);
    const before = await bundle();
    let over = false;
    const again = Promise.all([bundleImages(source), bundleImages(source)]).finally(() => {
      over = true;
    });
    while (!over) assert.equal(await bundle(), before);
    await again;
    assert.deepEqual(await readdir(join(source, "images/web")).then((names) => names.sort()), ["dist", "src"]);
  });

  it("replaces what has changed, and removes what the source no longer makes", async () => {
    await bundleImages(source);
    await mkdir(join(dist, "old"));
    await writeFile(join(dist, "old/stale.sql"), "select 1");
    await write("console.log('another');");
    await bundleImages(source);
    assert.match(await bundle(), /another/);
    await assert.rejects(readFile(join(dist, "old/stale.sql")), /ENOENT/);
  });

  it("leaves the bundle of before where the source does not compile", async () => {
    await bundleImages(source);
    const before = await bundle();
    await write("export const = ;");
    await assert.rejects(bundleImages(source), /web\.ts/);
    assert.equal(await bundle(), before);
    assert.deepEqual(await readdir(join(source, "images/web")).then((names) => names.sort()), ["dist", "src"]);
  });
});
