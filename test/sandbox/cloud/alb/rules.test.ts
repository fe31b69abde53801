import assert from "node:assert/strict";
import type { Rule, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import fc from "fast-check";
import {
  chooseRule,
  compileRules,
  type RequestFacts,
  targetGroupsOf,
  wildcard,
} from "../../../../sandbox/cloud/alb/rules.ts";

const facts = (more: Partial<RequestFacts> = {}): RequestFacts => ({
  method: "GET",
  path: "/",
  query: "",
  host: "example.com",
  headers: {},
  sourceIp: "10.1.2.3",
  ...more,
});

const path = (...Values: string[]): RuleCondition => ({ Field: "path-pattern", PathPatternConfig: { Values } });

describe("listener rules", () => {
  const cases: [string, RuleCondition, Partial<RequestFacts>, boolean][] = [
    ["path, exact", path("/api"), { path: "/api" }, true],
    ["path, below", path("/api"), { path: "/api/x" }, false],
    ["path, star", path("/api/*"), { path: "/api/x/y" }, true],
    ["path, star matches nothing", path("/api/*"), { path: "/api/" }, true],
    ["path, question mark", path("/v?/x"), { path: "/v1/x" }, true],
    ["path, question mark needs one", path("/v?/x"), { path: "/v/x" }, false],
    ["path is case-sensitive", path("/API"), { path: "/api" }, false],
    ["path, a dot is a dot", path("/a.b"), { path: "/axb" }, false],
    ["path, any of several", path("/a", "/b"), { path: "/b" }, true],
    ["path, old form", { Field: "path-pattern", Values: ["/x*"] }, { path: "/xyz" }, true],
    [
      "host ignores case",
      { Field: "host-header", HostHeaderConfig: { Values: ["*.EXAMPLE.com"] } },
      { host: "www.example.com" },
      true,
    ],
    [
      "host, another",
      { Field: "host-header", HostHeaderConfig: { Values: ["*.example.com"] } },
      { host: "example.com" },
      false,
    ],
    ["header", header("X-Switchyard-Preview", "secret"), { headers: { "x-switchyard-preview": "secret" } }, true],
    [
      "header, other value",
      header("X-Switchyard-Preview", "secret"),
      { headers: { "x-switchyard-preview": "guess" } },
      false,
    ],
    ["header absent", header("X-Switchyard-Preview", "*"), {}, false],
    ["header, one of many", header("a", "2"), { headers: { a: ["1", "2"] } }, true],
    ["method", { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET", "HEAD"] } }, {}, true],
    ["method, another", { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["POST"] } }, {}, false],
    ["query, key and value", query("version", "v1"), { query: "a=1&Version=V1" }, true],
    ["query, other value", query("version", "v1"), { query: "version=v2" }, false],
    ["query, value alone", query(undefined, "on*"), { query: "debug=only" }, true],
    ["query, none", query(undefined, "*"), {}, false],
    ["source", { Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8"] } }, {}, true],
    ["source, another", { Field: "source-ip", SourceIpConfig: { Values: ["10.2.0.0/16"] } }, {}, false],
    [
      "source, IPv6",
      { Field: "source-ip", SourceIpConfig: { Values: ["2001:db8::/32"] } },
      { sourceIp: "2001:db8::1" },
      true,
    ],
  ];
  for (const [name, condition, request, expected] of cases) {
    it(`${name}: ${expected ? "matches" : "does not match"}`, () => {
      const [rule] = compileRules([{ RuleArn: "r", Priority: "1", Conditions: [condition], Actions: [] }]);
      assert.equal(rule?.matches(facts(request)), expected);
    });
  }

  it("needs every condition of a rule", () => {
    const [rule] = compileRules([{ Priority: "1", Conditions: [path("/api/*"), header("a", "1")], Actions: [] }]);
    assert.equal(rule?.matches(facts({ path: "/api/x" })), false);
    assert.equal(rule?.matches(facts({ path: "/api/x", headers: { a: "1" } })), true);
  });

  it("takes the matching rule with the lowest priority number, the default one last", () => {
    const rule = fc.record({
      priority: fc.integer({ min: 1, max: 50_000 }),
      pattern: fc.constantFrom("/a*", "/b*", "/*"),
    });
    const rules = fc.uniqueArray(rule, { selector: (one) => one.priority, maxLength: 20 });
    fc.assert(
      fc.property(rules, fc.constantFrom("/a1", "/b1", "/c1"), (list, requested) => {
        const described: Rule[] = list.map(({ priority, pattern }) => ({
          RuleArn: String(priority),
          Priority: String(priority),
          Conditions: [path(pattern)],
        }));
        const chosen = chooseRule(
          compileRules([{ RuleArn: "default", IsDefault: true, Priority: "default" }, ...described]),
          facts({ path: requested }),
        );
        const expected = list
          .filter(({ pattern }) => requested.startsWith(pattern.slice(0, -1)))
          .map(({ priority }) => priority);
        assert.equal(chosen?.arn, expected.length > 0 ? String(Math.min(...expected)) : "default");
      }),
    );
  });

  it("treats everything but the wildcards literally", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
        const literal = text.replace(/[*?]/g, "");
        assert.equal(wildcard(literal, true).test(literal), true);
        assert.equal(wildcard(`*${literal}`, true).test(`before${literal}`), true);
      }),
    );
  });

  it("names the groups of both forms of a forward action once each", () => {
    const groups = targetGroupsOf([
      {
        Type: "forward",
        TargetGroupArn: "a",
        ForwardConfig: { TargetGroups: [{ TargetGroupArn: "a" }, { TargetGroupArn: "b", Weight: 0 }] },
      },
    ]);
    assert.deepEqual(groups, ["a", "b"]);
  });
});

function header(HttpHeaderName: string, ...Values: string[]): RuleCondition {
  return { Field: "http-header", HttpHeaderConfig: { HttpHeaderName, Values } };
}

function query(Key: string | undefined, Value: string): RuleCondition {
  return { Field: "query-string", QueryStringConfig: { Values: [{ Key, Value }] } };
}
