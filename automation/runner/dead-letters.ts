import type { Aws } from "../aws/clients.ts";

/** Of messages that nobody could read or say (programs/components/runner/status-queue.ts). */
export const deadLetterQueue = "switchyard-runner-status-dead";

/** How many are put aside; undefined where there is no queue, and for who may not look into it. */
export async function deadLetters(aws: Aws): Promise<number | undefined> {
  const [{ GetQueueAttributesCommand, GetQueueUrlCommand }, client] = await Promise.all([
    import("@aws-sdk/client-sqs"),
    aws.client("sqs"),
  ]);
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: deadLetterQueue }));
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
