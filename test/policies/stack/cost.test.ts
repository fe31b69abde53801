import assert from "node:assert/strict";
import { allPrices } from "../../../automation/cost/prices.ts";
import { evaluateStack } from "../../../policies/evaluate.ts";
import { activeExceptions } from "../../../policies/exceptions.ts";
import { formatMessage, parseMessage } from "../../../policies/message.ts";
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

  it("counts a balancer in the public subnets there will be, or in as few zones as may be, until its own are known", () => {
    const balancer = (subnets: unknown): Node => ({
      ...{ type: "aws:lb/loadBalancer:LoadBalancer", name: "alb" },
      props: { subnets },
    });
    const [two] = said("cost-within-maximum", [balancer(["a", "b"])], { maxMonthlyUsd: 1 });
    assert.deepEqual(said("cost-within-maximum", [balancer(unknownText)], { maxMonthlyUsd: 1 }), [two]);
    const three = said("cost-within-maximum", [balancer(["a", "b", "c"])], { maxMonthlyUsd: 1 });
    assert.notDeepEqual(three, [two]);
    const subnet = (name: string, mapPublicIpOnLaunch: unknown): Node => ({
      ...{ type: "aws:ec2/subnet:Subnet", name, props: { mapPublicIpOnLaunch } },
    });
    const network = ["a", "b", "c"].flatMap((zone) => [
      subnet(`public-${zone}`, true),
      subnet(`private-${zone}`, false),
    ]);
    const unmade = [balancer(unknownText), ...network, subnet("other", unknownText)];
    assert.deepEqual(said("cost-within-maximum", unmade, { maxMonthlyUsd: 1 }), three);
  });

  const maximum = { maxMonthlyUsd: 1_000 };
  const reads =
    "`switchyard cost production` with a login that may pricing:GetProducts, and commit prices.us-east-1.json, which it writes.";
  const file = "prices.us-east-1.json";
  for (const [what, text, on, says, fix] of [
    ["no file", undefined, tags, `there is no ${file} with prices to estimate a month by`, `Run ${reads}`],
    [
      ...(["a file that is none", "{", tags] as const),
      `${file} holds no prices as \`switchyard cost production\` writes them`,
      `Delete it, run ${reads}`,
    ],
    [
      ...([
        "a price that is none",
        '{"region":"us-east-1","read":"2026-11-28","prices":{"s3-gb":{"usd":-1}}}',
      ] as const),
      tags,
      `${file} holds no prices as \`switchyard cost production\` writes them`,
      `Delete it, run ${reads}`,
    ],
    [
      ...(["prices nobody asked for yet", '{"region":"us-east-1","read":"2026-11-28","prices":{}}', tags] as const),
      `${file} was written without the prices of rds-gp3/single, rds/db.t4g.micro/single`,
      `Run ${reads}`,
    ],
    [
      ...(["no region", prices, {}] as const),
      "the stack's configuration names no aws:region, by which prices are found",
      "Set aws:region in the stack's file.",
    ],
  ] as const)
    it(`takes nothing for little with ${what}, and says what to do`, () => {
      const rule = ruleNamed("cost-within-maximum") as StackRule;
      const config = { "switchyard:cost": JSON.stringify(maximum) };
      const [found, ...more] = stackOutcomes(rule, within.good, { config, tags: on, prices: text });
      assert.deepEqual(more, []);
      assert.equal(found?.kind, "violation");
      assert.deepEqual(parseMessage(formatMessage(found)), {
        ...{ kind: "violation", title: rule.title, what: says, fix, url: rule.url },
      });
    });

  it("is nobody's where none is configured, and no prices are read", () => {
    for (const rule of ["cost-within-maximum", "cost-known"])
      for (const cost of [undefined, {}, { hours: 700 }]) assert.deepEqual(said(rule, dear, cost), []);
  });
});
