import assert from "node:assert/strict";
import fc from "fast-check";
import { judgedComment, piecesOf } from "../../../../automation/delivery/comment/judged.ts";

const limits = { characters: 300, parts: 1000 };
const plain = fc.stringMatching(/^[a-z ]{0,40}[a-z]$/).map((text) => `- ${text}`);
const folded = fc
  .array(plain, { minLength: 1, maxLength: 12 })
  .map((lines) => ["<details><summary>More</summary>", "", ...lines, "", "</details>"]);
const report = fc
  .array(fc.oneof(folded, fc.array(plain, { minLength: 1, maxLength: 12 })), { minLength: 1, maxLength: 12 })
  .map((blocks) => `${blocks.flat().join("\n")}\n`);

const said = (text: string) => text.split("\n").filter((line) => line.startsWith("- "));

describe("what was judged, as comments", () => {
  it("lose no line and keep their order, and each closes what it opens", () => {
    fc.assert(
      fc.property(report, (text) => {
        const parts = judgedComment(text, "a run", limits);
        assert.deepEqual(parts.flatMap(said), said(text));
        for (const [i, part] of parts.entries()) {
          assert.ok(part.startsWith(`<!-- switchyard:policies -->\n${i === 0 ? "" : `Policies, part ${i + 1} of `}`));
          const folds = [...part.matchAll(/^<(\/?)details>/gm)].map(([, slash]) => slash);
          assert.deepEqual(
            folds,
            folds.map((_, at) => (at % 2 === 0 ? "" : "/")),
            part,
          );
          assert.equal(folds.length % 2, 0);
        }
      }),
    );
  });

  it("say where the rest is when there is more than comments have room for", () => {
    const lines = Array.from({ length: 400 }, (_, i) => `- line ${i}`);
    const parts = judgedComment(lines.join("\n"), "the report of https://example.com/run", { ...limits, parts: 3 });
    const shown = parts.flatMap(said).length;
    assert.equal(parts.length, 3);
    assert.ok(
      parts
        .at(-1)
        ?.endsWith(
          `\n**${400 - shown} more lines did not fit**: the report of https://example.com/run has all of it.\n`,
        ),
    );
  });

  it("are within what GitHub takes, however long a line is", () => {
    const parts = judgedComment(`- a\n${"x".repeat(200_000)}\n- b\n`, "a run");
    assert.equal(parts.length, 1);
    assert.deepEqual(said(parts[0] ?? ""), ["- a", "- b"]);
    assert.ok((parts[0] ?? "").length < 65_536);
  });

  it("keep a part that was never closed, and one that closes what was not open", () => {
    assert.deepEqual(piecesOf("</details>\n<details>\na"), [
      { open: [], lines: ["</details>"], close: [] },
      { open: ["<details>"], lines: ["a"], close: ["", "</details>"] },
    ]);
  });
});
