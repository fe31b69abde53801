import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { isFile } from "../../../images/migrate/src/applied.ts";
import { parseMigration, readMigrations } from "../../../images/migrate/src/files.ts";
import { admit } from "../../../images/migrate/src/refusals.ts";
import { decodeSql } from "../../../images/migrate/src/text.ts";

const file = "0003_names.expand.sql";
const decode = (bytes: Uint8Array | string) => decodeSql(Buffer.from(bytes as string));
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("a migration's text", () => {
  for (const [what, bytes, expected] of [
    ["Latin-1", Buffer.from("SELECT 'caf\u00e9';", "latin1"), /byte offset 11 \(0xE9, line 1\)/],
    ["a lead byte that ASCII follows", Buffer.from("--\r\nna\u00efve", "latin1"), /byte offset 6 \(0xEF, line 2\)/],
    ["a sequence cut off at the end", Buffer.from([0x41, 0xe2, 0x82]), /byte offset 1 \(0xE2, line 1\)/],
    ["an overlong sequence", Buffer.from([0x0a, 0x0a, 0xc0, 0xaf]), /byte offset 2 \(0xC0, line 3\)/],
    ["half of a surrogate pair", Buffer.from([0x41, 0xed, 0xa0, 0x80]), /byte offset 1 \(0xED, line 1\)/],
    ["UTF-16, little-endian", Buffer.from("\ufeffSELECT 1", "utf16le"), /it is UTF-16/],
    ["UTF-16, big-endian", Buffer.from("\ufeffSELECT 1", "utf16le").swap16(), /it is UTF-16/],
    ["UTF-16 without a mark", Buffer.from("SELECT 1", "utf16le"), /NUL at byte offset 1/],
    ["a NUL", Buffer.from("SELECT 1;\0DROP TABLE t"), /NUL at byte offset 9/],
  ] as const) {
    it(`is refused when it is ${what}`, () => {
      assert.match(decode(bytes).problem ?? "", expected);
    });
  }

  it("has no byte order mark, and line feeds for every line end", () => {
    const text = "a\nb\nc\nd\ufeff\ufffd\u{1d11e}";
    assert.deepEqual(decode("\ufeffa\r\nb\rc\nd\ufeff\ufffd\u{1d11e}"), { text });
  });

  it("is refused exactly where the bytes are no UTF-8", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 0x80, max: 0xff }),
        fc.string(),
        (before, byte, after) => {
          const start = Buffer.from(before.replaceAll("\0", ""));
          // A byte that leads nothing, whatever follows: it continues a sequence, or ASCII follows it.
          const bytes = Buffer.concat([start, Buffer.from([byte, 0x41]), Buffer.from(after)]);
          assert.match(decode(bytes).problem ?? "", new RegExp(`byte offset ${start.length} `));
        },
      ),
    );
  });

  it("is read by the runner with its bytes", async () => {
    const directory = await mkdtemp(join(tmpdir(), "switchyard-migrations-"));
    try {
      await writeFile(join(directory, file), Buffer.from([0x53, 0xff]));
      const [bad = assert.fail("no file")] = await readMigrations(directory);
      const message = /^0003_names\.expand\.sql: it is not UTF-8 at byte offset 1 /;
      await assert.rejects(admit(bad), { name: "InvalidMigration", message });
      const lossily = { kind: "expand", checksum: sha256("S\ufffd") } as const;
      assert.equal(isFile(bad, lossily), true, "an earlier version applied it");
      await writeFile(join(directory, file), "\ufeff-- transaction: none\r\nVACUUM");
      const [read] = await readMigrations(directory);
      assert.deepEqual([read?.transaction, read?.sql], [false, "-- transaction: none\nVACUUM"]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe("a migration's checksum", () => {
  const text = "CREATE TABLE t (id int);\nSELECT 'é';\n";
  const migration = (sql: string) => parseMigration("0001_a", "expand", sql);

  it("is the same for every checkout's line ends, and with a byte order mark", () => {
    for (const other of [text.replaceAll("\n", "\r\n"), text.replaceAll("\n", "\r"), `\ufeff${text}`])
      assert.equal(migration(other).checksum, sha256(text));
  });

  it("does not count an exception, so that a file may be given one after it was applied", () => {
    assert.equal(migration(`-- lint: allow x: y\n${text}  -- lint: allow z: w`).checksum, sha256(text));
    assert.notEqual(migration(`${text}-- lint it\n`).checksum, sha256(text));
  });

  it("is accepted as an earlier version recorded it: of the bytes as they were", () => {
    for (const recorded of [text, text.replaceAll("\n", "\r\n")]) {
      const applied = { kind: "expand", checksum: sha256(recorded) } as const;
      for (const now of [text, text.replaceAll("\n", "\r\n"), `-- lint: allow x: y\n${text}`])
        assert.equal(isFile(migration(now), applied), true, JSON.stringify([recorded, now]));
      assert.equal(isFile(migration(text.toLowerCase()), applied), false);
      assert.equal(isFile(migration(text), { ...applied, kind: "contract" as const }), false);
    }
  });
});
