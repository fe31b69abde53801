import assert from "node:assert/strict";
import { unknownCheckingProxy } from "@pulumi/policy";
import { evaluateResource, evaluateStack } from "../../policies/evaluate.ts";
import { activeExceptions } from "../../policies/exceptions.ts";
import { resourceRule, stackRule } from "../../policies/rule.ts";
import { setting } from "../../policies/settings.ts";
import { linked, unknownText, urnOf } from "./support/evaluate.ts";

const type = "aws:rds/instance:Instance";
const metadata = {
  level: "mandatory",
  severity: "high",
  title: "T",
  why: "W.",
  fix: "F.",
  controls: [],
  url: "https://example.com",
} as const;
const facts = { type, name: "db", urn: urnOf(type, "db"), protect: false, ignoreChanges: [] };
const base = { preview: true, exceptions: activeExceptions([], new Date(0)), configured: {} };

describe("evaluating a rule", () => {
  const both = resourceRule(type, {
    ...metadata,
    name: "both",
    check: function* (db) {
      if (db.publiclyAccessible === true) yield "publiclyAccessible is true";
      if (db.storageEncrypted !== true) yield "storageEncrypted is not true";
    },
  });

  it("keeps what was found before an unknown value, and says once that the rest is undecided", () => {
    const props = unknownCheckingProxy({ publiclyAccessible: true, storageEncrypted: unknownText });
    const outcomes = evaluateResource(both, { ...facts, props }, base).map(({ kind, what }) => [kind, what]);
    assert.deepEqual(outcomes, [
      ["violation", "publiclyAccessible is true"],
      ["undecided", "storageEncrypted is not known yet"],
    ]);
  });

  it("takes an unknown value at update for a violation", () => {
    const props = unknownCheckingProxy({ storageEncrypted: unknownText });
    assert.deepEqual(
      evaluateResource(both, { ...facts, props }, { ...base, preview: false }).map(({ kind }) => kind),
      ["violation"],
    );
  });

  it("turns a check that fails into a violation that repeats no value", () => {
    const broken = resourceRule(type, {
      ...metadata,
      name: "broken",
      check: (db) => {
        throw new TypeError(`cannot read ${db.password}`);
      },
    });
    const [outcome] = evaluateResource(broken, { ...facts, props: { password: "correct-horse" } }, base);
    assert.equal(outcome?.kind, "violation");
    assert.equal(outcome?.what, "a value has a shape this rule cannot read (TypeError)");
  });

  it("refuses configuration the rule does not have, and uses what it has", () => {
    const limited = resourceRule(type, {
      ...metadata,
      name: "limited",
      settings: {
        days: setting.integer(7, "Days"),
        names: setting.strings(["a"], "Names"),
        ports: setting.integers([1], "Ports"),
        on: setting.flag(true, "On"),
      },
      check: (_, { settings }) => `${settings.days} ${settings.names} ${settings.ports} ${settings.on}`,
    });
    const say = (configured: Record<string, unknown>) =>
      evaluateResource(limited, { ...facts, props: {} }, { ...base, configured }).map(({ what }) => what);
    assert.deepEqual(say({}), ["7 a 1 true"]);
    assert.deepEqual(say({ days: 3, names: ["b", "c"], on: false }), ["3 b,c 1 false"]);
    assert.deepEqual(say({ days: 1.5, names: "b", ports: ["x"], on: "yes", more: 1 }), [
      "the pack's configuration is not usable: days must be an integer; names must be a list of strings; ports must be a list of integers; on must be a boolean; more is not a setting of this rule",
    ]);
  });

  it("leaves only the resource with an unknown value undecided in a stack", () => {
    const rule = stackRule([type], {
      ...metadata,
      name: "stack",
      check: (stack) =>
        stack.each(type, (db) => (db.props.storageEncrypted === true ? undefined : "storageEncrypted is not true")),
    });
    const resources = linked([
      { type, name: "a", props: { storageEncrypted: unknownText } },
      { type, name: "b", props: { storageEncrypted: false } },
      { type, name: "c", props: { storageEncrypted: true } },
    ]);
    assert.deepEqual(
      evaluateStack(rule, { resources, tags: new Map() }, base).map(({ kind, urn }) => [kind, urn?.split("::").at(-1)]),
      [
        ["undecided", "a"],
        ["violation", "b"],
      ],
    );
  });
});
