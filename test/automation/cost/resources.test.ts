import assert from "node:assert/strict";
import { differenceText, estimateText } from "../../../automation/cost/render.ts";
import { afterPlan, inState, standingServices } from "../../../automation/cost/resources.ts";
import { collectorName } from "../../../programs/components/service/collector.ts";
import { costDifference, estimate } from "../../../programs/cost/estimate.ts";
import { assumptions, list } from "../../programs/cost/fixtures.ts";

const urn = (type: string, name: string) => `urn:pulumi:sandbox::switchyard::${type}::${name}`;
const nat = "aws:ec2/natGateway:NatGateway";
const key = "aws:kms/key:Key";
const state = (type: string, name: string, inputs: object = {}, custom = true) => ({
  ...{ urn: urn(type, name), type, custom },
  inputs: inputs as Record<string, unknown>,
});
const change = (op: string, type: string, name: string, after?: Record<string, unknown>) => ({
  ...{ urn: urn(type, name), type, op, properties: [], within: [] },
  ...(after && { after }),
});

describe("the resources an estimate is of", () => {
  const before = inState([
    state(nat, "a"),
    state(nat, "b"),
    state("pulumi:providers:aws", "p"),
    state(key, "k", {}, false),
  ]);

  it("are a state's own", () => {
    assert.deepEqual(
      [...before.values()].map(({ name }) => name),
      ["a", "b"],
    );
  });

  it("are, after a plan, what it makes, changes and leaves", () => {
    const after = afterPlan(before, [
      change("delete", nat, "a"),
      change("create", key, "k", {}),
      change("replace", nat, "b", { subnetId: "s" }),
      change("read", "aws:dynamodb/table:Table", "t", {}),
    ]);
    assert.deepEqual(
      [...after.values()].map(({ name }) => name),
      ["b", "k"],
    );
    assert.deepEqual(after.get(urn(nat, "b"))?.inputs, { subnetId: "s" });
  });

  it("are services with what the driver was told and what runs", () => {
    const service = {
      ...state("switchyard:service:Service", "web", {}, false),
      outputs: { outputs: { desiredCount: 3 } },
    };
    const inputs = {
      ...{ cpu: "512", memory: "1024", runtimePlatform: { cpuArchitecture: "ARM64" } },
      containerDefinitions: JSON.stringify([{ name: "web" }]),
    };
    assert.deepEqual(standingServices([service, state("aws:ecs/taskDefinition:TaskDefinition", "web", inputs)]), [
      {
        ...{ type: "switchyard:service:Service", name: "web" },
        inputs: { tasks: 3, cpu: "512", memory: "1024", architecture: "ARM64", traced: false },
      },
    ]);
    const traced = {
      ...inputs,
      containerDefinitions: JSON.stringify([{ name: "web" }, { name: collectorName("web") }]),
    };
    const [found] = standingServices([service, state("aws:ecs/taskDefinition:TaskDefinition", "web", traced)]);
    assert.equal(found?.inputs["traced"], true);
    assert.deepEqual(standingServices([service]), []);
  });
});

describe("an estimate as people read it", () => {
  const of = (...types: readonly string[]) =>
    estimate(
      types.map((type) => ({ type, name: "x", inputs: {} })),
      list,
      assumptions,
    );

  it("shows no money for what has no price, and says that it is not in the sum", () => {
    const text = estimateText(of(key, "aws:cloudwatch/dashboard:Dashboard", "aws:eks/cluster:Cluster"));
    assert.match(text, /dashboard-month +1 month +no price/);
    assert.match(text, /all +at least \$1\.00/);
    assert.match(text, /! no price of dashboard-month could be had/);
    assert.match(text, /! nothing is known of what aws:eks\/cluster:Cluster costs/);
    assert.match(text, /as read on 2026-11-28/);
    assert.match(text, /assumed \(switchyard:cost\): hours 700, natGb 10/);
    assert.doesNotMatch(estimateText(of(key)), /at least|!/);
  });

  it("shows a difference with its sign, and none where there is none", () => {
    assert.match(differenceText(costDifference(of(key), of(key, nat))), /network +\$0\.00 +\$35\.50 +\+\$35\.50/);
    assert.match(differenceText(costDifference(of(key, nat), of(key))), /all +\$36\.50 +\$1\.00 +-\$35\.50/);
    assert.equal(differenceText(costDifference(of(key), of(key))), "");
  });
});
