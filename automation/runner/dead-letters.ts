import type { Aws } from "../aws/clients.ts";

/** Of messages that nobody could read or say, and of what schedules could not start (programs/components/runner/). */
export const deadLetterQueues = {
  messages: "switchyard-runner-status-dead",
  schedules: "switchyard-runner-schedules-dead",
} as const;

/** How many of each are put aside; absent where there is no queue, and for who may not look into it. */
export type DeadLetters = { readonly [Kind in keyof typeof deadLetterQueues]?: number };

export async function deadLetters(aws: Aws): Promise<DeadLetters> {
  const [messages, schedules] = await Promise.all([
    lettersIn(aws, deadLetterQueues.messages),
    lettersIn(aws, deadLetterQueues.schedules),
  ]);
  return { ...(messages !== undefined && { messages }), ...(schedules !== undefined && { schedules }) };
}

async function lettersIn(aws: Aws, QueueName: string): Promise<number | undefined> {
  const [{ GetQueueAttributesCommand, GetQueueUrlCommand }, client] = await Promise.all([
    import("@aws-sdk/client-sqs"),
    aws.client("sqs"),
  ]);
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName }));
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
    return Number((await client.send(asked)).Attributes?.["ApproximateNumberOfMessages"] ?? 0);
  } catch (error) {
    // AWS answers the first two for one that is not there, by the protocol that is spoken; the last is a matter of rights.
    const { name } = error as Error;
    if (
      [
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "AccessDeniedException",
        "AccessDenied",
      ].includes(name)
    )
      return undefined;
    throw error;
  }
}

/** What is said of them; nothing where nothing is put aside. */
export function lettersText({ messages = 0, schedules = 0 }: DeadLetters): readonly string[] {
  const are = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"} could not be`;
  return [
    ...(messages > 0 ? [`${are(messages, "message")} said: see the queue ${deadLetterQueues.messages}`] : []),
    ...(schedules > 0
      ? [`${are(schedules, "command")} started by the clock: see the queue ${deadLetterQueues.schedules}`]
      : []),
  ];
}
