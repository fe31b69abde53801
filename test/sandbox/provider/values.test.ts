import assert from "node:assert/strict";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import {
  carriable,
  copyPath,
  hasUnknown,
  markSecrets,
  markState,
  plain,
  same,
  satisfies,
  secret,
  UNKNOWN,
} from "../../../sandbox/provider/values.ts";

const policy = (Action: unknown, Sid = "A") =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid, Effect: "Allow", Action, Resource: "*" }] });

describe("values of the stand-in provider", () => {
  const alike: [string, unknown, unknown][] = [
    ["numbers and their text", 80, "80"],
    ["an unset value and a zero value", undefined, false],
    ["an empty list and none", [], undefined],
    ["lists in another order", ["a", "b"], ["b", "a"]],
    ["objects in lists in another order", [{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1 }]],
    ["policies with actions in another order", policy(["s3:A", "s3:B"]), policy(["s3:B", "s3:A"])],
    ["a policy's one action as text and as list", policy("s3:A"), policy(["s3:A"])],
    ["JSON with other white space", '{"a":[1,2]}', '{ "a": [1, 2] }'],
  ];
  for (const [what, left, right] of alike) {
    it(`takes ${what} for the same`, () => assert.equal(same(left, right), true));
  }

  const different: [string, unknown, unknown][] = [
    ["other numbers", 80, 81],
    ["true and unset", true, undefined],
    ["a list and a longer one", ["a"], ["a", "b"]],
    ["a list with an entry twice", ["a", "a"], ["a", "b"]],
    ["policies with other statements", policy("s3:A"), policy("s3:A", "B")],
    ["JSON lists in another order outside policies", '[{"command":["a","b"]}]', '[{"command":["b","a"]}]'],
  ];
  for (const [what, left, right] of different) {
    it(`tells ${what} apart`, () => assert.equal(same(left, right), false));
  }

  it("lets what is there say more than what is wanted, not less", () => {
    assert.equal(satisfies({ path: "/", interval: 30 }, { path: "/" }), true);
    assert.equal(satisfies({ path: "/" }, { path: "/", interval: 30 }), false);
  });

  it("heeds order where asked to", () => {
    assert.equal(satisfies(["a", "b"], ["b", "a"], { ordered: true }), false);
  });

  it("finds unknowns at any depth", () => {
    assert.equal(hasUnknown({ a: [{ b: UNKNOWN }] }), true);
    assert.equal(hasUnknown({ a: [{ b: "known" }] }), false);
  });

  it("takes secrets' wrapping off and puts it back where it was", () => {
    const given = { a: { b: secret("hush"), c: "open" }, list: [secret(1), 2] };
    assert.deepEqual(plain(given), { a: { b: "hush", c: "open" }, list: [1, 2] });
    assert.deepEqual(markSecrets(plain(given), given), given);
  });

  it("marks a property of a state as a whole once it has changed its shape", () => {
    const like = { rules: [{ header: secret("hush") }] };
    assert.deepEqual(markState({ rules: [{ header: "hush" }] }, like), like);
    assert.deepEqual(markState({ rules: [{ path: "/" }, { header: "hush" }] }, like), {
      rules: { [specialSigKey]: specialSecretSig, value: [{ path: "/" }, { header: "hush" }] },
    });
  });

  it("drops what the protocol cannot carry", () => {
    assert.deepEqual(carriable({ a: undefined, b: [{ c: undefined, d: 1 }], e: null }), { b: [{ d: 1 }] });
  });

  it("copies and removes a nested value by path", () => {
    const to = { rules: [{ weight: 1, other: 2 }] };
    copyPath("rules[0].weight", { rules: [{ weight: 9 }] }, to);
    copyPath("rules[0].other", { rules: [{}] }, to);
    copyPath("missing.path", { missing: { path: 1 } }, to);
    assert.deepEqual(to, { rules: [{ weight: 9 }] });
  });
});
