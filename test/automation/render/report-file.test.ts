import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stackText } from "../../../automation/delivery/comment/parts.ts";
import type { StackReport } from "../../../automation/delivery/comment/stack-report.ts";
import { keepReport } from "../../../automation/render/report-file.ts";
import { reportVariable } from "../../../programs/components/runner/artifacts.ts";

describe("a command's report", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-report-"));
  });
  after(() => rm(directory, { recursive: true }));

  it("is kept where a job of the runner wants it, and nowhere else", async () => {
    await keepReport("# plan", {});
    await keepReport("# plan", { [reportVariable]: "" });
    assert.deepEqual(await readdir(directory), []);
    const file = join(directory, "report.md");
    await keepReport("# plan\n\n", { [reportVariable]: file });
    assert.equal(await readFile(file, "utf8"), "# plan\n");
  });

  it("of a plan has every change of its stack, what destroys first", () => {
    const type = "aws:ecr/repository:Repository";
    const change = (op: string, name: string) => ({
      ...{ op, type, urn: `urn:pulumi:s::switchyard::${type}::${name}`, properties: [] },
    });
    const planned = { stack: "pipeline", hash: "h", changes: [change("create", "new"), change("delete", "old")] };
    const report = {
      ...{ stack: "pipeline", planned: { ...planned, violations: [] }, migrations: [] },
      judged: { findings: [], routes: [] },
    } as unknown as StackReport;
    assert.match(stackText(report), /^### `pipeline`: 1 created, 1 deleted\n(.*\n)*.*old(.*\n)*.*new/);
  });
});
