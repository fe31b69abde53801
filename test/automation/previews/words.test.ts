import assert from "node:assert/strict";
import fc from "fast-check";
import { planComment } from "../../../automation/delivery/comment/parts.ts";
import { addressIn, answersText, goneText, withPreviewLine } from "../../../automation/previews/words.ts";

const record = {
  ...({ state: "ready", revision: 3, version: "pr-7-0123456789ab", by: "ann" } as const),
  ...{ createdAt: "2026-11-29T00:00:00.000Z", expiresAt: "2026-11-30T00:00:00.000Z", url: "http://pr-7.example.com" },
};
const head = "0123456789abcdef0123456789abcdef01234567";
const plan = (preview?: string) =>
  planComment({ head, stacks: [], removed: [], ...(preview !== undefined && { preview }) }, "elsewhere")
    .parts[0] as string;

describe("what is said of a preview environment", () => {
  it("has the address, which is found again; none once it is gone", () => {
    const body = `<!-- switchyard:preview -->\n${answersText(record)}\n`;
    assert.equal(addressIn(body), record.url);
    assert.match(body, /answers with `pr-7-0123456789ab` until 2026-11-30T00:00:00\.000Z/);
    assert.equal(addressIn(`<!-- switchyard:preview -->\n${goneText}\n`), undefined);
  });

  it("links a plan to it as the plan's own link is written: put there, changed, taken away", () => {
    const [bare, linked] = [plan(), plan(record.url)];
    assert.notEqual(bare, linked);
    assert.match(
      linked,
      /\n\*\*✅ Nothing blocks the merge\*\*\n\n\*\*Preview environment:\*\* http:\/\/pr-7\.example\.com\n/,
    );
    assert.equal(withPreviewLine(bare, record.url), linked);
    assert.equal(withPreviewLine(linked, record.url), linked);
    assert.equal(withPreviewLine(linked, undefined), bare);
    assert.equal(withPreviewLine(linked, "http://other"), plan("http://other"));
  });

  it("changes nothing but a plan's first comment", () => {
    fc.assert(
      fc.property(fc.string(), (body) => {
        fc.pre(!body.split("\n")[1]?.startsWith("## Plan: "));
        return withPreviewLine(body, record.url) === undefined;
      }),
    );
    const second = "<!-- switchyard:plan -->\nPlan of 0123456789ab, part 2 of 2\n\n**❌ x**\n";
    assert.equal(withPreviewLine(second, record.url), undefined);
  });
});
