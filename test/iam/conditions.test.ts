import assert from "node:assert/strict";
import { conditionHolds } from "@switchyard/iam/conditions.ts";
import { arnMatches, globMatches } from "@switchyard/iam/glob.ts";
import fc from "fast-check";

type Row = readonly [operator: string, values: string | string[], given: string | string[] | undefined, holds: boolean];

const rows: readonly Row[] = [
  ["StringEquals", "a", "a", true],
  ["StringEquals", ["a", "b"], "b", true],
  ["StringEquals", "a", "A", false],
  ["StringEquals", "a*", "ab", false],
  ["StringEquals", "a", undefined, false],
  ["StringEqualsIfExists", "a", undefined, true],
  ["StringEqualsIfExists", "a", "b", false],
  ["StringNotEquals", ["a", "b"], "b", false],
  ["StringNotEquals", "a", undefined, true],
  ["stringequalsignorecase", "A", "a", true],
  ["StringLike", "o-*", "o-1", true],
  ["StringLike", "?*", "", false],
  ["ForAllValues:StringEquals", "a", undefined, true],
  ["ForAllValues:StringEquals", "a", ["a", "b"], false],
  ["ForAnyValue:StringEquals", "a", ["a", "b"], true],
  ["ForAnyValue:StringEquals", "a", undefined, false],
  ["ForAnyValue:StringNotEquals", "a", undefined, false],
  ["Null", "true", undefined, true],
  ["Null", "false", "a", true],
  ["Null", "false", undefined, false],
  ["Bool", "false", "false", true],
  ["Bool", "true", undefined, false],
  ["BoolIfExists", "false", undefined, true],
  ["NumericLessThan", "10", "9.5", true],
  ["NumericLessThan", "10", "many", false],
  ["DateGreaterThan", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", true],
  ["DateLessThan", "1893456000", "2026-02-01T00:00:00Z", true],
  ["IpAddress", "203.0.113.0/24", "203.0.113.9", true],
  ["IpAddress", "0.0.0.0/0", "2001:db8::1", false],
  ["NotIpAddress", "203.0.113.0/24", undefined, true],
  ["ArnLike", "arn:aws:s3:::*", "arn:aws:s3:::files", true],
  ["ArnLike", "arn:aws:sns:*:1:*", "arn:aws:sns:us-east-1:2:t", false],
  ["ArnEquals", "arn:*", "arn:aws:s3:::files", false],
  ["BinaryEquals", "QQ==", "QQ==", true],
  ["NoSuchOperator", "a", "a", false],
];

describe("conditions of policies", () => {
  for (const [operator, values, given, holds] of rows) {
    it(`${operator} ${JSON.stringify(values)} of ${JSON.stringify(given) ?? "nothing"}: ${holds}`, () => {
      const context = new Map(given === undefined ? [] : [["aws:key", given] as const]);
      assert.equal(conditionHolds({ operator, key: "AWS:Key", values: [values].flat() }, context), holds);
    });
  }
});

describe("wildcards", () => {
  it("match as a regular expression of the same meaning does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }), (pattern, value) => {
        const expression = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        assert.equal(globMatches(pattern, value), expression.test(value));
      }),
    );
  });

  it("take no time to speak of, however many stars there are", () => {
    const started = performance.now();
    assert.ok(!globMatches(`${"*".repeat(5000)}!`, "a".repeat(5000)));
    assert.ok(!globMatches(`${"*a".repeat(2000)}!`, "a".repeat(5000)));
    assert.ok(performance.now() - started < 1000);
  });

  it("reach over no colon of an ARN's first five parts", () => {
    assert.ok(arnMatches("arn:aws:sns:*:1:t", "arn:aws:sns:us-east-1:1:t"));
    assert.ok(!arnMatches("arn:aws:*:t", "arn:aws:sns:us-east-1:1:t"));
  });
});
