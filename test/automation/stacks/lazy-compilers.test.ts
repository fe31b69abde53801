import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../../automation/surroundings.ts";

const run = promisify(execFile);
const lazily = ["--require", join(projectRoot, "automation/stacks/lazy-compilers.cjs")];

/** Loads Pulumi's SDK in a process of its own, does `then`, and says whether it was loaded. */
async function loaded(args: readonly string[], then = ""): Promise<unknown> {
  const program = `
    const { automation, runtime } = require("@pulumi/pulumi");
    const names = ["typescript/lib", "pulumi/automation/index", "normalize-package-data/lib"];
    const loaded = () => names.filter((name) => Object.keys(require.cache).some((path) => path.includes(name)));
    (async () => { ${then} })().then((said) => console.log(JSON.stringify({ loaded: loaded(), said })));
  `;
  const { stdout } = await run(process.execPath, [...args, "--eval", program], { cwd: projectRoot });
  return JSON.parse(stdout);
}

describe("the compiler that Pulumi's SDK loads", () => {
  it("is loaded with it, as are the Automation API and what reads package.json", async () => {
    const all = ["typescript/lib", "pulumi/automation/index", "normalize-package-data/lib"];
    assert.deepEqual(await loaded([]), { loaded: all });
  });

  it("is not, lazily", async () => {
    assert.deepEqual(await loaded(lazily), { loaded: [] });
  });

  it("is there when something asks for it", async () => {
    const then = `
      const { text } = await runtime.serializeFunction(() => 1);
      const paths = await runtime.computeCodePaths();
      return { text, paths: paths.size };
    `;
    const answer = (await loaded(lazily, then)) as { loaded: string[]; said: { text: string; paths: number } };
    assert.deepEqual(answer.loaded, ["typescript/lib", "normalize-package-data/lib"]);
    assert.match(answer.said.text, /\(\) => 1/);
    assert.ok(answer.said.paths > 0);
  });

  it("is as little touched as the Automation API is before it is used", async () => {
    const then = "return { preview: typeof automation.Stack.prototype.preview };";
    assert.deepEqual(await loaded(lazily, then), {
      loaded: ["pulumi/automation/index"],
      said: { preview: "function" },
    });
  });

  describe("in Pulumi's policy runner", () => {
    /** Starts a pack of one file as an engine does, and says which compilers its process loaded, and whether it debugs itself. */
    async function runner(file: string, source: string): Promise<string[]> {
      const directory = await mkdtemp(join(projectRoot, ".pack-"));
      try {
        await writeFile(join(directory, "package.json"), JSON.stringify({ main: file }));
        await writeFile(join(directory, file), source);
        const module = join(projectRoot, "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js");
        const { stdout } = await run(process.execPath, [...lazily, module, "127.0.0.1:1", directory], {
          cwd: directory,
        });
        return JSON.parse(stdout);
      } finally {
        await rm(directory, { recursive: true });
      }
    }
    const told = `
      const kinds = Object.keys(require.cache).flatMap((path) => /typescript[/]lib|ts-node|v8Hooks/.exec(path) ?? []);
      console.log(JSON.stringify([...new Set(kinds)].sort()));
      process.exit(0);`;

    it("is not loaded for a pack Node runs, and no debugger attached", async () => {
      assert.deepEqual(await runner("index.js", told), []);
    });

    it("is there for a pack in TypeScript that only a compiler can run", async () => {
      const enumeration = "declare const require: any, process: any, console: any; enum Level { High } Level.High;";
      assert.deepEqual(await runner("index.ts", enumeration + told), ["ts-node", "typescript/lib"]);
    });
  });
});
