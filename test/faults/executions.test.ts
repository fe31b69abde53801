import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { SdkAws } from "../../automation/aws/clients.ts";
import { bounded } from "../../automation/delivery/bounded.ts";
import { answer, find, start } from "../../automation/runner/executions.ts";
import { machinesOf } from "../../automation/runner/machines.ts";
import { projectRoot } from "../../automation/surroundings.ts";
import { machineNames, physicalName } from "../../programs/components/runner/machine-names.ts";
import { planApplyMachine } from "../../programs/components/runner/machines/machines.ts";
import { until } from "../sandbox/cloud/alb/in-process.ts";
import { useJobs } from "../sandbox/cloud/batch/fixture.ts";

const [stacks, eachStack] = [20, 10];
const deployStack = "production";
const region = "us-east-1";

/**
 * In place of `switchyard`: what `ci merge` does to be alone on its stack is the driver's own lease, and what it does then is
 * noted. A lease that another holds ends it with the exit code of `lease-held`.
 */
const program = (notes: string) => `
import { appendFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
enableCompileCache();
const [command, , , stack] = process.argv.slice(2);
if (command === "ci") {
  const load = (file) => import(${JSON.stringify(pathToFileURL(projectRoot).href)} + "/automation/" + file);
  const [{ SdkAws }, { stackTable }, { Lease }, { systemClock }] = await Promise.all(
    ["aws/clients.ts", "ledger/table.ts", "ledger/lease.ts", "clock.ts"].map(load));
  const aws = new SdkAws({ region: "${region}", deadlineMs: 20_000, budget: 1_000, reserve: 0 });
  const holder = process.env.SWITCHYARD_EXECUTION;
  const note = (what) => appendFileSync(${JSON.stringify(notes)}, JSON.stringify({ stack, holder, ...what }) + "\\n");
  try {
    const options = { holder, purpose: "merge", durationMs: 3_000, clock: systemClock };
    const lease = await Lease.acquire(stackTable(aws, "ledger", stack), options);
    note({ kind: "begin", token: lease.token });
    await new Promise((resolve) => setTimeout(resolve, 100));
    note({ kind: "end" });
    await lease.release();
  } catch (error) {
    if (error.code !== "lease-held") throw error;
    note({ kind: "waits" });
    process.exitCode = 4;
  }
  aws.close();
}
`;

interface Note {
  readonly stack: string;
  readonly holder: string;
  readonly kind: "begin" | "end" | "waits";
  readonly token?: number;
}

describe("two hundred executions at once", function () {
  this.timeout(900_000);
  const { cloud, definition } = useJobs(0.05);
  const former = { ...process.env };
  let notesFile: string;
  let QueueUrl: string;

  before(async () => {
    const surroundings = {
      AWS_ENDPOINT_URL: cloud().endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
    Object.assign(process.env, surroundings);
    notesFile = join(cloud().dir, "notes.jsonl");
    const rootfs = join(cloud().dir, "leased");
    mkdirSync(join(rootfs, "app"), { recursive: true });
    writeFileSync(join(rootfs, "app/main.mjs"), program(notesFile));
    const Env = Object.entries(surroundings).map(([name, value]) => `${name}=${value}`);
    const config = { Entrypoint: ["node", "/app/main.mjs"], WorkingDir: "/app", Env };
    cloud().images.set("runner@sha256:leased", { digest: "sha256:leased", rootfs, config });
    await makeTable(cloud().client(DynamoDBClient));
    ({ QueueUrl = "" } = await cloud()
      .client(SQSClient)
      .send(new CreateQueueCommand({ QueueName: "asked" })));
    const job = await definition({ containerProperties: { image: "runner@sha256:leased" } });
    const machine = planApplyMachine({
      ...{ partition: "aws", statusQueueUrl: QueueUrl, approvalSeconds: 86_400, deployStack },
      jobDefinitions: { plan: job, apply: job, deploy: job, preview: job, drift: job },
      queues: { production: "main", preview: "main" },
    });
    await makeMachines(cloud().client(SFNClient), await makeRole(cloud().client(IAMClient)), JSON.stringify(machine));
  });
  after(() => {
    process.env = former;
  });

  it("are asked about once each, none is lost, and on each stack one works at a time", async () => {
    const aws = new SdkAws({ region, deadlineMs: 60_000, budget: 1_000_000, reserve: 0 });
    try {
      const machines = await machinesOf(aws, deployStack);
      const inputs = Array.from({ length: stacks * eachStack }, (_, index) => ({
        ...{ stack: `stack-${index % stacks}`, commit: "c".repeat(40), actor: "suite", pullRequest: index + 1 },
      }));
      const started = await bounded(inputs, 20, (input) => start(aws, machines, "plan-apply", input, 1));
      const open = new Set(started.map(({ execution }) => execution));
      assert.equal(open.size, inputs.length);

      const asked: string[] = [];
      const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 43_200 });
      await until(
        "everyone is asked",
        async () => {
          const { Messages = [] } = await cloud().client(SQSClient).send(receive);
          const arns = Messages.map(({ Body = "" }) => (JSON.parse(Body) as { execution: string }).execution);
          const by = { verdict: "approve", by: "suite", why: undefined } as const;
          await Promise.all(arns.map((arn) => answer(aws, arn, nameOf(arn), by)));
          asked.push(...arns.map(nameOf));
          return asked.length >= inputs.length;
        },
        300_000,
      );
      assert.deepEqual(asked.toSorted(), [...open].sort());

      const ended: string[] = [];
      await until(
        "everyone has ended",
        async () => {
          const seen = await bounded([...open], 10, (name) => find(aws, machines, name));
          for (const { execution, status, error } of seen)
            if (status !== "RUNNING" && open.delete(execution)) ended.push(`${status} ${error ?? ""}`.trim());
          return open.size === 0;
        },
        500_000,
      );
      assert.deepEqual(Object.fromEntries(countOf(ended)), { SUCCEEDED: inputs.length });
    } finally {
      aws.close();
    }
    assertOneAtATime(readNotes(notesFile));
  });
});

function nameOf(executionArn: string): string {
  return executionArn.split(":").at(-1) ?? "";
}

function countOf(words: readonly string[]): Map<string, number> {
  return new Map([...Map.groupBy(words, (word) => word)].map(([word, each]) => [word, each.length]));
}

function readNotes(file: string): readonly Note[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Note);
}

/** Each stack's work in the order of its lease's tokens, each begun after the one before had ended, each execution's once. */
function assertOneAtATime(notes: readonly Note[]): void {
  const byStack = Map.groupBy(
    notes.filter(({ kind }) => kind !== "waits"),
    ({ stack }) => stack,
  );
  assert.equal(byStack.size, stacks);
  for (const [stack, own] of byStack) {
    const kinds = own.map(({ kind }) => kind);
    assert.deepEqual(kinds, Array.from({ length: eachStack }, () => ["begin", "end"]).flat(), stack);
    for (const [at, { holder }] of own.entries()) if (at % 2 === 1) assert.equal(holder, own[at - 1]?.holder, stack);
    const tokens = own.flatMap(({ token }) => token ?? []);
    assert.deepEqual(
      tokens,
      [...new Set(tokens)].sort((a, b) => a - b),
      stack,
    );
    assert.equal(new Set(own.map(({ holder }) => holder)).size, eachStack, stack);
  }
}

async function makeTable(dynamodb: DynamoDBClient): Promise<void> {
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: "S" }) as const;
  await dynamodb.send(
    new CreateTableCommand({
      ...{ TableName: "ledger", BillingMode: "PAY_PER_REQUEST", AttributeDefinitions: [text("stack"), text("item")] },
      KeySchema: [
        { AttributeName: "stack", KeyType: "HASH" },
        { AttributeName: "item", KeyType: "RANGE" },
      ],
    }),
  );
}

async function makeRole(iam: IAMClient): Promise<string> {
  const trust = { Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "states", AssumeRolePolicyDocument }));
  return Role?.Arn ?? "";
}

/** All by the names the driver looks for. */
async function makeMachines(sfn: SFNClient, roleArn: string, definition: string): Promise<void> {
  for (const name of machineNames)
    await sfn.send(new CreateStateMachineCommand({ name: physicalName(name, deployStack), roleArn, definition }));
}
