import assert from "node:assert/strict";
import { stackTags } from "../../policies/stack-tags.ts";

describe("a stack's tags", () => {
  const config = JSON.stringify({
    "aws:region": "us-east-1",
    "switchyard:account": "123456789012",
    "switchyard:tier": "x",
  });
  const read = (tags: Record<string, string>, text?: string) =>
    Object.fromEntries(stackTags(new Map(Object.entries(tags)), text));

  it("are its configuration's where it has none", () => {
    assert.deepEqual(read({}, config), { "switchyard:region": "us-east-1", "switchyard:account": "123456789012" });
    assert.deepEqual(read({}, JSON.stringify({ "switchyard:services": {} })), {});
  });

  it("come before its configuration", () => {
    assert.equal(read({ "switchyard:account": "210987654321" }, config)["switchyard:account"], "210987654321");
  });

  it("are left as they are without a configuration that can be read", () => {
    for (const text of [undefined, "", "{", "null", "[]"]) assert.deepEqual(read({ a: "b" }, text), { a: "b" });
  });
});
