import assert from "node:assert/strict";
import fc from "fast-check";
import { closed, conditionsFor, covers, takenBy } from "../../programs/routes.ts";

const path = fc.array(fc.stringMatching(/^[a-z0-9-]{1,8}$/), { maxLength: 3 }).map((steps) => `/${steps.join("/")}`);

describe("what a rule takes", () => {
  it("is read from its conditions as it was written, closed or any path", () => {
    assert.equal(takenBy(conditionsFor(closed)), closed);
    fc.assert(fc.property(path, (one) => takenBy(conditionsFor(one)) === one));
  });

  it("is closed by an address that no client has, whatever else the rule asks for", () => {
    assert.equal(takenBy({ paths: ["/docs", "/docs/*"], sources: ["192.0.2.1/32"] }), closed);
  });

  it("is nothing to name where a hand wrote anything else", () => {
    for (const paths of [[], ["/docs"], ["/docs/*"], ["/docs", "/docs/*", "/other"], ["*"], ["/*", "/docs"]])
      assert.equal(takenBy({ paths, sources: [] }), undefined, String(paths));
    assert.equal(takenBy({ paths: ["/*"], sources: ["10.0.0.0/8"] }), undefined);
    assert.equal(takenBy({ paths: ["/*"], sources: ["192.0.2.1/32", "10.0.0.0/8"] }), undefined);
  });

  it("is the path itself and what is below it", () => {
    fc.assert(fc.property(path, path, (one, more) => covers(one, one) && covers("/", more)));
    assert.ok(covers("/docs", "/docs/a/b"));
    assert.ok(!covers("/docs", "/docsearch"));
    assert.ok(!covers("/docs", "/"));
  });
});
