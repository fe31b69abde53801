import type { OutputLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { Aws } from "../aws/clients.ts";

/** Of the runner's jobs (programs/runner.ts). */
const logGroupName = "/switchyard/runner/jobs";

/** What a job wrote; where it is, for who may not read it: whoever follows need not have the right to. */
export async function jobLog(aws: Aws, logStreamName: string): Promise<readonly string[]> {
  const { GetLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const events: OutputLogEvent[] = [];
  try {
    const client = await aws.client("logs");
    for (let nextToken: string | undefined; ; ) {
      const page = await client.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, nextToken }),
      );
      events.push(...(page.events ?? []));
      // At the end the same token is answered again (CloudWatch Logs API, GetLogEvents).
      if (page.nextForwardToken === undefined || page.nextForwardToken === nextToken) break;
      nextToken = page.nextForwardToken;
    }
  } catch (error) {
    return [`(its log is in ${logGroupName}, ${logStreamName}: ${(error as Error).name})`];
  }
  return events.map(({ message = "" }) => message);
}
