import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { Thing } from "./fake.ts";
import { Lab } from "./lab.ts";

type Run = (args: string[], cwd: string, env: Record<string, string>) => Promise<{ stdout: string }>;

describe("what the engine lacks or refuses", () => {
  let lab: Lab;
  beforeEach(() => {
    lab = new Lab();
  });
  afterEach(() => lab.close());

  const run = (...args: string[]) => {
    const { run } = lab.pulumi as unknown as { run: Run };
    return run(args, lab.workDirectory(), { PULUMI_BACKEND_URL: lab.backend });
  };

  it("says so of commands, flags and flags' values", async () => {
    const stack = await lab.stack(async () => {});
    await assert.rejects(run("policy", "publish"), /command "policy publish": .* does not support this command/);
    await assert.rejects(run("up", "--sideways"), /flag --sideways: is unknown/);
    await assert.rejects(run("up", "--stack"), /flag --stack: needs a value/);
    await assert.rejects(run("up", "--parallel", "many", "--stack", "dev"), /"many" is not a positive whole number/);
    await assert.rejects(stack.up({ plan: "plan.json" }), /does not support update plans \(--plan\)/);
    await assert.rejects(stack.up({ replace: ["urn:x"] }), /does not support forced replacement/);
    await assert.rejects(run("stack", "init", "a b"), /"a b" is not a stack of project lab/);
    await assert.rejects(run("config", "env", "ls", "--stack", "dev"), /config env: is not supported/);
  });

  it("says so of what programs ask for", async () => {
    const transforms = async () => void new Thing("a", {}, { transforms: [() => undefined] });
    await assert.rejects((await lab.stack(transforms)).up(), /transforms/);
    class Other extends pulumi.CustomResource {
      constructor() {
        super("other:index:Thing", "o", {});
      }
    }
    const other = async () => void new Other();
    await assert.rejects((await lab.stack(other)).up(), /no stand-in for the provider "other"/);
  });

  it("refuses every backend but its own, before it writes anything", async () => {
    const elsewhere = (url: string) =>
      LocalWorkspace.createStack(
        { stackName: "dev", projectName: "lab", program: async () => {} },
        {
          pulumiCommand: lab.pulumi,
          workDir: lab.workDirectory(),
          envVars: { PULUMI_BACKEND_URL: url },
          projectSettings: { name: "lab", runtime: "nodejs" },
        },
      );
    for (const url of [
      "s3://bucket",
      "https://api.pulumi.com",
      "file:///tmp",
      `${lab.backend}-beside`,
      `${lab.backend}/..`,
    ]) {
      await assert.rejects(elsewhere(url), /works on stacks under .* only/, url);
    }
    await elsewhere(`${lab.backend}/below`);
  });
});
