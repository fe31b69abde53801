import assert from "node:assert/strict";
import { allPrices } from "../../../automation/cost/prices.ts";
import { evaluateStack } from "../../../policies/evaluate.ts";
import { activeExceptions } from "../../../policies/exceptions.ts";
import type { StackRule } from "../../../policies/rule.ts";
import { recordProgram } from "../../fixtures/recording.ts";
import { list } from "../../programs/cost/fixtures.ts";
import { costCases } from "../cases/stacks-cost.ts";
import { linkedStack } from "../support/audit.ts";
import { type Node, ruleNamed, stackOutcomes, unknownText } from "../support/evaluate.ts";

const [within, known] = costCases;
assert.ok(within !== undefined && known !== undefined);
const dear = [...within.bad, ...known.bad.slice(1)];
const { tags = {}, prices = "" } = within;

/** Those of the fixture, and of what it lacks that AWS's list has none. */
const everyPrice = JSON.stringify({
  ...list,
  prices: { ...Object.fromEntries(allPrices("db.t4g.micro").map((name) => [name, null])), ...list.prices },
});

const said = (rule: string, nodes: readonly Node[], cost: unknown, text: string | undefined = prices, on = tags) =>
  stackOutcomes(ruleNamed(rule) as StackRule, nodes, {
    ...{ tags: on, prices: text },
    ...(cost !== undefined && { config: { "switchyard:cost": JSON.stringify(cost) } }),
  }).map(({ what }) => what);

describe("a maximum for a stack's month", () => {
  it("is told with the sum, its greatest parts, and what has no price", () => {
    assert.deepEqual(said("cost-within-maximum", dear, { maxMonthlyUsd: 50 }), [
      "a month would cost at least $51.64, and may cost $50.00: most of it service web $35.04, database $16.60, monitoring $0.00; not in the sum: composite-alarm-month, aws:ec2/flowLog:FlowLog",
    ]);
    assert.deepEqual(said("cost-known", dear, { maxMonthlyUsd: 60 }), [
      "a month costs at least $51.64 of $60.00; not in the sum: composite-alarm-month, aws:ec2/flowLog:FlowLog",
    ]);
  });

  it("is held to by what the program makes", async () => {
    const resources = linkedStack(await recordProgram("environment", "production"));
    const found = (maxMonthlyUsd: number) => {
      const config = { "switchyard:cost": JSON.stringify({ maxMonthlyUsd }) };
      const run = { preview: true, exceptions: activeExceptions([], new Date(0)), configured: {} };
      const stack = { resources, tags: new Map(Object.entries(tags)), config, prices: () => everyPrice };
      return evaluateStack(ruleNamed("cost-within-maximum") as StackRule, stack, run).map(({ kind, what }) => [
        kind,
        what,
      ]);
    };
    const [[kind, what] = []] = found(1);
    assert.equal(kind, "violation");
    assert.match(
      what ?? "",
      /^a month would cost at least \$\d+\.\d\d, and may cost \$1\.00: most of it .*service web/,
    );
    assert.deepEqual(found(1_000_000), []);
  });

  it("is reached without being broken", () => {
    const exactly = { maxMonthlyUsd: 16.6 };
    assert.deepEqual(said("cost-within-maximum", within.good, exactly), []);
    assert.equal(said("cost-within-maximum", within.good, { maxMonthlyUsd: 16 }).length, 1);
  });

  it("is of the use that is configured", () => {
    assert.deepEqual(said("cost-within-maximum", within.bad, { maxMonthlyUsd: 51, hours: 700 }), []);
  });

  it("counts a balancer in as few zones as may be until they are known", () => {
    const balancer = (subnets: unknown): Node => ({
      ...{ type: "aws:lb/loadBalancer:LoadBalancer", name: "alb" },
      props: { subnets },
    });
    const [two] = said("cost-within-maximum", [balancer(["a", "b"])], { maxMonthlyUsd: 1 });
    assert.deepEqual(said("cost-within-maximum", [balancer(unknownText)], { maxMonthlyUsd: 1 }), [two]);
    assert.notDeepEqual(said("cost-within-maximum", [balancer(["a", "b", "c"])], { maxMonthlyUsd: 1 }), [two]);
  });

  const maximum = { maxMonthlyUsd: 1_000 };
  for (const [what, text, on, says] of [
    ["no file", undefined, tags, /there is no prices\.us-east-1\.json/],
    ["a file that is none", "{", tags, /holds no prices/],
    [
      "a price that is none",
      '{"region":"us-east-1","read":"2026-11-28","prices":{"s3-gb":{"usd":-1}}}',
      tags,
      /holds no/,
    ],
    [
      "prices nobody asked for yet",
      '{"region":"us-east-1","read":"2026-11-28","prices":{}}',
      tags,
      /without the prices of/,
    ],
    ["no region", prices, {}, /names no aws:region/],
  ] as const)
    it(`takes nothing for little with ${what}`, () => {
      const rule = ruleNamed("cost-within-maximum") as StackRule;
      const config = { "switchyard:cost": JSON.stringify(maximum) };
      const found = stackOutcomes(rule, within.good, { config, tags: on, prices: text });
      assert.deepEqual(
        found.map(({ kind }) => kind),
        ["violation"],
      );
      assert.match(found[0]?.what ?? "", says);
    });

  it("is nobody's where none is configured, and no prices are read", () => {
    for (const rule of ["cost-within-maximum", "cost-known"])
      for (const cost of [undefined, {}, { hours: 700 }]) assert.deepEqual(said(rule, dear, cost), []);
  });
});
