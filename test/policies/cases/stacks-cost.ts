import { list } from "../../programs/cost/fixtures.ts";
import type { Node } from "../support/evaluate.ts";
import type { StackCase } from "./types.ts";

const config = (maxMonthlyUsd: number) => ({ "switchyard:cost": JSON.stringify({ maxMonthlyUsd }) });
const tags = { "switchyard:region": "us-east-1" };
/** As `switchyard cost` keeps them: AWS's list was asked for composite alarms, and has no price of them. */
const kept = JSON.stringify({ ...list, prices: { ...list.prices, "composite-alarm-month": null } });

/** 730 hours at $0.02 and 20 GB at $0.10: $16.60. */
const database: Node = {
  type: "aws:rds/instance:Instance",
  name: "db",
  props: { instanceClass: "db.t4g.micro", multiAz: false, allocatedStorage: 20, manageMasterUserPassword: false },
};
/** 730 hours of half a processor at $0.04 and one GB at $0.004, twice: $35.04. */
const service: Node = {
  type: "switchyard:service:Service",
  name: "web",
  props: { runs: { tasks: 2, cpu: 512, memory: 1024, architecture: "ARM64", traced: false } },
};
const alarm: Node = { type: "aws:cloudwatch/compositeAlarm:CompositeAlarm", name: "ill" };
const flowLog: Node = { type: "aws:ec2/flowLog:FlowLog", name: "flow" };
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What a month may cost. */
export const costCases: readonly StackCase[] = [
  {
    rule: "cost-within-maximum",
    good: [database],
    bad: [database, service],
    undecided: [{ ...database, props: { ...database.props, instanceClass: unknown } }],
    config: config(51),
    tags,
    prices: kept,
  },
  {
    rule: "cost-known",
    good: [database],
    bad: [database, alarm, flowLog],
    config: config(51),
    tags,
    prices: kept,
  },
];
