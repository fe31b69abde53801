import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzip } from "../../../../sandbox/cloud/codebuild/zip.ts";
import { archiveOf } from "./archive.ts";

describe("a ZIP archive of git's", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "switchyard-unzip-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("is unpacked with directories, rights and links, short files and long ones", () => {
    const long = "again ".repeat(10_000);
    unzip(archiveOf({ one: "1", "deep/er/two": long, "deep/run.sh": "#!/bin/sh\n" }), directory);
    assert.equal(readFileSync(join(directory, "link"), "utf8"), "1");
    assert.equal(readlinkSync(join(directory, "link")), "one");
    assert.equal(readFileSync(join(directory, "deep/er/two"), "utf8"), long);
    assert.equal(statSync(join(directory, "deep/run.sh")).mode & 0o111, 0o111);
    assert.equal(statSync(join(directory, "one")).mode & 0o111, 0);
  });

  it("is refused where it is none, or a name leads out of it", () => {
    assert.throws(() => unzip(Buffer.from("no archive"), directory), /no ZIP archive/);
    const outside = archiveOf({ "aa/bb/c": "1" });
    const led = Buffer.from(outside.toString("latin1").replaceAll("aa/bb/c", "../../c"), "latin1");
    assert.throws(() => unzip(led, directory), /leads out/);
  });
});
