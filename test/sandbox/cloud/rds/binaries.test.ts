import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { substituteHome } from "../../../../sandbox/cloud/rds/binaries.ts";

describe("where databases go when their own folder is closed", () => {
  const temporary = process.env["TMPDIR"];
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "home-"));
    process.env["TMPDIR"] = folder;
  });
  afterEach(() => {
    if (temporary === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = temporary;
    rmSync(folder, { recursive: true });
  });

  it("is among the temporary files, one for each sandbox", () => {
    chmodSync(folder, 0o711);
    assert.equal(dirname(substituteHome("/a")), folder);
    assert.notEqual(substituteHome("/a"), substituteHome("/b"));
  });

  it("is /tmp where these are closed as well", () => {
    chmodSync(folder, 0o700);
    assert.equal(dirname(substituteHome("/a")), "/tmp");
  });
});
