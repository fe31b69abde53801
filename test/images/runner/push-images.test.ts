import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { errorCatalogue } from "../../../programs/error-catalogue.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../../..");
const program = join(root, "images/runner/src/push-images.ts");

/** Says what it is given, and whether it finds a package; and fails. */
const driver = `
await import("yaml");
console.log("driver " + process.argv.slice(2).join(" "));
process.exitCode = ${errorCatalogue["update-failed"].exitCode};
`;

describe("a build of images", function () {
  this.timeout(60_000);
  let tree: string;
  before(() => {
    tree = mkdtempSync(join(tmpdir(), "switchyard-tree-"));
    mkdirSync(join(tree, "automation"));
    writeFileSync(join(tree, "automation/switchyard.mjs"), driver);
    copyFileSync(join(root, "package-lock.json"), join(tree, "package-lock.json"));
  });
  after(() => rmSync(tree, { recursive: true, force: true }));

  const build = (variables: NodeJS.ProcessEnv) =>
    run(process.execPath, [program], { cwd: tree, env: { PATH: process.env["PATH"], HOME: tree, ...variables } }).then(
      ({ stdout }) => ({ code: 0, said: stdout }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
    );

  it("is the tree's own push, with the image's packages, and ends as that does", async () => {
    const { code, said } = await build({ SWITCHYARD_TAG: "v1" });
    assert.deepEqual([code, said.trim()], [errorCatalogue["update-failed"].exitCode, "driver images push --tag v1"]);
  });

  it("is nothing without a tag", async () => {
    const { code, said } = await build({});
    assert.equal(code, errorCatalogue["invalid-flag"].exitCode);
    assert.match(said, /SWITCHYARD_TAG: it is missing/);
  });
});
