import assert from "node:assert/strict";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { SdkAws } from "../../../automation/aws/clients.ts";
import { useAwsServer } from "../../support/aws-server.ts";

describe("the difference between this machine's clock and AWS's", () => {
  let skewMs = 0;
  let status = 200;
  useAwsServer((_, response) => {
    response.writeHead(status, { date: new Date(Date.now() - skewMs).toUTCString(), "content-type": "text/xml" });
    response.end("<DescribeAlarmsResponse><DescribeAlarmsResult/></DescribeAlarmsResponse>");
  });

  async function measured(): Promise<number | undefined> {
    const aws = new SdkAws({ region: "us-east-1", deadlineMs: 2_000, budget: 100, reserve: 0 });
    assert.equal(aws.clockSkewMs, undefined);
    const cloudwatch = await aws.client("alarms");
    await cloudwatch.send(new DescribeAlarmsCommand({})).catch(() => undefined);
    aws.close();
    return aws.clockSkewMs;
  }

  it("is none within what a date and its way allow", async () => {
    assert.equal(await measured(), 0);
  });
  it("is measured from any answer, also from a refusal", async () => {
    skewMs = 240_000;
    const ahead = (await measured()) ?? 0;
    assert.ok(ahead >= 240_000 && ahead < 245_000, `${ahead} ms`);
    skewMs = -240_000;
    status = 403;
    const behind = (await measured()) ?? 0;
    assert.ok(behind <= -235_000 && behind > -241_000, `${behind} ms`);
  });
});
