import assert from "node:assert/strict";
import { CreateClusterCommand, type ECSClient } from "@aws-sdk/client-ecs";
import { SdkAws } from "../../../../automation/aws/clients.ts";
import { refuseUnlisted, refuseUnlistedItem } from "../../../../automation/deploy/decide/mutations.ts";
import { stackTable } from "../../../../automation/ledger/table.ts";
import { restoreEnvironment } from "../../../support/environment.ts";

const unlisted = /not among the driver's mutations/;

describe("the driver's mutations", () => {
  it("are all that its clients send, beside what changes nothing", () => {
    for (const call of ["ecs.UpdateService", "elb.ModifyRule", "lambda.Invoke", "dynamodb.TransactWriteItems"])
      refuseUnlisted(call);
    for (const call of ["ecs.DescribeServices", "dynamodb.BatchGetItem", "logs.FilterLogEvents"]) refuseUnlisted(call);
    for (const call of ["ecs.DeleteService", "elb.CreateRule", "dynamodb.PutItem", "ecs.unknown"])
      assert.throws(() => refuseUnlisted(call), unlisted);
  });

  it("are all that it writes to the ledger", () => {
    for (const item of [
      "lease",
      "release",
      "shape",
      "operation#1",
      "journal#1#000001",
      "signal#1",
      "signal#1#approval",
    ])
      refuseUnlistedItem(item);
    for (const item of ["leases", "release#2", "note"])
      assert.throws(() => refuseUnlistedItem(item), /no item the driver's mutations write/);
  });

  it("bound a real client and a real table: what is not among them is not sent", async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
      AWS_ACCESS_KEY_ID: "none",
      AWS_SECRET_ACCESS_KEY: "none",
    });
    const aws = new SdkAws({ region: "us-east-1", deadlineMs: 1_000, budget: 10, reserve: 0 });
    try {
      const ecs: ECSClient = await aws.client("ecs");
      await assert.rejects(ecs.send(new CreateClusterCommand({})), unlisted);
      const table = stackTable(aws, "ledger", "production");
      await assert.rejects(table.write([{ kind: "put", item: "note", value: {} }]), /no item/);
      assert.equal(aws.total, 0);
    } finally {
      aws.close();
      restoreEnvironment(before);
    }
  });
});
