import type { FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { Aws } from "../aws/clients.ts";

/** Of one log group. */
export interface LogLine {
  readonly service: string;
  /** Milliseconds since the epoch, as the task wrote it. */
  readonly at: number;
  /** How the id of the task that wrote it ends. */
  readonly task: string;
  readonly text: string;
}

/** Events arrive late and out of order: so far back is read again, and what was seen is left out. */
const lateMs = 10_000;
/** Events of one look at one group; more are said to be left out. */
const mostEvents = 10_000;
const taskLetters = 8;

/** Which events of a log group were handed on; events are known by CloudWatch's ids. */
export class LogCursor {
  readonly #service: string;
  #from: number;
  #seen = new Map<string, number>();

  /** @param from Milliseconds since the epoch. */
  constructor(service: string, from: number) {
    this.#service = service;
    this.#from = from;
  }

  /** From when on to ask. */
  get from(): number {
    return this.#from;
  }

  /** The lines among events that were not handed on yet, oldest first. */
  take(events: readonly FilteredLogEvent[]): readonly LogLine[] {
    const fresh = events.filter(
      ({ eventId = "", timestamp = 0 }) => timestamp >= this.#from && !this.#seen.has(eventId),
    );
    for (const { eventId = "", timestamp = 0 } of fresh) this.#seen.set(eventId, timestamp);
    const newest = Math.max(this.#from, ...fresh.map(({ timestamp = 0 }) => timestamp - lateMs));
    this.#from = newest;
    for (const [id, at] of this.#seen) if (at < newest) this.#seen.delete(id);
    return inOrder(
      fresh.map(({ timestamp = 0, logStreamName = "", message = "" }) => ({
        service: this.#service,
        at: timestamp,
        task: logStreamName.slice(-taskLetters),
        text: message.trimEnd(),
      })),
    );
  }
}

export function inOrder(lines: readonly LogLine[]): readonly LogLine[] {
  return [...lines].sort((a, b) => a.at - b.at);
}

/** `2026-11-28T10:00:00.000Z  api 1a2b3c4d  …`; control characters would move the terminal's cursor. */
export function logText({ service, at, task, text }: LogLine, width: number): string {
  return `${new Date(at).toISOString()}  ${service.padEnd(width)} ${task}  ${text.replaceAll(/[^\P{Cc}\t]/gu, "·")}`;
}

/** What was written to a group from a time on; `more` where there was too much of it. */
export async function readEvents(aws: Aws, logGroupName: string, startTime: number) {
  const { FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const logs = await aws.client("logs");
  const events: FilteredLogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const command = new FilterLogEventsCommand({ logGroupName, startTime, ...(nextToken && { nextToken }) });
    const answer = await logs.send(command);
    events.push(...(answer.events ?? []));
    nextToken = answer.nextToken;
  } while (nextToken !== undefined && events.length < mostEvents);
  return { events, more: nextToken !== undefined };
}
