import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { stopCloud } from "@switchyard/sandbox";

const root = join(import.meta.dirname, "../../..");

describe("the sandbox with another Pulumi program", function () {
  this.timeout(60_000);
  let directory: string;
  before(async () => {
    // Inside the project, where the packages are found.
    directory = await mkdtemp(join(root, ".sandbox", "readme-"));
  });
  after(async () => {
    await stopCloud(join(directory, "my-sandbox"));
    await rm(directory, { recursive: true, force: true });
  });

  it("works as its README says", async () => {
    const readme = await readFile(join(root, "sandbox/README.md"), "utf8");
    const [, program = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    await writeFile(join(directory, "program.ts"), program);
    const { stdout } = await promisify(execFile)(process.execPath, ["program.ts"], { cwd: directory });
    assert.match(stdout, /^arn:aws:sns:us-east-1:123456789012:alarms-[0-9a-f]{7}\n$/);
  });
});
