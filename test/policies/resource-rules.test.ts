import assert from "node:assert/strict";
import { resourceRules } from "../../policies/resource-rules.ts";
import type { ResourceRule } from "../../policies/rule.ts";
import { compute } from "./cases/compute.ts";
import { data } from "./cases/data.ts";
import { delivery } from "./cases/delivery.ts";
import { identity } from "./cases/identity.ts";
import { network } from "./cases/network.ts";
import { services } from "./cases/services.ts";
import type { Fault } from "./cases/types.ts";
import { resourceOutcomes, ruleNamed, unknownText } from "./support/evaluate.ts";

const domains = [identity, network, compute, data, delivery, services];
const good = Object.assign({}, ...domains.map((domain) => domain.good)) as (typeof identity)["good"];
const faults = domains.flatMap((domain) => domain.faults);
// These speak of the resource's existence, or of an option, not of a property's value.
const readNoValue = new Set([
  "iam-no-users",
  "iam-no-access-keys",
  "types-are-judged",
  "organization-accounts-protected",
  "kms-key-policy-written",
  "secret-own-key",
  "logs-own-key",
  "codebuild-own-key",
  "sns-encrypted",
  "sqs-dead-letters",
]);

function changed(props: Record<string, unknown>, change: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...props, ...change }).filter(([, value]) => value !== undefined));
}

function described({ type, name, protect, settings }: Fault) {
  const base = good[type];
  const named = name ?? base?.name;
  return {
    type,
    protect: protect ?? base?.protect ?? false,
    ...(named === undefined ? {} : { name: named }),
    ...(settings === undefined ? {} : { settings }),
  };
}

/** Text that stands somewhere in the properties, long enough to be recognised, other than names. */
function* texts(value: unknown, key = ""): Iterable<string> {
  if (typeof value === "string") {
    const parsed = /^[[{]/.test(value) ? tryJson(value) : undefined;
    if (parsed !== undefined) yield* texts(parsed);
    else if (value.length > 7 && key !== "name") yield value;
  } else if (typeof value === "object" && value !== null) {
    for (const [inner, one] of Object.entries(value)) yield* texts(one, inner);
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe("rules on resources", () => {
  it("all have a case that breaks them, on every domain's good resources", () => {
    const covered = new Set(faults.map(({ rule }) => rule));
    assert.deepEqual(
      resourceRules.map(({ name }) => name).filter((name) => !covered.has(name)),
      [],
    );
    assert.ok(resourceRules.length >= 80);
  });

  for (const [type, { props, ...described }] of Object.entries(good)) {
    it(`pass a good ${type}`, () => {
      for (const rule of resourceRules.filter(({ types }) => (types as readonly string[]).includes(type))) {
        assert.deepEqual(
          resourceOutcomes(rule, { type, ...described }, props).map(({ what }) => `${rule.name}: ${what}`),
          [],
        );
      }
    });
  }

  for (const fault of faults) {
    const rule = ruleNamed(fault.rule) as ResourceRule;
    const props = changed(good[fault.type]?.props ?? {}, fault.change);

    it(`${fault.rule} reports ${fault.type.split(":").pop()} with ${Object.keys(fault.change ?? {}).join(", ") || "its options"}`, () => {
      const outcomes = resourceOutcomes(rule, described(fault), props);
      assert.ok(outcomes.length > 0);
      for (const { kind, what } of outcomes) {
        assert.equal(kind, "violation");
        // A word of the rule's own, a property's name and an action's name are not values it was given.
        const own = [rule.title, rule.fix, rule.why, ...Object.keys(props)].join(" ");
        const given = [...texts(props)].filter((text) => !own.includes(text) && !/^[a-z0-9-]+:[A-Z]\w+$/.test(text));
        for (const text of given) assert.ok(!what.includes(text), `the finding repeats a value: ${what}`);
      }
    });

    it(`${fault.rule} leaves unknown values to the update`, () => {
      const keys = Object.keys({ ...good[fault.type]?.props, ...fault.change });
      const base = good[fault.type]?.props ?? {};
      let undecided = 0;
      for (const key of keys) {
        const outcomes = resourceOutcomes(rule, described({ ...fault, settings: undefined as never }), {
          ...base,
          [key]: unknownText,
        });
        const kinds = outcomes.map(({ kind }) => kind);
        assert.ok(kinds.length <= 1, `${key}: says so once`);
        if (kinds[0] === "undecided") undecided += 1;
        const atUpdate = resourceOutcomes(
          rule,
          described({ ...fault, settings: undefined as never }),
          { ...base, [key]: unknownText },
          false,
        );
        if (kinds[0] === "undecided") assert.equal(atUpdate[0]?.kind, "violation", `${key} is unknown at update`);
      }
      assert.ok(undecided > 0 || readNoValue.has(fault.rule), "no value the rule reads was unknown");
    });
  }
});
