/** Lines of a process as events of a CloudWatch Logs stream. */

import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import type { CloudContext } from "./handlers.ts";

export interface LogStream {
  write(line: string): void;
  /** Writes every line of a stream. */
  pipe(source: Readable): void;
  /** Resolves when what was written so far can be read with GetLogEvents. */
  flush(): Promise<void>;
}

// Longest time a line waits for others to share its PutLogEvents call.
const gatherMs = 100;

/** Opens a stream; the group is created when `createGroup` says so, as Lambda does and ECS does not. */
export function openLogStream(
  cloud: Pick<CloudContext, "moto" | "log">,
  group: string,
  stream: string,
  options: { createGroup: boolean },
): LogStream {
  const client = cloud.moto(CloudWatchLogsClient);
  const waiting: { timestamp: number; message: string }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending = create();

  async function create(): Promise<void> {
    try {
      if (options.createGroup) {
        await client.send(new CreateLogGroupCommand({ logGroupName: group })).catch(unlessExists);
      }
      await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream })).catch(unlessExists);
    } catch (error) {
      cloud.log(`log stream ${group} ${stream}: ${(error as Error).message}`);
    }
  }

  async function send(): Promise<void> {
    // PutLogEvents takes at most 10,000 events (CloudWatch Logs API reference).
    const logEvents = waiting.splice(0, 10_000);
    if (logEvents.length === 0) return;
    try {
      await client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents }));
    } catch (error) {
      // The group may have been deleted while the process ran; its last lines then have nowhere to go.
      if (!(error instanceof ResourceNotFoundException)) cloud.log(`log stream ${group}: ${(error as Error).message}`);
    }
    if (waiting.length > 0) await send();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    sending = sending.then(send);
    return sending;
  }

  function write(line: string): void {
    // An empty message is refused by PutLogEvents.
    waiting.push({ timestamp: Date.now(), message: line === "" ? " " : line });
    timer ??= setTimeout(() => void flush(), gatherMs).unref();
  }

  return {
    write,
    flush,
    pipe: (source) => void createInterface({ input: source, crlfDelay: Infinity }).on("line", write),
  };
}

function unlessExists(error: unknown): void {
  if (!(error instanceof ResourceAlreadyExistsException)) throw error;
}
