import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../../automation/surroundings.ts";

const run = promisify(execFile);
const lazily = ["--require", join(projectRoot, "automation/stacks/lazy-compilers.cjs")];

/** Loads Pulumi's SDK in a process of its own, does `then`, and says which of the two were loaded. */
async function loaded(args: readonly string[], then = ""): Promise<unknown> {
  const program = `
    const { runtime } = require("@pulumi/pulumi");
    const names = ["typescript/lib", "@npmcli/arborist/lib"];
    const loaded = () => names.filter((name) => Object.keys(require.cache).some((path) => path.includes(name)));
    (async () => { ${then} })().then((said) => console.log(JSON.stringify({ loaded: loaded(), said })));
  `;
  const { stdout } = await run(process.execPath, [...args, "--eval", program], { cwd: projectRoot });
  return JSON.parse(stdout);
}

describe("the compilers that Pulumi's SDK loads", () => {
  it("are loaded with it", async () => {
    assert.deepEqual(await loaded([]), { loaded: ["typescript/lib", "@npmcli/arborist/lib"] });
  });

  it("are not, lazily", async () => {
    assert.deepEqual(await loaded(lazily), { loaded: [] });
  });

  it("are there when something asks for them", async () => {
    const then = `
      const { text } = await runtime.serializeFunction(() => 1);
      const paths = await runtime.computeCodePaths();
      return { text, paths: paths.size };
    `;
    const answer = (await loaded(lazily, then)) as { loaded: string[]; said: { text: string; paths: number } };
    assert.deepEqual(answer.loaded, ["typescript/lib", "@npmcli/arborist/lib"]);
    assert.match(answer.said.text, /\(\) => 1/);
    assert.ok(answer.said.paths > 0);
  });
});
