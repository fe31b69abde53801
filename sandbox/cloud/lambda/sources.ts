/**
 * Event source mappings: what a queue of SQS holds is given to a function, as Lambda's pollers do (AWS Lambda, "Using Lambda
 * with Amazon SQS"). moto would take the messages away without a function, so it is not told of them.
 */
import { randomUUID } from "node:crypto";
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { awsError, type CloudContext } from "../handlers.ts";

/** Calls a function with an event. @throws Error by what the function failed. */
export type Invoke = (moto: CloudContext["moto"], functionArn: string, event: unknown) => Promise<unknown>;

/** AWS milliseconds between two looks at an empty queue, and the least of this machine's. */
const pollMs = 1_000;
const shortestPollMs = 100;

interface Mapping {
  readonly configuration: EventSourceMappingConfiguration;
  readonly moto: CloudContext["moto"];
  readonly abort: AbortController;
}

export function installSources(cloud: CloudContext, invoke: Invoke): void {
  const mappings = new Map<string, Mapping>();
  const found = (uuid: string | undefined): Mapping => {
    const mapping = mappings.get(uuid ?? "");
    if (mapping === undefined)
      throw awsError("ResourceNotFoundException", "The resource you requested does not exist.", 404);
    return mapping;
  };
  const remove = (uuid: string | undefined) => {
    const mapping = found(uuid);
    mapping.abort.abort();
    mappings.delete(uuid ?? "");
    return mapping.configuration;
  };
  const put = (configuration: EventSourceMappingConfiguration, moto: CloudContext["moto"]) => {
    const mapping = { configuration, moto, abort: new AbortController() };
    mappings.set(configuration.UUID ?? "", mapping);
    if (configuration.State === "Enabled") void poll(cloud, mapping, invoke);
    return configuration;
  };

  cloud.handle(CreateEventSourceMappingCommand, async (input, call) => {
    const { EventSourceArn, FunctionName = "", Enabled = true, Tags: _, ...rest } = input;
    if (EventSourceArn?.split(":")[2] !== "sqs")
      throw awsError("InvalidParameterValueException", "The sandbox's functions have queues as sources alone");
    const FunctionArn = FunctionName.startsWith("arn:")
      ? FunctionName
      : `arn:aws:lambda:${call.region}:${call.account}:function:${FunctionName}`;
    const UUID = randomUUID();
    const State = Enabled ? "Enabled" : "Disabled";
    const { moto } = await cloud.inAccount(call.account);
    const EventSourceMappingArn = `arn:aws:lambda:${call.region}:${call.account}:event-source-mapping:${UUID}`;
    const known = { BatchSize: 10, MaximumBatchingWindowInSeconds: 0, ...rest };
    return put({ ...known, UUID, EventSourceArn, FunctionArn, State, EventSourceMappingArn } as never, moto);
  });
  cloud.handle(GetEventSourceMappingCommand, ({ UUID }) => found(UUID).configuration);
  cloud.handle(ListEventSourceMappingsCommand, ({ EventSourceArn, FunctionName }) => ({
    EventSourceMappings: [...mappings.values()]
      .map(({ configuration }) => configuration)
      .filter((each) => EventSourceArn === undefined || each.EventSourceArn === EventSourceArn)
      .filter(({ FunctionArn }) => FunctionName === undefined || FunctionArn?.endsWith(FunctionName)),
  }));
  cloud.handle(UpdateEventSourceMappingCommand, ({ UUID, Enabled, FunctionName: _, ...rest }) => {
    const { moto } = found(UUID);
    const before = remove(UUID);
    const State = (Enabled ?? before.State === "Enabled") ? "Enabled" : "Disabled";
    return put({ ...before, ...rest, State } as EventSourceMappingConfiguration, moto);
  });
  cloud.handle(DeleteEventSourceMappingCommand, ({ UUID }) => ({ ...remove(UUID), State: "Deleting" }));

  const clear = () => {
    for (const uuid of [...mappings.keys()]) remove(uuid);
  };
  cloud.onReset(clear);
  cloud.onStop(clear);
}

async function poll(cloud: CloudContext, { configuration, moto, abort }: Mapping, invoke: Invoke): Promise<void> {
  const sqs = moto(SQSClient);
  const { EventSourceArn = "", FunctionArn = "", BatchSize = 10 } = configuration;
  const pause = Math.max(pollMs, shortestPollMs / cloud.pace);
  const QueueName = EventSourceArn.split(":").at(-1);
  while (!abort.signal.aborted) {
    try {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
      const received = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: BatchSize, MessageSystemAttributeNames: ["All"] }),
      );
      const { Messages: messages = [] } = received;
      if (messages.length > 0) {
        const records = messages.map((each) => recordOf(each, EventSourceArn));
        const failed = await failedOf(cloud, messages, () => invoke(moto, FunctionArn, { Records: records }));
        for (const message of messages)
          if (failed.has(message.MessageId ?? "")) void comeBack(cloud, sqs, QueueUrl, message, abort.signal);
          else await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
        continue;
      }
    } catch (error) {
      cloud.log(`${EventSourceArn}: ${(error as Error).message}`);
    }
    await cloud.clock.wait(pause, abort.signal).catch(() => undefined);
  }
}

/** Ids of what has to come again: what the function names, or all where it failed. */
async function failedOf(
  cloud: CloudContext,
  messages: readonly Message[],
  call: () => Promise<unknown>,
): Promise<ReadonlySet<string>> {
  try {
    const { batchItemFailures = [] } = ((await call()) ?? {}) as {
      batchItemFailures?: readonly { itemIdentifier: string }[];
    };
    return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  } catch (error) {
    cloud.log(`messages come again: ${(error as Error).message}`);
    return new Set(messages.map(({ MessageId = "" }) => MessageId));
  }
}

/** moto counts a queue's time as it is: what was not taken is shown again when this cloud's time is over. */
async function comeBack(
  cloud: CloudContext,
  sqs: SQSClient,
  QueueUrl: string | undefined,
  { ReceiptHandle }: Message,
  signal: AbortSignal,
): Promise<void> {
  try {
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] });
    const { Attributes } = await sqs.send(asked);
    await cloud.clock.wait(Number(Attributes?.VisibilityTimeout ?? 30) * 1_000, signal);
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
  } catch (error) {
    if (!signal.aborted) cloud.log(`a message stays unseen longer: ${(error as Error).message}`);
  }
}

function recordOf({ MessageId, ReceiptHandle, Body, Attributes, MD5OfBody }: Message, eventSourceARN: string) {
  return {
    ...{ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes },
    ...{ messageAttributes: {}, md5OfBody: MD5OfBody, eventSource: "aws:sqs", eventSourceARN },
    awsRegion: eventSourceARN.split(":")[3],
  };
}
