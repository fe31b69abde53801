/** Executions of the runner that are started, asked about, answered and looked at all at once: what that calls, of few and of many. */
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { SdkAws } from "../automation/aws/clients.ts";
import { bounded } from "../automation/delivery/bounded.ts";
import { answer, find, start } from "../automation/runner/executions.ts";
import { type Machines, machinesOf } from "../automation/runner/machines.ts";
import { machineNames, physicalName } from "../programs/components/runner/machine-names.ts";
import { type BenchResult, callsBetween, type Row, total } from "./measure.ts";

const [few, many] = [50, 200];
/** Executions of one stack; so many times fewer stacks. */
const eachStack = 10;
/** People and workflows at work at a time. */
const atOnce = 50;
const region = "us-east-1";
const deployStack = "production";
const roleArn = "arn:aws:iam::123456789012:role/switchyard-runner-states";

interface Round {
  readonly calls: Record<string, number>;
  readonly startedMs: number;
  readonly ms: number;
}

/** Machines that ask as `plan-apply` does, without its jobs: what a job does is the command's own, and measured there. */
export async function executions(): Promise<BenchResult> {
  const aws = new SdkAws({ region, deadlineMs: 60_000, budget: 100_000, reserve: 0 });
  const [sfn, sqs] = [new SFNClient({ region }), new SQSClient({ region })];
  try {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "bench-asked" }));
    const definition = asking(QueueUrl);
    for (const name of machineNames)
      await sfn.send(new CreateStateMachineCommand({ name: physicalName(name, deployStack), roleArn, definition }));
    const machines = await machinesOf(aws, deployStack);
    const some = await round(aws, machines, few);
    const all = await round(aws, machines, many);
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    const asked = Number(Attributes?.["ApproximateNumberOfMessages"]);
    if (asked !== few + many) throw new Error(`${few + many} executions asked ${asked} times`);
    const each = ({ calls }: Round, count: number) => total(calls) / count;
    const rows: Row[] = [
      { what: `${few} executions: AWS calls, each`, value: each(some, few), unit: "calls" },
      { what: `${many} executions: AWS calls, each`, value: each(all, many), unit: "calls" },
      { what: "the second by the first", value: each(all, many) / each(some, few), unit: "×", limit: 1.1 },
      { what: `${many} executions: until all are started`, value: all.startedMs, unit: "ms" },
      { what: `${many} executions: the whole, each`, value: all.ms / many, unit: "ms" },
    ];
    return {
      bench: "executions",
      rows,
      calls: { [`${few} executions`]: some.calls, [`${many} executions`]: all.calls },
    };
  } finally {
    aws.close();
    sfn.destroy();
    sqs.destroy();
  }
}

function asking(QueueUrl: string): string {
  const Ask = {
    ...{ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken" },
    Arguments: { QueueUrl, MessageBody: { token: "{% $states.context.Task.Token %}" } },
    ...{ TimeoutSeconds: 86_400, Next: "Answered" },
  };
  return JSON.stringify({ QueryLanguage: "JSONata", StartAt: "Ask", States: { Ask, Answered: { Type: "Succeed" } } });
}

/** Each is started twice, as by two runs of a workflow, and answered once; every one of them has to end as it should. */
async function round(aws: SdkAws, machines: Machines, count: number): Promise<Round> {
  const before = { ...aws.counts() };
  const began = performance.now();
  const wanted = Array.from({ length: count }, (_, index) => ({
    ...{ stack: `stack-${Math.floor(index / eachStack)}`, actor: "bench", pullRequest: index + 1 },
    commit: count.toString(16).padStart(40, "0"),
  }));
  const twice = await bounded([...wanted, ...wanted], atOnce, (input) => start(aws, machines, "plan-apply", input, 1));
  const names = [...new Set(twice.map(({ execution }) => execution))];
  if (names.length !== count) throw new Error(`${count} executions have ${names.length} names`);
  const startedMs = performance.now() - began;
  await bounded(names, atOnce, async (name) => {
    const { arn } = await find(aws, machines, name);
    await answer(aws, arn, name, { verdict: "approve", by: "bench", why: undefined });
  });
  const ended = await bounded(names, atOnce, (name) => find(aws, machines, name));
  const lost = ended.filter(({ status }) => status !== "SUCCEEDED");
  if (lost.length > 0) throw new Error(`${lost.length} executions did not succeed, such as ${JSON.stringify(lost[0])}`);
  return { calls: callsBetween(before, aws.counts()), startedMs, ms: performance.now() - began };
}
