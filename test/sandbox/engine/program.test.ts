import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type EngineEvent, LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { FakeProvider, RemotePair, Thing } from "./fake.ts";
import { Lab, operations } from "./lab.ts";

describe("programs", () => {
  let lab: Lab;
  beforeEach(() => {
    lab = new Lab();
  });
  afterEach(() => lab.close());

  it("read other stacks' outputs, secret ones as secrets", async () => {
    const base = await lab.stack(async () => ({ open: "1", quiet: pulumi.secret({ deep: "2" }) }), {
      project: "base",
      name: "main",
    });
    await base.up();
    const reader = await lab.stack(async () => {
      const reference = new pulumi.StackReference("organization/base/main");
      return {
        open: reference.getOutput("open"),
        quiet: reference.requireOutput("quiet"),
        none: reference.getOutput("none"),
      };
    });
    await reader.preview();
    const { outputs } = await reader.up();
    assert.deepEqual(outputs["open"], { value: "1", secret: false });
    assert.deepEqual(outputs["quiet"], { value: { deep: "2" }, secret: true });
    const lost = await lab.stack(async () => void new pulumi.StackReference("organization/base/other"), {
      name: "lost",
    });
    await assert.rejects(lost.up(), /no stack named 'other' found/);
  });

  it("give a component's providers to a remote component below it", async () => {
    const stack = await lab.stack(async () => {
      const provider = new FakeProvider("mine", {});
      const outer = new pulumi.ComponentResource("test:index:Outer", "outer", {}, { providers: [provider] });
      new RemotePair("pair", { value: "a" }, { parent: outer });
    });
    await stack.up();
    const { deployment } = await stack.exportStack();
    const things = (deployment.resources as { type: string; provider?: string }[]).filter(
      (r) => r.type === "fake:index:Thing",
    );
    assert.ok(things.length > 0);
    for (const thing of things) assert.match(thing.provider ?? "", /pulumi:providers:fake::mine::/);
  });

  it("end when a resource fails while a remote component is still being made", async () => {
    const failing = new Map([
      ["beside it", async () => void new Thing("bad", { fail: "create" })],
      ["within it", async () => void new RemotePair("other", { value: "b", fail: "create" } as { value: string })],
    ]);
    for (const [where, fail] of failing) {
      const stack = await lab.stack(
        async () => {
          new RemotePair("pair", { value: "a" });
          await fail();
        },
        { name: where.replace(" ", "-") },
      );
      await assert.rejects(stack.up(), /cannot create (bad|other-first)/, where);
      assert.equal((await stack.history())[0]?.result, "failed");
      await stack.up({ program: async () => void new RemotePair("pair", { value: "a" }) });
    }
  });

  it("invoke functions, whose errors are theirs to handle", async () => {
    const stack = await lab.stack(async () => {
      const answer = await pulumi.runtime.invoke("fake:index:echo", { say: "hi" });
      const failure = await pulumi.runtime.invoke("fake:index:none", {}).catch((error: Error) => error.message);
      return { said: answer.said, failure };
    });
    const { outputs } = await stack.up();
    assert.equal(outputs["said"]?.value, "hi");
    assert.match(outputs["failure"]?.value, /unknown function fake:index:none/);
  });

  it("register resources side by side, as many as --parallel says", async () => {
    const many = async () => {
      for (let i = 0; i < 12; i += 1) new Thing(`t${i}`);
    };
    const stack = await lab.stack(many);
    await stack.up({ parallel: 3 });
    assert.equal(lab.cloud.peak, 3);
  });

  it("of the same process run at the same time, each with its own settings", async () => {
    const stacks = await Promise.all(
      ["one", "two", "three"].map((project) =>
        lab.stack(
          async () => {
            new Thing("a");
            return { project: pulumi.getProject() };
          },
          { project },
        ),
      ),
    );
    const results = await Promise.all(stacks.map((stack) => stack.up()));
    assert.deepEqual(
      results.map(({ outputs }) => outputs["project"]?.value),
      ["one", "two", "three"],
    );
  });

  it("run from a project's directory in a language host of their own", async function () {
    this.timeout(60_000);
    const workDir = join(lab.directory, "local");
    mkdirSync(workDir);
    symlinkSync(resolve("node_modules"), join(workDir, "node_modules"));
    writeFileSync(
      join(workDir, "Pulumi.yaml"),
      "name: local\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n",
    );
    writeFileSync(join(workDir, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(workDir, "index.ts"),
      `import * as pulumi from "@pulumi/pulumi";
       console.log("a line of the program");
       class Thing extends pulumi.CustomResource {
         declare readonly arn: pulumi.Output<string>;
         constructor(name: string) { super("fake:index:Thing", name, { arn: undefined }); }
       }
       export const who: string = new pulumi.Config().require("who");
       export const arn = new Thing("a").arn;`,
    );
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "dev", workDir },
      { pulumiCommand: lab.pulumi, envVars: { PULUMI_BACKEND_URL: lab.backend } },
    );
    await assert.rejects(stack.up(), /Missing required configuration variable 'local:who'/);
    await stack.setConfig("who", { value: "me" });
    const { outputs, stdout } = await stack.up();
    assert.deepEqual(outputs, { arn: { value: "arn:fake:a-1", secret: false }, who: { value: "me", secret: false } });
    assert.match(stdout, /a line of the program/);
    assert.match(stdout, /\+ 1 created/);
  });

  it("tell every event: details of a change, diagnostics, the summary last but one", async () => {
    const seen: EngineEvent[] = [];
    const program = (value: string) => async () => {
      pulumi.log.warn("mind the gap");
      new Thing("a", { value, tags: { x: value } });
    };
    const stack = await lab.stack(program("1"));
    await stack.up();
    await stack.up({ program: program("2"), onEvent: (event) => seen.push(event), diff: true });
    const update = seen.find(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "update")?.resourcePreEvent
      ?.metadata;
    assert.deepEqual(update?.diffs, ["tags", "value"]);
    assert.deepEqual(update?.detailedDiff, {
      "tags.x": { diffKind: "update", inputDiff: true },
      value: { diffKind: "update", inputDiff: true },
    });
    assert.equal(update?.old?.inputs?.["value"], "1");
    assert.equal(update?.new?.inputs?.["value"], "2");
    assert.ok(
      seen.some(
        ({ diagnosticEvent }) =>
          diagnosticEvent?.severity === "warning" && /mind the gap/.test(diagnosticEvent.message),
      ),
    );
    assert.deepEqual(seen.at(-2)?.summaryEvent?.resourceChanges, { same: 1, update: 1 });
    assert.ok(seen.at(-1)?.cancelEvent);
    assert.deepEqual(
      seen.map(({ sequence }) => sequence),
      seen.map((_, i) => i),
    );
  });

  it("that fail to make a resource leave the failure in events, output and state", async () => {
    const seen: EngineEvent[] = [];
    const stack = await lab.stack(async () => void new Thing("a", { fail: "create" }));
    await assert.rejects(stack.up({ onEvent: (event) => seen.push(event) }), /cannot create a/);
    assert.ok(seen.some(({ resOpFailedEvent }) => resOpFailedEvent?.metadata.urn.endsWith("::a")));
    assert.equal((await stack.history())[0]?.result, "failed");
  });

  it("make a resource anew whose replacement failed after its deletion, and delete nothing twice", async () => {
    const family = (name: string, fail?: string) => async () => {
      const a = new Thing("a", { name, ...(fail && { fail }) }, { deleteBeforeReplace: true });
      new Thing("b", { parentId: a.arn });
    };
    const stack = await lab.stack(family("x"));
    await stack.up();
    await assert.rejects(stack.up({ program: family("y", "create") }));
    const seen: EngineEvent[] = [];
    await stack.up({ program: family("y"), onEvent: (event) => seen.push(event) });
    const anew = ["replace a", "create-replacement a", "replace b", "create-replacement b"];
    assert.deepEqual(operations(seen), ["same lab-dev", ...anew]);
    const calls = ["create a", "create b", "delete b", "delete a", "create a", "create a", "create b"];
    assert.deepEqual(lab.cloud.now.calls, calls);
  });

  it("can be held to change nothing", async () => {
    const stack = await lab.stack(async () => void new Thing("a"));
    await assert.rejects(stack.up({ expectNoChanges: true }), /no changes were expected but changes occurred/);
    await stack.up({ expectNoChanges: true });
  });
});
