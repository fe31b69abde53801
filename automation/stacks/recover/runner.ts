import { type Finder, ifFound, textOf } from "./find.ts";

async function batch({ aws }: Parameters<Finder>[1]) {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-batch"), aws.client("batch")]);
  return { sdk, client };
}

/** What the runner is made of, where AWS lets it exist but once under its name, or between the same two. */
export const runnerFinders: Readonly<Record<string, Finder>> = {
  "aws:batch/computeEnvironment:ComputeEnvironment": async (inputs, look) => {
    const { sdk, client } = await batch(look);
    const name = textOf(inputs, "name");
    const command = new sdk.DescribeComputeEnvironmentsCommand({ computeEnvironments: [name] });
    const read = async () => (await client.send(command)).computeEnvironments?.[0];
    if ((await read()) === undefined) return undefined;
    await look.until(`compute environment ${name}`, async () => (await read())?.status === "VALID" || undefined);
    return name;
  },
  "aws:batch/jobQueue:JobQueue": async (inputs, look) => {
    const { sdk, client } = await batch(look);
    const name = textOf(inputs, "name");
    const command = new sdk.DescribeJobQueuesCommand({ jobQueues: [name] });
    const read = async () => (await client.send(command)).jobQueues?.[0];
    if ((await read()) === undefined) return undefined;
    return look.until(`job queue ${name}`, async () => {
      const now = await read();
      return now?.status === "VALID" ? now.jobQueueArn : undefined;
    });
  },
  "aws:codebuild/project:Project": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-codebuild"), aws.client("codebuild")]);
    const command = new sdk.BatchGetProjectsCommand({ names: [textOf(inputs, "name")] });
    return (await client.send(command)).projects?.[0]?.arn;
  },
  "aws:scheduler/scheduleGroup:ScheduleGroup": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-scheduler"), aws.client("scheduler")]);
    return (await ifFound(client.send(new sdk.GetScheduleGroupCommand({ Name: textOf(inputs, "name") }))))?.Name;
  },
  "aws:lambda/eventSourceMapping:EventSourceMapping": async (inputs, { aws }) => {
    const [sdk, client] = await Promise.all([import("@aws-sdk/client-lambda"), aws.client("lambda")]);
    const EventSourceArn = textOf(inputs, "eventSourceArn");
    // By its name or its ARN, as it was given.
    const FunctionName = textOf(inputs, "functionName");
    const command = new sdk.ListEventSourceMappingsCommand({ EventSourceArn, FunctionName });
    return (await ifFound(client.send(command)))?.EventSourceMappings?.[0]?.UUID;
  },
};
