import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIfThere, writeAtomically } from "../../automation/files.ts";

describe("a file that others read", () => {
  let dir: string;
  let file: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-files-"));
    file = join(dir, "Pulumi.sandbox.yaml");
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** What readers find who read as fast as they can while many write: how many finds were of neither text. */
  async function torn(write: (file: string, text: string) => Promise<void>): Promise<number> {
    const texts = ["a", "b"].map((letter) => letter.repeat(2_000_000));
    await write(file, texts[0] ?? "");
    let over = false;
    let found = 0;
    const reading = (async () => {
      while (!over) if (!texts.includes(await readFile(file, "utf8"))) found += 1;
    })();
    for (let n = 0; n < 20; n++) await Promise.all(texts.map((text) => write(file, text)));
    over = true;
    await reading;
    return found;
  }

  it("is read whole, whoever writes it meanwhile, and leaves no draft", async () => {
    assert.equal(await torn(writeAtomically), 0);
    assert.deepEqual(await readdir(dir), ["Pulumi.sandbox.yaml"]);
  });

  it("is read in part where it is written in place: this test can fail", async () => {
    assert.ok((await torn(writeFile)) > 0);
  });

  it("is left alone when it says so already", async () => {
    await writeAtomically(file, "a");
    const { ino } = await stat(file);
    await writeAtomically(file, "a");
    assert.equal((await stat(file)).ino, ino);
    await writeAtomically(file, "b");
    assert.notEqual((await stat(file)).ino, ino);
  });

  it("may be missing", async () => {
    assert.equal(await readIfThere(file), undefined);
    await assert.rejects(readIfThere(dir), { code: "EISDIR" });
  });
});
