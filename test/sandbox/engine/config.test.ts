import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Lab } from "./lab.ts";

describe("configuration", () => {
  let lab: Lab;
  let stack: Stack;
  beforeEach(async () => {
    lab = new Lab();
    stack = await lab.stack(async () => {
      const config = new pulumi.Config();
      return {
        text: config.get("text"),
        number: config.getNumber("number"),
        flag: config.getBoolean("flag"),
        object: config.getObject("object"),
        region: new pulumi.Config("fake").get("region"),
        secret: config.getSecret("hidden"),
      };
    });
  });
  afterEach(() => lab.close());

  const file = () => join(lab.workDirectory(), "Pulumi.dev.yaml");

  it("reaches the program from the stack's file, in every shape", async () => {
    writeFileSync(
      file(),
      "config:\n  lab:text: plain # why\n  lab:number: 3\n  lab:flag: true\n  lab:object:\n    b: [1, {c: d}]\n    a: x\n  fake:region: here\n",
    );
    const { outputs } = await stack.up();
    const values = Object.fromEntries(Object.entries(outputs).map(([key, { value }]) => [key, value]));
    assert.deepEqual(values, {
      text: "plain",
      number: 3,
      flag: true,
      object: { a: "x", b: [1, { c: "d" }] },
      region: "here",
    });
    assert.equal((await stack.getConfig("object")).value, '{"a":"x","b":[1,{"c":"d"}]}');
  });

  it("is set, read and removed, and keeps the file's comments", async () => {
    writeFileSync(file(), "config:\n  lab:text: plain # why\n");
    await stack.setConfig("hidden", { value: "quiet", secret: true });
    await stack.setAllConfig({ number: { value: "4" }, "fake:region": { value: "there", secret: true } });
    await stack.setConfig("object.list[0]", { value: "5" }, true);
    const text = readFileSync(file(), "utf8");
    assert.match(text, /# why/);
    assert.doesNotMatch(text, /quiet|there/);
    assert.match(text, /secure: v1:/);
    assert.deepEqual(await stack.getAllConfig(), {
      "lab:text": { value: "plain", secret: false },
      "lab:hidden": { value: "quiet", secret: true },
      "lab:number": { value: "4", secret: false },
      "fake:region": { value: "there", secret: true },
      "lab:object": { value: '{"list":[5]}', objectValue: { list: [5] }, secret: false },
    });
    assert.deepEqual((await stack.up()).outputs["secret"], { value: "quiet", secret: true });
    await stack.removeAllConfig(["number", "text"]);
    assert.deepEqual(Object.keys(await stack.getAllConfig()), ["lab:hidden", "fake:region", "lab:object"]);
    await assert.rejects(stack.getConfig("text"), /configuration key 'text': not found/);
    assert.equal((await stack.refreshConfig())["lab:text"]?.value, "plain");
  });

  it("takes the project's defaults", async () => {
    const settings = {
      name: "lab",
      runtime: "nodejs" as const,
      config: { text: { default: "given", type: "string" }, number: 7 },
    };
    await stack.workspace.saveProjectSettings(settings as never);
    const { outputs } = await stack.up();
    assert.equal(outputs["text"]?.value, "given");
    assert.equal(outputs["number"]?.value, 7);
  });

  it("says what is wrong with a file it cannot read", async () => {
    writeFileSync(file(), "config: [\n");
    await assert.rejects(stack.up(), /Pulumi.dev.yaml: is not YAML/);
    writeFileSync(file(), "config:\n  lab:text:\n    secure: v1:AAAA:BBBB\n");
    await assert.rejects(stack.up(), /Pulumi.dev.yaml: lab:text: a secret cannot be decrypted/);
  });
});
