import assert from "node:assert/strict";
import type { Aws } from "../../../automation/aws/clients.ts";
import { environmentShape } from "../../../automation/deploy/shape.ts";
import { readWeights, writeWeights } from "../../../automation/deploy/traffic.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { shapeWith } from "./fixtures.ts";

const shape = environmentShape("production", shapeWith(["web"]));
const [web] = Object.values(shape.services);
assert.ok(web);

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
      const read = await readWeights(forwarding(weighted(blue, 100 - blue)), [web]);
      assert.deepEqual(read.get(web.ruleArn), { blue, green: 100 - blue });
    }
  });
  it("are shares, whatever their total", async () => {
    const read = await readWeights(forwarding(weighted(1, 3)), [web]);
    assert.deepEqual(read.get(web.ruleArn), { blue: 25, green: 75 });
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
    const read = await readWeights({ client: async () => ({ send: paged }) } as unknown as Aws, [web]);
    assert.deepEqual([...read.keys()], [web.ruleArn, web.previewRuleArn]);
  });
  it("of a rule that forwards elsewhere too are drift", async () => {
    const more = [...weighted(50, 25), { TargetGroupArn: "another", Weight: 25 }];
    await assert.rejects(
      readWeights(forwarding(more), [web]),
      (e: unknown) => e instanceof SwitchyardError && e.code === "drift",
    );
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
  it("are drift when the answer does not have the rule", async () => {
    await assert.rejects(write({}), isDrift);
    await assert.rejects(write({ Rules: [rule(weighted(25, 75), "another")] }), isDrift);
  });
});
