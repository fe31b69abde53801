import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dropTornAttributes, parseOverrides } from "../../automation/sandbox.ts";

describe("the values given with --config in a sandbox", () => {
  const line = (values: object) => `${JSON.stringify(values)}\n`;

  it("are laid over each other in the order they were given, mappings merged", () => {
    const text = line({ a: { x: 1, y: 1 }, b: 1 }) + line({ a: { y: 2 } }) + line({ b: { c: 3 } });
    assert.deepEqual(parseOverrides(text), { a: { x: 1, y: 2 }, b: { c: 3 } });
  });
  it("are none before any is given", () => assert.deepEqual(parseOverrides(""), {}));
  it("are those of whole lines: one that is being written counts next time", () => {
    const text = line({ a: 1 }) + line({ b: 2 });
    for (let length = line({ a: 1 }).length; length < text.length; length++)
      assert.deepEqual(parseOverrides(text.slice(0, length)), { a: 1 });
    assert.deepEqual(parseOverrides(text), { a: 1, b: 2 });
  });
});

describe("attributes of the official engine's files that a kill has left half written", () => {
  it("are taken away, and no others", async () => {
    const dir = await mkdtemp(join(tmpdir(), "switchyard-attrs-"));
    try {
      const files = { "a.json": "", "a.json.attrs": "", "b.json.attrs": '{"md5":"x"', "c.json.attrs": '{"md5":"x"}' };
      for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
      await dropTornAttributes(dir);
      assert.deepEqual((await readdir(dir)).sort(), ["a.json", "c.json.attrs"]);
      await dropTornAttributes(join(dir, "missing"));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
