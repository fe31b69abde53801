import assert from "node:assert/strict";
import type { StackRule } from "../../policies/rule.ts";
import { stackRules } from "../../policies/stack-rules.ts";
import { accessCases } from "./cases/stacks-access.ts";
import { companyCases } from "./cases/stacks-company.ts";
import { costCases } from "./cases/stacks-cost.ts";
import { roleCases } from "./cases/stacks-roles.ts";
import { trafficCases } from "./cases/stacks-traffic.ts";
import { ruleNamed, stackOutcomes, unknownText } from "./support/evaluate.ts";

const stackCases = [...accessCases, ...roleCases, ...trafficCases, ...companyCases, ...costCases];

const nameIn = (reference: string) => reference.split("::").at(-1) ?? "";

describe("rules on stacks", () => {
  it("all have a case", () => {
    const covered = new Set(stackCases.map(({ rule }) => rule));
    assert.deepEqual(
      stackRules.map(({ name }) => name).filter((name) => !covered.has(name)),
      [],
    );
  });

  it("say nothing about an empty stack", () => {
    for (const rule of stackRules) assert.deepEqual(stackOutcomes(rule, []), [], rule.name);
  });

  it("say nothing about a stack without their subject, so that Pulumi need not ask them", () => {
    for (const { rule: name, bad, settings = {}, tags = {}, config = {}, prices } of stackCases) {
      const { subject, ...rule } = ruleNamed(name) as StackRule;
      if (subject === undefined) continue;
      const dropped = new Set(bad.filter(({ type }) => type === subject).map((one) => one.name));
      const left = bad.flatMap(({ deps = {}, dependsOn = [], parent, ...one }) => {
        if (one.type === subject) return [];
        const kept = Object.entries(deps).map(([key, names]) => [
          key,
          names.filter((other) => !dropped.has(nameIn(other))),
        ]);
        const above = parent === undefined || dropped.has(nameIn(parent)) ? {} : { parent };
        return [
          {
            ...one,
            ...above,
            deps: Object.fromEntries(kept),
            dependsOn: dependsOn.filter((other) => !dropped.has(nameIn(other))),
          },
        ];
      });
      assert.deepEqual(stackOutcomes(rule, left, { settings, tags, config, prices }), [], name);
    }
  });

  it("report a provider at the same resource in whatever order the program made them", () => {
    const made = ["b", "a", "c"].map((name) => ({
      type: "aws:ecs/cluster:Cluster",
      name,
      provider: { name: "main", props: { region: "us-east-1" } },
    }));
    for (const name of ["provider-names-account", "provider-scope"])
      for (const order of [made, made.toReversed()]) {
        const settings = name === "provider-scope" ? { regions: ["eu-west-1"] } : {};
        const [said, ...others] = stackOutcomes(ruleNamed(name) as StackRule, order, { settings });
        assert.deepEqual([said?.urn && nameIn(said.urn), others], ["a", []], name);
      }
  });

  it("never pass what breaks them because a value of it is not known yet", () => {
    // What was made with it known cannot have it unknown itself.
    const own = new Set([
      "aws:ec2/subnet:Subnet id",
      "aws:ec2/routeTable:RouteTable id",
      "aws:ec2/vpc:Vpc id",
      "aws:ec2/vpc:Vpc mainRouteTableId",
      "aws:ec2/vpc:Vpc defaultSecurityGroupId",
      "aws:iam/policy:Policy arn",
      "aws:iam/role:Role name",
    ]);
    for (const { rule: name, bad, settings = {}, tags = {}, config = {}, prices } of stackCases) {
      for (const [at, node] of bad.entries()) {
        for (const key of Object.keys(node.props ?? {})) {
          if (own.has(`${node.type} ${key}`)) continue;
          const less = bad.with(at, { ...node, props: { ...node.props, [key]: unknownText } });
          const said = stackOutcomes(ruleNamed(name) as StackRule, less, { settings, tags, config, prices });
          assert.ok(said.length > 0, `${name}: ${node.type} ${key}`);
        }
      }
    }
  });

  for (const [
    index,
    { rule: name, good, bad, undecided, settings = {}, tags = {}, config = {}, prices },
  ] of stackCases.entries()) {
    const rule = ruleNamed(name) as StackRule;
    const kinds = (nodes: typeof good, preview = true) =>
      stackOutcomes(rule, nodes, { settings, tags, config, prices, preview }).map(
        ({ kind, what }) => `${kind}: ${what}`,
      );

    it(`${name} tells good from bad (${index})`, () => {
      assert.deepEqual(kinds(good), []);
      const said = kinds(bad);
      assert.ok(said.length > 0);
      assert.ok(
        said.every((one) => one.startsWith("violation: ")),
        said.join("; "),
      );
    });

    if (undecided === undefined) continue;
    it(`${name} leaves unknown values to the update, and no further`, () => {
      const said = kinds(undecided);
      assert.equal(said.length, 1, said.join("; "));
      assert.match(said[0] ?? "", /^undecided: .* is not known yet$/);
      assert.match(kinds(undecided, false)[0] ?? "", /^violation: /);
    });
  }
});
