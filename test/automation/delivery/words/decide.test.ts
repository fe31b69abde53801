import assert from "node:assert/strict";
import fc from "fast-check";
import { type Circumstances, judgeWord } from "../../../../automation/delivery/words/decide.ts";
import { parseComment } from "../../../../automation/delivery/words/parse.ts";

const writer: Circumstances = { mayWrite: true, isEdited: false, isOpen: true, isFork: false, isAuthor: false };

describe("what is done about a comment", () => {
  const cases: readonly [string, Partial<Circumstances>, string][] = [
    ["hello", {}, "ignore"],
    ["/deploy", {}, "do"],
    ["/deploy", { mayWrite: false }, "ignore"],
    ["/deploy now", { mayWrite: false }, "ignore"],
    ["/deploy now", {}, "answer"],
    ["/deploy", { isEdited: true }, "ignore"],
    ["/deploy", { isFork: true }, "answer"],
    ["/deploy", { isOpen: false }, "answer"],
    ["/plan", { isFork: true }, "answer"],
    ["/destroy", { isFork: true, isOpen: false }, "do"],
    ["/extend 24h", { isAuthor: true }, "do"],
    ["/approve", {}, "do"],
    ["/approve", { isAuthor: true }, "answer"],
    ["/help", {}, "answer"],
    ["/help", { mayWrite: false }, "ignore"],
    ["/run api -- node", {}, "do"],
  ];
  for (const [body, over, kind] of cases)
    it(`${body} ${JSON.stringify(over)}: ${kind}`, () => {
      assert.equal(judgeWord(parseComment(body), { ...writer, ...over }).kind, kind);
    });

  it("is nothing at all, and nothing said, for whoever may not write", () => {
    const is = fc.record({
      ...{ mayWrite: fc.constant(false), isEdited: fc.boolean(), isOpen: fc.boolean() },
      ...{ isFork: fc.boolean(), isAuthor: fc.boolean() },
    });
    const body = fc.constantFrom("/deploy", "/help", "/extend 24h", "/run api -- id", "/deploy now", "hi");
    fc.assert(fc.property(body, is, (text, how) => assert.equal(judgeWord(parseComment(text), how).kind, "ignore")));
  });
});
