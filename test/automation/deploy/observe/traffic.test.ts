import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import { type AskedHeader, readRules, writeWeights } from "../../../../automation/deploy/observe/traffic.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";
import { shapeWith } from "../fixtures.ts";

const shape = environmentShape("production", shapeWith(["web"]));
const [web] = Object.values(shape.services);
assert.ok(web);
const header = { name: shape.previewHeader.name };

/** A load balancer whose every rule forwards so. */
function forwarding(groups: readonly { TargetGroupArn: string; Weight: number }[]): Aws {
  const send = async ({ input: { RuleArns } }: { input: { RuleArns: string[] } }) => ({
    Rules: RuleArns.map((RuleArn) => ({
      RuleArn,
      Actions: [{ Type: "forward", ForwardConfig: { TargetGroups: groups } }],
    })),
  });
  return { client: async () => ({ send }) } as unknown as Aws;
}

const weighted = (blue: number, green: number) => [
  { TargetGroupArn: web.blue.targetGroupArn, Weight: blue },
  { TargetGroupArn: web.green.targetGroupArn, Weight: green },
];

describe("weights read from a rule", () => {
  it("are exactly what was written, for every whole percentage", async () => {
    for (let blue = 0; blue <= 100; blue++) {
      const read = await readRules(forwarding(weighted(blue, 100 - blue)), [web], header);
      assert.deepEqual(read.get(web.ruleArn)?.weights, { blue, green: 100 - blue });
    }
  });
  it("are shares, whatever their total", async () => {
    const read = await readRules(forwarding(weighted(1, 3)), [web], header);
    assert.deepEqual(read.get(web.ruleArn)?.weights, { blue: 25, green: 75 });
  });
  it("are of every rule, when the answer comes in pages", async () => {
    const whole = forwarding(weighted(25, 75));
    const { send } = (await whole.client("elb")) as unknown as {
      send(command: { input: { RuleArns: string[] } }): Promise<{ Rules: object[] }>;
    };
    const paged = async (command: { input: { RuleArns: string[]; Marker?: string } }) => {
      const { Rules } = await send(command);
      const at = Number(command.input.Marker ?? 0);
      return { Rules: Rules.slice(at, at + 1), ...(at + 1 < Rules.length && { NextMarker: String(at + 1) }) };
    };
    const read = await readRules({ client: async () => ({ send: paged }) } as unknown as Aws, [web], header);
    assert.deepEqual([...read.keys()], [web.ruleArn, web.previewRuleArn]);
  });
  it("leave out what goes elsewhere, or nowhere", async () => {
    const cases = [
      [[...weighted(50, 25), { TargetGroupArn: "another", Weight: 25 }], { blue: 50, green: 25 }],
      [[{ TargetGroupArn: "another", Weight: 1 }], { blue: 0, green: 0 }],
      [weighted(0, 0), { blue: 0, green: 0 }],
    ] as const;
    for (const [groups, expected] of cases)
      assert.deepEqual((await readRules(forwarding(groups), [web], header)).get(web.ruleArn)?.weights, expected);
  });
  it("of a rule that is gone are missing, whichever others there are", async () => {
    const whole = forwarding(weighted(100, 0));
    const { send } = (await whole.client("elb")) as unknown as { send(command: object): Promise<object> };
    const refusing = async (command: { input: { RuleArns: string[] } }) => {
      if (!command.input.RuleArns.includes(web.previewRuleArn)) return send(command);
      throw Object.assign(new Error("One or more rules not found"), { name: "RuleNotFoundException" });
    };
    const read = await readRules({ client: async () => ({ send: refusing }) } as unknown as Aws, [web], header);
    assert.deepEqual([...read.keys()], [web.ruleArn]);
  });
});

describe("what a rule takes", () => {
  type Conditions = readonly object[];
  const path = { Field: "path-pattern", PathPatternConfig: { Values: ["/docs", "/docs/*"] } };
  const asks = (HttpHeaderName: string, ...Values: string[]) => ({
    Field: "http-header",
    HttpHeaderConfig: { HttpHeaderName, Values },
  });
  const preview = asks(header.name.toUpperCase(), "abc");
  const takes = async (rule: "ruleArn" | "previewRuleArn", Conditions: Conditions, asked: AskedHeader = header) => {
    const send = async ({ input: { RuleArns } }: { input: { RuleArns: string[] } }) => ({
      Rules: RuleArns.map((RuleArn) => ({ RuleArn, Conditions, Priority: "7" })),
    });
    const aws = { client: async () => ({ send }) } as unknown as Aws;
    return (await readRules(aws, [web], asked)).get(web[rule])?.place.takes;
  };
  const host = { Field: "host-header", HostHeaderConfig: { Values: ["example.com"] } };

  for (const [what, conditions, production, previewed] of [
    ["a path alone", [path], "/docs", undefined],
    ["a path and the preview header", [path, preview], undefined, "/docs"],
    ["a path and another header", [path, asks("accept", "abc")], undefined, undefined],
    ["a path, the preview header and another one", [path, preview, asks("accept", "abc")], undefined, undefined],
    ["a path and one of two values", [path, asks(header.name, "abc", "*")], undefined, undefined],
    ["a path and any value", [path, asks(header.name, "*")], undefined, undefined],
    ["a path and a host", [path, host], undefined, undefined],
    ["another path's form", [{ ...path, PathPatternConfig: { Values: ["/docs*"] } }, preview], undefined, undefined],
  ] as const)
    it(`is, of ${what}: ${production ?? "nothing known"}; of a preview rule, ${previewed ?? "nothing known"}`, async () => {
      assert.equal(await takes("ruleArn", conditions), production);
      assert.equal(await takes("previewRuleArn", conditions), previewed);
    });
  it("is nothing known of a preview rule that asks for another value than the secret's", async () => {
    assert.equal(await takes("previewRuleArn", [path, preview], { ...header, value: "abc" }), "/docs");
    assert.equal(await takes("previewRuleArn", [path, preview], { ...header, value: "abd" }), undefined);
    assert.equal(await takes("ruleArn", [path], { ...header, value: "abd" }), "/docs");
  });
});

describe("weights written to a rule", () => {
  const write = (answer: object) => {
    const aws = { client: async () => ({ send: async () => answer }) } as unknown as Aws;
    const weights = { blue: 25, green: 75 };
    return writeWeights(aws, web, web.ruleArn, { weights }, () => new AbortController().signal);
  };
  const rule = (groups: object[], RuleArn = web.ruleArn) => ({
    RuleArn,
    Actions: [{ Type: "forward", ForwardConfig: { TargetGroups: groups } }],
  });
  const isDrift = (e: unknown) => e instanceof SwitchyardError && e.code === "drift" && e.message.includes(web.ruleArn);

  it("are done when the answer's rule has them", () => write({ Rules: [rule(weighted(25, 75))] }));
  it("are drift when the answer has others, or other target groups", async () => {
    await assert.rejects(write({ Rules: [rule(weighted(100, 0))] }), isDrift);
    await assert.rejects(write({ Rules: [rule([{ TargetGroupArn: "another", Weight: 100 }])] }), isDrift);
  });
  it("are written with what the rule takes, and drift when the answer's rule takes something else", async () => {
    const closedTo = [{ Field: "source-ip", SourceIpConfig: { Values: ["192.0.2.1/32"] } }];
    const docs = [{ Field: "path-pattern", PathPatternConfig: { Values: ["/docs", "/docs/*"] } }];
    const sent: unknown[] = [];
    const open = async (takes: string, Conditions: object[]) => {
      const answer = { Rules: [{ ...rule(weighted(25, 75)), Conditions }] };
      const send = async ({ input }: { input: { Conditions: unknown } }) => sent.push(input.Conditions) && answer;
      const aws = { client: async () => ({ send }) } as unknown as Aws;
      const change = { weights: { blue: 25, green: 75 }, takes };
      await writeWeights(aws, web, web.ruleArn, change, () => new AbortController().signal);
    };
    await open("/docs", docs);
    await open("closed", closedTo);
    assert.deepEqual(sent, [docs, closedTo]);
    await assert.rejects(open("/docs", closedTo), isDrift);
    await assert.rejects(open("closed", docs), isDrift);
  });
  it("are drift when the answer does not have the rule", async () => {
    await assert.rejects(write({}), isDrift);
    await assert.rejects(write({ Rules: [rule(weighted(25, 75), "another")] }), isDrift);
  });
});
