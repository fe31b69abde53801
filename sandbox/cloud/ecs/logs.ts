/** A container's output on its way to CloudWatch Logs, as the awslogs driver sends it: in batches, in order. */

import type { Readable } from "node:stream";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { awsError, type CloudContext } from "../handlers.ts";

type Here = ReturnType<CloudContext["at"]>;

const batchMs = 200;
const batchEvents = 1000;
/** Lines waiting for a slow moto; more are dropped and counted. */
const bufferedEvents = 20_000;

export class LogStream {
  readonly group: string;
  readonly stream: string;
  #client: CloudWatchLogsClient;
  #cloud: Here;
  #waiting: InputLogEvent[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(cloud: Here, group: string, stream: string) {
    this.#cloud = cloud;
    this.#client = cloud.moto(CloudWatchLogsClient);
    this.group = group;
    this.stream = stream;
  }

  /** Throws ResourceNotFoundException when the group is missing and not to be created. */
  async open(createGroup: boolean): Promise<void> {
    if (createGroup) await this.#unlessThere(new CreateLogGroupCommand({ logGroupName: this.group }));
    await this.#unlessThere(new CreateLogStreamCommand({ logGroupName: this.group, logStreamName: this.stream }));
  }

  async #unlessThere(command: CreateLogGroupCommand | CreateLogStreamCommand): Promise<void> {
    try {
      await this.#client.send(command as CreateLogStreamCommand);
    } catch (error) {
      if ((error as Error).name !== "ResourceAlreadyExistsException") throw error;
    }
  }

  /** Follows one output; resolves when it ends. */
  follow(output: Readable): Promise<void> {
    let rest = "";
    output.setEncoding("utf8");
    output.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#add(line);
    });
    return new Promise((resolve) => {
      output.on("error", () => {});
      output.on("close", () => {
        if (rest !== "") this.#add(rest);
        resolve();
      });
    });
  }

  #add(message: string): void {
    if (message === "") return;
    if (this.#waiting.length >= bufferedEvents) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push({ timestamp: this.#cloud.clock.now(), message });
    this.#timer ??= setTimeout(() => void this.flush(), batchMs).unref();
  }

  /** Resolves when everything read so far is in the log. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  async #send(): Promise<void> {
    if (this.#dropped > 0) {
      this.#waiting.push({ timestamp: this.#cloud.clock.now(), message: `[${this.#dropped} log lines were dropped]` });
      this.#dropped = 0;
    }
    while (this.#waiting.length > 0) {
      const logEvents = this.#waiting.splice(0, batchEvents);
      try {
        await this.#client.send(
          new PutLogEventsCommand({ logGroupName: this.group, logStreamName: this.stream, logEvents }),
        );
      } catch (error) {
        this.#cloud.log(`Log lines of ${this.group}/${this.stream} were lost: ${(error as Error).message}`);
      }
    }
  }
}

/** The stream of a container's `logConfiguration`; undefined when its output goes nowhere. */
export async function openLog(
  cloud: Here,
  configuration: { readonly logDriver?: string; readonly options?: Record<string, string> } | undefined,
  container: string,
  taskId: string,
): Promise<LogStream | undefined> {
  if (configuration === undefined) return undefined;
  const { logDriver, options = {} } = configuration;
  if (logDriver !== "awslogs") {
    throw awsError("ResourceInitializationError", `the sandbox has no log driver '${logDriver}', only awslogs`);
  }
  const group = options["awslogs-group"] ?? "";
  const prefix = options["awslogs-stream-prefix"];
  const log = new LogStream(cloud, group, prefix === undefined ? taskId : `${prefix}/${container}/${taskId}`);
  try {
    await log.open(options["awslogs-create-group"] === "true");
  } catch (error) {
    throw awsError(
      "ResourceInitializationError",
      `failed to validate logger args: failed to create Cloudwatch log stream in ${group}: ${(error as Error).message}`,
    );
  }
  return log;
}
