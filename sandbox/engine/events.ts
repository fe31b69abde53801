import { appendFileSync } from "node:fs";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import events from "@pulumi/pulumi/proto/events_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/events_pb.js";
import { unsupported } from "./errors.ts";
import { connect } from "./grpc.ts";

export type EventBody = Omit<EngineEvent, "sequence" | "timestamp"> & Record<string, unknown>;

/** Where engine events go: the Automation API's Events server (`tcp://host:port`), a file, and the display. */
export class EventSink {
  private sequence = 0;
  private readonly write: (text: string) => void;
  private readonly finish: () => Promise<void>;
  private readonly onEvent: (event: EventBody) => void;

  constructor(target: string | undefined, onEvent: (event: EventBody) => void) {
    this.onEvent = onEvent;
    const { write, finish } = openTarget(target);
    this.write = write;
    this.finish = finish;
  }

  emit(body: EventBody): void {
    const event = { sequence: this.sequence, timestamp: Math.floor(Date.now() / 1000), ...body };
    this.sequence += 1;
    this.write(JSON.stringify(event));
    this.onEvent(body);
  }

  /** Ends the stream and waits until the receiver has it all. */
  async close(): Promise<void> {
    this.emit({ cancelEvent: {} });
    await this.finish();
  }
}

function openTarget(target: string | undefined): { write: (text: string) => void; finish: () => Promise<void> } {
  if (target === undefined) return { write: () => {}, finish: async () => {} };
  if (!target.startsWith("tcp://")) {
    if (/^[a-z]+:\/\//.test(target)) throw unsupported(`--event-log ${target}`, "this kind of event log");
    return { write: (text) => appendFileSync(target, `${text}\n`), finish: async () => {} };
  }
  const client = connect(events.EventsClient, target.slice("tcp://".length));
  const received = Promise.withResolvers<void>();
  const stream = client.streamEvents((error) => (error ? received.reject(error) : received.resolve()));
  received.promise.catch(() => {});
  return {
    write: (text) => stream.write(new messages.EventRequest().setEvent(text)),
    finish: async () => {
      stream.end();
      // A receiver that went away has no interest in the rest; the operation's own result stands.
      await received.promise.catch(() => {});
      client.close();
    },
  };
}
