import assert from "node:assert/strict";
import type { Aws } from "../../../../automation/aws/clients.ts";
import { describeServices } from "../../../../automation/deploy/observe/health.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import { readRules } from "../../../../automation/deploy/observe/traffic.ts";
import { shapeWith } from "../fixtures.ts";

/** An AWS that refuses to be asked for more than `limit` at once, and notes how many it was asked for. */
function limited<Input>(
  limit: number,
  asked: number[],
  keys: (input: Input) => readonly string[],
  answer: object,
): Aws {
  const send = async ({ input }: { input: Input }) => {
    const names = keys(input);
    asked.push(names.length);
    if (names.length > limit) throw new Error(`asked for ${names.length} at once`);
    return Object.fromEntries(
      Object.entries(answer).map(([key, of]) => [key, names.map((name) => of(name) as object)]),
    );
  };
  return { client: async () => ({ send }) } as unknown as Aws;
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `service-${i}`);

describe("many services, read in as few calls as the APIs allow", () => {
  for (const [count, calls] of [
    [0, []],
    [1, [1]],
    [10, [10]],
    [11, [10, 1]],
    [25, [10, 10, 5]],
  ] as const)
    it(`${count} services: DescribeServices of ${calls.join(" and ") || "nothing"}`, async () => {
      const asked: number[] = [];
      const services = (serviceName: string) => ({ serviceName });
      const aws = limited(10, asked, (input: { services: string[] }) => input.services, { services });
      const found = await describeServices(aws, "cluster", names(count));
      assert.deepEqual([...found.keys()], names(count));
      assert.deepEqual(asked, calls);
    });

  for (const [count, calls] of [
    [1, [2]],
    [50, [100]],
    [51, [100, 2]],
    [120, [100, 100, 40]],
  ] as const)
    it(`two rules of each of ${count} services: DescribeRules of ${calls.join(" and ")}`, async () => {
      const { services, previewHeader: header } = environmentShape("production", shapeWith(names(count)));
      const all = Object.values(services);
      const groups = new Map(all.flatMap((s) => [s.ruleArn, s.previewRuleArn].map((arn) => [arn, s] as const)));
      const asked: number[] = [];
      const Rules = (RuleArn: string) => {
        const service = groups.get(RuleArn);
        const TargetGroups = [
          { TargetGroupArn: service?.blue.targetGroupArn, Weight: 100 },
          { TargetGroupArn: service?.green.targetGroupArn, Weight: 0 },
        ];
        return { RuleArn, Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] };
      };
      const aws = limited(100, asked, (input: { RuleArns: string[] }) => input.RuleArns, { Rules });
      const read = await readRules(aws, all, header);
      assert.deepEqual([...read.keys()], [...groups.keys()]);
      assert.deepEqual(asked, calls);
    });
});
