import assert from "node:assert/strict";
import type { Bag } from "../../../sandbox/provider/values.ts";
import { unique, useCloud } from "../../support/cloud.ts";
import { useEnvironment } from "./environment.ts";
import { type Fixtures, fixtures } from "./fixtures.ts";
import { type Served, serve } from "./provider.ts";

describe("a creation that failed midway is finished", () => {
  const refusal = { effect: "error", code: "AccessDenied", status: 403, nth: 1 } as const;
  const cloud = useCloud();
  useEnvironment(() => cloud.env);
  let aws: Served;
  let f: Fixtures;

  beforeEach(async () => {
    aws = await serve("aws");
    f = fixtures(aws);
  });
  afterEach(() => f.dispose().finally(() => aws.close()));

  it("by what is there, not by what was asked for", async () => {
    const type = "aws:dynamodb/table:Table";
    const name = unique("midway");
    await cloud.fault({ ...refusal, service: "dynamodb", operation: "UpdateContinuousBackups" });
    const state = await finish(
      type,
      {
        name,
        billingMode: "PAY_PER_REQUEST",
        hashKey: "id",
        attributes: [{ name: "id", type: "S" }],
        pointInTimeRecovery: { enabled: true },
        ttl: { attributeName: "expires", enabled: true },
      },
      name,
    );
    const enabled = (key: string) => (state[key] as Bag)["enabled"];
    assert.deepEqual([enabled("pointInTimeRecovery"), enabled("ttl")], [true, true]);
  });

  it("no sooner than what is there can be used: until then a database says nothing of its address", async () => {
    const identifier = unique("midway");
    await cloud.fault({ ...refusal, service: "rds", operation: "DescribeDBInstances" });
    const state = await finish(
      "aws:rds/instance:Instance",
      {
        identifier,
        engine: "postgres",
        engineVersion: "17",
        instanceClass: "db.t4g.micro",
        allocatedStorage: 20,
        username: "switchyard",
        manageMasterUserPassword: true,
        skipFinalSnapshot: true,
        dbSubnetGroupName: (await f.make("aws:rds/subnetGroup:SubnetGroup", { subnetIds: await f.subnets() })).id,
      },
      identifier,
    );
    assert.equal(state["status"], "available");
    assert.match(String(state["endpoint"]), /^.+:\d+$/);
  });

  /** Creates with the refusal set before, then updates as the engine does with what the failed creation left. */
  async function finish(type: string, inputs: Bag, id: string): Promise<Bag> {
    const { inputs: checked } = await aws.check(type, id, inputs);
    await assert.rejects(aws.create(type, id, checked), /AccessDenied/);
    await cloud.clearFaults();
    const half = { type, name: id, id, inputs: checked, state: { ...checked, id, __incomplete: true } };
    const made = await aws.update(half, checked);
    assert.equal(made.state["__incomplete"], undefined);
    await aws.delete(made);
    return made.state;
  }
});
