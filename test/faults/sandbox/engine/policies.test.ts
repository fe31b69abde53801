import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { Thing } from "../../../sandbox/engine/fake.ts";
import { Lab } from "../../../sandbox/engine/lab.ts";

const pack = `
const { PolicyPack } = require("@pulumi/policy");
new PolicyPack("fakes", {
  enforcementLevel: "mandatory",
  policies: [
    { name: "no-evil", description: "No evil values.", configSchema: { properties: { word: { type: "string" } } },
      validateResource: (args, report) => { if (args.props.value === (args.getConfig().word ?? "evil")) report("value is evil"); } },
    { name: "advice", description: "Give tags.", enforcementLevel: "advisory",
      validateResource: (args, report) => { if (args.type === "fake:index:Thing" && !args.props.tags) report("no tags"); } },
    { name: "tidy", description: "Trim.", enforcementLevel: "remediate",
      remediateResource: (args) => (args.props.value === "untidy" ? { ...args.props, value: "tidy" } : undefined) },
    { name: "few", description: "Few things.",
      validateStack: (args, report) => {
        const things = args.resources.filter((r) => r.type === "fake:index:Thing");
        if (things.length > 2) report(things.length + " things, the last on " + things.at(-1).props.arn, things[0].urn);
      } },
  ],
});
`;

describe("policy packs", function () {
  this.timeout(120_000);
  let lab: Lab;
  let directory: string;
  before(() => {
    lab = new Lab();
    directory = join(lab.directory, "pack");
    mkdirSync(directory);
    symlinkSync(resolve("node_modules"), join(directory, "node_modules"));
    writeFileSync(join(directory, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
    writeFileSync(join(directory, "package.json"), '{ "name": "fakes", "version": "1.2.3" }');
    writeFileSync(join(directory, "index.js"), pack);
  });
  after(() => lab.close());

  async function run(kind: "up" | "preview", values: string[], options: { name: string; config?: object }) {
    const seen: EngineEvent[] = [];
    const stack = await lab.stack(
      async () => {
        values.forEach((value, i) => {
          new Thing(`t${i}`, { value });
        });
      },
      { name: options.name },
    );
    const config = join(lab.directory, `${options.name}.json`);
    writeFileSync(config, JSON.stringify(options.config ?? {}));
    const all = {
      policyPacks: [directory],
      policyPackConfigs: [config],
      onEvent: (event: EngineEvent) => void seen.push(event),
    };
    const error = await stack[kind](all).then(
      () => "",
      (error: Error) => error.message,
    );
    const violations = seen.flatMap(({ policyEvent }) =>
      policyEvent
        ? [`${policyEvent.enforcementLevel} ${policyEvent.policyName} ${policyEvent.resourceUrn?.split("::").at(-1)}`]
        : [],
    );
    return { error, violations, seen };
  }

  it("block a preview on a mandatory violation, and say which", async () => {
    const { error, violations, seen } = await run("preview", ["good", "evil"], { name: "blocked" });
    assert.match(
      error,
      /\[mandatory\] {2}fakes@v1\.2\.3 {2}no-evil {2}\(fake:index:Thing: t1\)\n.*No evil values\.\n.*value is evil/,
    );
    assert.deepEqual(violations.sort(), ["advisory advice t0", "advisory advice t1", "mandatory no-evil t1"]);
    assert.deepEqual(seen.find(({ summaryEvent }) => summaryEvent)?.summaryEvent?.policyPacks, { fakes: "1.2.3" });
  });

  it("stop an update at the resource that violates one", async () => {
    const { error } = await run("up", ["evil"], { name: "stopped" });
    assert.match(error, /a mandatory policy is violated/);
    assert.deepEqual(lab.cloud.now.calls, []);
  });

  it("remedy, advise, and let pass", async () => {
    const { error, violations } = await run("up", ["untidy"], { name: "remedied" });
    assert.equal(error, "");
    assert.deepEqual(violations, ["advisory advice t0"]);
    assert.equal(lab.cloud.now.things["t0-1"]?.["value"], "tidy");
  });

  it("judge the whole stack by what it became", async () => {
    const { error, violations } = await run("preview", ["1", "2", "3"], { name: "many" });
    assert.match(error, /3 things/);
    assert.ok(violations.includes("mandatory few t0"), violations.join());
  });

  it("follow their configuration: levels and properties", async () => {
    const config = { all: "disabled", "no-evil": { enforcementLevel: "advisory", word: "rude" } };
    const { error, violations } = await run("preview", ["rude", "evil", "3"], { name: "configured", config });
    assert.equal(error, "");
    assert.deepEqual(violations, ["advisory no-evil t0"]);
    const unknown = await run("preview", ["1"], { name: "unknown", config: { none: "mandatory" } });
    assert.match(unknown.error, /none: is not a policy of fakes/);
  });

  it("that cannot start fail the operation with their own words", async () => {
    const broken = join(lab.directory, "broken");
    mkdirSync(broken);
    const stack = await lab.stack(async () => {}, { name: "broken" });
    await assert.rejects(stack.preview({ policyPacks: [broken] }), /has no PulumiPolicy.yaml/);
    symlinkSync(resolve("node_modules"), join(broken, "node_modules"));
    writeFileSync(join(broken, "PulumiPolicy.yaml"), "runtime: nodejs\nmain: index.js\n");
    writeFileSync(join(broken, "package.json"), '{ "name": "broken", "version": "1.0.0" }');
    writeFileSync(join(broken, "index.js"), 'throw new Error("broken pack");');
    await assert.rejects(stack.preview({ policyPacks: [broken] }), /broken pack/);
  });
});
