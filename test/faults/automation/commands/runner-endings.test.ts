import assert from "node:assert/strict";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { SdkAws } from "../../../../automation/aws/clients.ts";
import { start } from "../../../../automation/runner/executions.ts";
import { machinesOf } from "../../../../automation/runner/machines.ts";
import { machineNames, physicalName } from "../../../../programs/components/runner/machine-names.ts";
import { errorCatalogue } from "../../../../programs/error-catalogue.ts";
import { eventually, useCloud } from "../../../support/cloud.ts";
import { assertDocument, documentIn } from "../../../support/document.ts";
import { restoreEnvironment } from "../../../support/environment.ts";
import { Driver } from "../../../support/release/driver.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const input = { stack: "pipeline", commit, actor: "ada", pullRequest: 7 };

/** Through the command line: machines that do nothing but wait. */
describe("commands of the runner, with --json", function () {
  this.timeout(60_000);
  const cloud = useCloud();
  const former = { ...process.env };
  let aws: SdkAws;
  let execution: string;

  before("an execution that runs", async () => {
    Object.assign(process.env, cloud.env);
    await cloud.reset();
    aws = new SdkAws({ region: "us-east-1", deadlineMs: 20_000, budget: 1_000, reserve: 0 });
    const sdk = new SFNClient(cloud.sdk());
    const States = { One: { Type: "Wait", Seconds: 1_000_000, End: true } };
    const definition = JSON.stringify({ StartAt: "One", States });
    const roleArn = "arn:aws:iam::123456789012:role/switchyard-states";
    for (const machine of machineNames)
      await sdk.send(new CreateStateMachineCommand({ name: physicalName(machine, "production"), roleArn, definition }));
    sdk.destroy();
    ({ execution } = await start(aws, await machinesOf(aws, "production"), "run", input, 1));
  });
  after(async () => {
    aws.close();
    await cloud.reset();
    restoreEnvironment(former);
  });

  const drive = (...args: readonly string[]) =>
    new Driver(["--json", ...args], { ...process.env, SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: cloud.dir });
  const [failed, interrupted] = [errorCatalogue["execution-failed"].exitCode, errorCatalogue.interrupted.exitCode];

  const follow = () => drive("runner", "follow", execution);
  const leave = async (signals: "one" | "two") => {
    const followed = follow();
    await eventually(() => followed.output.includes(": One"));
    followed.signal("SIGINT");
    if (signals === "two") {
      await eventually(() => followed.output.includes("goes on"));
      await followed.interruptAgain();
    }
    return followed.ended();
  };

  /** In this order: the last ones end the execution. */
  const endings: readonly (readonly [
    string,
    () => Promise<{ readonly code: number | null; readonly output: string }>,
    number,
    Readonly<Record<string, unknown>>,
  ])[] = [
    [
      "start",
      () =>
        drive(
          "runner",
          "start",
          "run",
          "pipeline",
          "--commit",
          commit,
          "--attempt",
          "2",
          "--",
          "plan",
          "pipeline",
        ).ended(),
      0,
      { machine: "run" },
    ],
    ["list", () => drive("runner", "list").ended(), 0, {}],
    [
      "follow whose time is over",
      () => drive("runner", "follow", execution, "--wait", "1ms").ended(),
      failed,
      { status: "RUNNING", machine: "run", states: ["One"] },
    ],
    ["follow that somebody leaves", () => leave("one"), interrupted, { detached: true }],
    ["follow that somebody leaves and cancels", () => leave("two"), interrupted, { cancelled: true }],
    [
      "follow of what was cancelled",
      () => follow().ended(),
      failed,
      { status: "ABORTED", error: "Cancelled", states: ["One"] },
    ],
    ["cancel of what has ended", () => drive("runner", "cancel", execution).ended(), 0, { cancelled: false }],
  ];
  for (const [what, ends, code, says] of endings)
    it(`print a document: ${what}`, async () => {
      const ended = await ends();
      assert.equal(ended.code, code, ended.output);
      assertDocument(ended.output, says);
    });

  it("print none where nothing has begun", async () => {
    const { code, output } = await drive("runner", "follow", "pipeline-1").ended();
    assert.deepEqual([code, documentIn(output)], [errorCatalogue["not-found"].exitCode, undefined], output);
  });
});
