import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const source = join(import.meta.dirname, "../../../images/migrate/src/statements.ts");

/** Long enough for V8 to find that the parser is worth optimising, and to begin with it beside. */
const program = `
const { statementsOf } = await import(${JSON.stringify(source)});
const file = { name: "0001_wide", kind: "expand", sql: "SELECT 1;\\n".repeat(20) };
for (const end = Date.now() + 700; Date.now() < end; ) await statementsOf(file);
console.log(process.resourceUsage().maxRSS / 1024);
`;

describe("PostgreSQL's parser", () => {
  it("needs less memory than the migration function is given", async () => {
    const args = ["--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
    assert.ok(Number(stdout) < 300, `${stdout.trim()} MB`);
  });
});
