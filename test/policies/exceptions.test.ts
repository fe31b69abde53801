import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { rules } from "../../policies/catalogue.ts";
import { evaluateResource, evaluateStack } from "../../policies/evaluate.ts";
import { activeExceptions, type Exception, parseExceptions, urnParts } from "../../policies/exceptions.ts";
import { exceptionsRule } from "../../policies/exceptions-rule.ts";
import type { ResourceRule } from "../../policies/rule.ts";
import { linked, ruleNamed, unknownText, urnOf } from "./support/evaluate.ts";

const names = new Set(rules.map(({ name }) => name));
const type = "aws:rds/instance:Instance";
const exception: Exception = {
  rule: "rds-multi-az",
  resource: "data*",
  stack: "prod*",
  reason: "cost",
  owner: "data",
  expires: "2027-06-30",
};
const before = new Date("2027-06-30T23:59:59Z");
const after = new Date("2027-07-01T00:00:00Z");

function says(
  list: readonly Exception[],
  now: Date,
  { name = "database", stack = "production", props = {} as Record<string, unknown>, rule = "rds-multi-az" } = {},
) {
  const exceptions = activeExceptions(list, now);
  const facts = { type, name, urn: urnOf(type, name, stack), protect: false, ignoreChanges: [] };
  const run = { preview: true, exceptions, configured: {} };
  const outcomes = evaluateResource(ruleNamed(rule) as ResourceRule, { ...facts, props }, run);
  const resources = linked([{ type, name }]).map((one) => ({ ...one, urn: facts.urn }));
  const about = evaluateStack(exceptionsRule(exceptions, []), { resources, tags: new Map() }, run);
  return { kinds: outcomes.map(({ kind }) => kind), what: outcomes[0]?.what, about: about.map(({ what }) => what) };
}

describe("exceptions", () => {
  it("keep the repository's own file readable", () => {
    const text = readFileSync(new URL("../../policies/exceptions.yaml", import.meta.url), "utf8");
    assert.deepEqual(parseExceptions(text, names).problems, []);
  });

  it("turn a violation into an advisory that says until when, by whom and why", () => {
    const { kinds, what, about } = says([exception], before);
    assert.deepEqual(kinds, ["excepted"]);
    assert.equal(what, "multiAz is not true; excepted until 2027-06-30 by data: cost");
    assert.deepEqual(about, []);
  });

  it("fail when they have expired, and the violation is back", () => {
    const { kinds, about } = says([exception], after);
    assert.deepEqual(kinds, ["violation"]);
    assert.deepEqual(about, ["the exception of data to rds-multi-az on data* expired on 2027-06-30"]);
  });

  it("fail when nothing they cover breaks the rule", () => {
    const unneeded = "the exception of data to rds-multi-az on data* is not needed: nothing it covers breaks the rule";
    assert.deepEqual(says([exception], before, { props: { multiAz: true } }).about, [unneeded]);
    assert.deepEqual(says([exception], before, { name: "other" }).about, [unneeded]);
  });

  it("neither fail nor hide while the rule is undecided", () => {
    const proxied = {
      get multiAz(): unknown {
        throw Object.assign(new Error(unknownText), { unknownTypeSentinel: unknownText, props: ["multiAz"] });
      },
    };
    const { kinds, about } = says([exception], before, { props: proxied });
    assert.deepEqual(kinds, ["undecided"]);
    assert.deepEqual(about, []);
  });

  it("cover only the rule, resources and stacks they name", () => {
    assert.deepEqual(says([exception], before, { stack: "sandbox" }), {
      kinds: ["violation"],
      what: "multiAz is not true",
      about: [],
    });
    assert.deepEqual(says([{ ...exception, rule: "rds-encrypted" }], before).kinds, ["violation"]);
    assert.deepEqual(says([{ ...exception, resource: "data.ase" }], before).kinds, ["violation"]);
  });

  it("are refused whole when an entry is not usable, naming entry and field", () => {
    const problems = (text: string) => parseExceptions(text, names);
    assert.deepEqual(problems("- [").problems, ["the file is not readable YAML"]);
    assert.deepEqual(problems("rule: x").problems, ["the file must be a list of exceptions"]);
    assert.deepEqual(problems("- x").problems, ["entry 1: must be a mapping"]);
    assert.deepEqual(problems("[]"), { exceptions: [], problems: [] });
    const entry = "{ rule: nope, resource: '*', reason: '', owner: me, expires: 2027-13-01, extra: 1, stack: 1 }";
    assert.deepEqual(problems(`- ${entry}`), {
      exceptions: [],
      problems: [
        "entry 1: reason must be given as text",
        "entry 1: extra is not a field of an exception",
        "entry 1: stack must be text",
        "entry 1: rule names no rule of the pack",
        "entry 1: expires must be a day, YYYY-MM-DD",
      ],
    });
  });

  it("fail the stack when the file is not usable", () => {
    const rule = exceptionsRule(activeExceptions([], before), ["entry 1: must be a mapping"]);
    const run = { preview: true, exceptions: activeExceptions([], before), configured: {} };
    const [outcome] = evaluateStack(rule, { resources: [], tags: new Map() }, run);
    assert.equal(outcome?.kind, "violation");
  });

  it("match names literally but for the star", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((name) => !name.includes("*") && !name.includes("::")),
        fc.string({ minLength: 1 }).filter((one) => !one.includes("*") && !one.includes("::")),
        (name, other) => {
          const covers = (resource: string, of: string) =>
            activeExceptions([{ ...exception, resource }], before).match(exception.rule, urnOf(type, of), false) !==
            undefined;
          assert.equal(covers(name, name), true);
          assert.equal(covers("*", name), true);
          assert.equal(covers(name, other), name === other);
        },
      ),
    );
  });

  it("read stack and name from a URN", () => {
    assert.deepEqual(urnParts("urn:pulumi:production::switchyard::a$b::name::with::colons"), {
      stack: "production",
      name: "name::with::colons",
    });
    assert.deepEqual(urnParts(undefined), { stack: "", name: "" });
  });
});
