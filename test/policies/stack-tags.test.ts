import assert from "node:assert/strict";
import { laidOver, stackConfig, stackTags } from "../../policies/stack-tags.ts";

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

describe("a stack's configuration with what a command laid over it", () => {
  const config = JSON.stringify({ "aws:region": "us-east-1", "switchyard:cost": '{"hours":700,"maxMonthlyUsd":9}' });
  const read = (over?: string) => {
    const { "switchyard:cost": cost, ...rest } = stackConfig(laidOver(config, over));
    return { ...rest, cost: JSON.parse(String(cost)) };
  };

  it("has mappings merged, and everything else replaced", () => {
    const over = { "switchyard:cost": { maxMonthlyUsd: 10 }, "aws:region": "eu-west-1", "switchyard:tag": "v1" };
    assert.deepEqual(read(JSON.stringify(over)), {
      ...{ "aws:region": "eu-west-1", "switchyard:tag": "v1" },
      cost: { hours: 700, maxMonthlyUsd: 10 },
    });
  });

  it("is its own where nothing is laid over it", () => {
    for (const over of [undefined, "", "{}", "{"]) assert.equal(laidOver(config, over), config);
    assert.equal(laidOver(undefined, "{}"), undefined);
    assert.deepEqual(stackConfig(laidOver(undefined, '{"switchyard:tag":"v1"}')), { "switchyard:tag": "v1" });
  });
});
