import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { Thing } from "./fake.ts";
import { Lab, resources } from "./lab.ts";

function everyFile(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}

const program = async () => {
  const a = new Thing("a", { value: pulumi.secret("plaintext-one"), hidden: true });
  const b = new Thing("b", { value: a.value, nested: { list: [pulumi.secret("plaintext-two")] } });
  return { quiet: b.value, password: a.password, configured: new pulumi.Config().requireSecret("token") };
};

describe("secrets", () => {
  let lab: Lab;
  beforeEach(() => {
    lab = new Lab();
  });
  afterEach(() => lab.close());

  for (const passphrase of ["", "correct horse"]) {
    it(`stay out of state, history, events and output ${passphrase ? "under a passphrase" : "under the key file"}`, async () => {
      const stack = await lab.stack(program, { env: { PULUMI_CONFIG_PASSPHRASE: passphrase } });
      await stack.setConfig("token", { value: "plaintext-three", secret: true });
      const events: EngineEvent[] = [];
      const first = await stack.up({ onEvent: (event) => events.push(event) });
      await stack.refresh();
      const written = everyFile(lab.directory).map((path) => readFileSync(path, "utf8"));
      for (const text of [...written, JSON.stringify(events), first.stdout]) {
        assert.doesNotMatch(text, /plaintext-(one|two|three)|hunter2/);
      }
      assert.deepEqual(first.outputs["quiet"], { value: "plaintext-one", secret: true });
      assert.deepEqual(first.outputs["password"], { value: "hunter2", secret: true });
      assert.deepEqual((await stack.getConfig("token")).value, "plaintext-three");
    });
  }

  it("keep their ciphertext while they do not change", async () => {
    const stack = await lab.stack(async () => void new Thing("a", { value: pulumi.secret("same") }));
    const path = join(lab.directory, ".pulumi/stacks/lab/dev.json");
    const ciphertexts = () => readFileSync(path, "utf8").match(/"ciphertext":"[^"]+"/g);
    await stack.up();
    const before = ciphertexts();
    await stack.up();
    assert.ok(before && before.length > 0);
    assert.deepEqual(ciphertexts(), before);
  });

  it("are encrypted when a value becomes secret without changing", async () => {
    const stack = await lab.stack(async () => void new Thing("a", { value: "open" }));
    await stack.up();
    await stack.up({ program: async () => void new Thing("a", { value: pulumi.secret("open") }) });
    const state = JSON.stringify(await resources(stack));
    assert.doesNotMatch(state, /"value":"open"/);
  });

  it("cannot be read with another passphrase", async () => {
    const stack = await lab.stack(program, { env: { PULUMI_CONFIG_PASSPHRASE: "right" } });
    await stack.setConfig("token", { value: "x", secret: true });
    await stack.up();
    const other = await lab.stack(program, { env: { PULUMI_CONFIG_PASSPHRASE: "wrong" } });
    await assert.rejects(other.up(), /a secret cannot be decrypted/);
  });
});
