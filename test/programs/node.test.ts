import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const resolve = createRequire(import.meta.filename).resolve;

/** What a Node does with arguments, both outputs as one. */
function run(node: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: root, encoding: "utf8", timeout: 60_000 });
  return { status, output: `${stdout}${stderr}` };
}

describe("the Node a program and its pack run in", () => {
  const refused =
    /Node \d+\.\d+\.\d+ \(\S+\) cannot run TypeScript: Node 22\.18 or later is needed.*npm run pulumi -- up/;
  const policyPack = [
    resolve("@pulumi/pulumi/cmd/run-policy-pack/index.js"),
    "127.0.0.1:1",
    join(root, "policies/index.js"),
  ];
  const entries = {
    "the pack": policyPack,
    "the program": ["--input-type=module", "--eval", 'await import("./programs/main.js")'],
    "the driver": [join(root, "automation/switchyard.mjs"), "--version"],
  };
  const without = "--no-experimental-strip-types";
  const newer = (node: string) => run(node, "--print", "process.features.typescript").output.trim() === "strip";
  const older = ["/usr/bin/node", "/usr/local/bin/node"].filter((node) => existsSync(node) && !newer(node));

  for (const [entry, args] of Object.entries(entries)) {
    it(`is refused by ${entry} in words where it cannot run TypeScript`, () => {
      const { status, output } = run(process.execPath, without, ...args);
      assert.match(output, refused);
      assert.notEqual(status, 0);
    });

    // What such a Node lacks besides, only such a Node shows.
    for (const node of older) {
      it(`is refused by ${entry} in words where it is ${node}`, () => {
        const { output } = run(node, ...args);
        assert.match(output, refused);
        assert.doesNotMatch(output, /SyntaxError|ERR_UNKNOWN_FILE_EXTENSION/);
      });
    }
  }

  it("runs the program through the entry that Pulumi.yaml names", async () => {
    const { default: main } = await import(join(root, "programs/main.js"));
    const { default: program } = await import("../../programs/index.ts");
    assert.equal(main, program);
  });
});
