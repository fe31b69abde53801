import assert from "node:assert/strict";
import { type Actor, perform } from "../../../../automation/deploy/act/act.ts";
import { step } from "../../../../automation/deploy/decide/situation.ts";
import { environmentShape } from "../../../../automation/deploy/observe/shape.ts";
import { shapeWith } from "../fixtures.ts";

const shape = environmentShape("production", shapeWith(["web"]));
const inactive = "arn:aws:ecs:us-east-1:1:task-definition/web:3";

/** ECS, with a task definition that was deregistered. */
function account(runs: string): { readonly actor: Actor; readonly asked: Record<string, unknown>[] } {
  const asked: Record<string, unknown>[] = [];
  const send = async (command: { readonly input: Record<string, unknown> }) => {
    if (command.constructor.name === "DescribeServicesCommand")
      return { services: [{ serviceName: shape.services["web"]?.green.serviceName, taskDefinition: runs }] };
    asked.push(command.input);
    if (command.input["taskDefinition"] !== inactive) return {};
    throw Object.assign(new Error("TaskDefinition is inactive"), { name: "ClientException" });
  };
  const aws = { client: async () => ({ send }) };
  const lease = { guard: () => new AbortController().signal };
  return { actor: { aws, lease, deadlineMs: 1, shape: () => shape } as unknown as Actor, asked };
}

const write = (desired: number, reconfigure: boolean) =>
  step("repair", "", [
    {
      ...{ kind: "update-service", service: "web", colour: "green" },
      ...{ taskDefinitionArn: inactive, desired, reconfigure },
    } as const,
  ]);

describe("a task definition that a hand deregistered", () => {
  it("goes on in a service that runs it: nobody names it", async () => {
    const { actor, asked } = account(inactive);
    assert.deepEqual(await perform(write(3, false), actor), { ok: true });
    assert.deepEqual(
      asked.map(({ taskDefinition, desiredCount }) => [taskDefinition, desiredCount]),
      [
        [inactive, 3],
        [undefined, 3],
      ],
    );
  });

  it("is a result, not an exception, where it was to be started anew", async () => {
    for (const [runs, reconfigure] of [
      [inactive, true],
      ["another", false],
    ] as const) {
      const { actor, asked } = account(runs);
      const result = await perform(write(2, reconfigure), actor);
      assert.equal(result.ok, false);
      assert.match(result.problem ?? "", /web: task definition web:3 was deregistered by hand.*up <stack> --refresh/);
      assert.deepEqual(result.inactive, [inactive]);
      assert.equal(asked.length, 1);
    }
  });
});
