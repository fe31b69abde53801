/** One execution: what it did, as its history says, and how it ended. */
import { randomBytes } from "node:crypto";
import type { ExecutionStatus, HistoryEvent } from "@aws-sdk/client-sfn";
import type { CloudContext } from "../handlers.ts";
import { workMs } from "../running.ts";
import { StateError } from "./evaluate.ts";
import { type Definition, interpret, type TaskCall } from "./interpret.ts";
import { callService, integrationOf, type Place } from "./tasks.ts";
import type { Tokens } from "./tokens.ts";

export interface ExecutionOptions {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly definition: Definition;
  readonly input: string;
  readonly place: Omit<Place, "signal" | "submitted">;
  readonly tokens: Tokens;
  ended(execution: Execution): void;
}

export class Execution {
  readonly options: ExecutionOptions;
  readonly startDate: Date;
  readonly events: HistoryEvent[] = [];
  stopDate: Date | undefined;
  status: ExecutionStatus = "RUNNING";
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  #cloud: CloudContext;
  #abort = new AbortController();

  constructor(cloud: CloudContext, options: ExecutionOptions) {
    this.#cloud = cloud;
    this.options = options;
    this.startDate = new Date(cloud.clock.now());
    this.#tell("ExecutionStarted", { executionStartedEventDetails: { input: options.input } });
    void this.#run();
  }

  #tell(type: HistoryEvent["type"], details: Partial<HistoryEvent> = {}): void {
    const id = this.events.length + 1;
    this.events.push({ id, previousEventId: id - 1, type, timestamp: new Date(this.#cloud.clock.now()), ...details });
  }

  async #run(): Promise<void> {
    const { definition, input, arn, name } = this.options;
    const context = { Id: arn, Name: name, StartTime: this.startDate.toISOString() };
    try {
      const output = await interpret(definition, JSON.parse(input), context, {
        task: (call) => this.#task(call),
        wait: (seconds) => this.#cloud.clock.wait(seconds * 1000, this.#abort.signal),
        entered: (state, { Type }) => {
          this.#abort.signal.throwIfAborted();
          this.#tell(`${Type}StateEntered` as HistoryEvent["type"], { stateEnteredEventDetails: { name: state } });
        },
        token: () => randomBytes(24).toString("base64url"),
        random: Math.random,
      });
      this.output = JSON.stringify(output);
      this.#end("SUCCEEDED");
      this.#tell("ExecutionSucceeded", { executionSucceededEventDetails: { output: this.output } });
    } catch (error) {
      if (this.status !== "RUNNING") return;
      const known = error instanceof StateError ? error : new StateError("States.Runtime", (error as Error).message);
      Object.assign(this, { error: known.error, cause: known.cause });
      this.#end("FAILED");
      this.#tell("ExecutionFailed", { executionFailedEventDetails: { error: known.error, cause: known.cause } });
    }
  }

  #end(status: ExecutionStatus): void {
    this.status = status;
    this.stopDate = new Date(this.#cloud.clock.now());
    this.options.ended(this);
  }

  /** Ends it, and what it waits for. One that has ended stays as it is. */
  stop(error: string | undefined, cause: string | undefined): void {
    if (this.status !== "RUNNING") return;
    Object.assign(this, { error, cause });
    this.#end("ABORTED");
    this.#tell("ExecutionAborted", { executionAbortedEventDetails: { error, cause } });
    this.#abort.abort(new StateError(error ?? "States.Aborted", cause ?? ""));
  }

  async #task(call: TaskCall): Promise<unknown> {
    const integration = integrationOf(call.resource);
    const { service: resourceType, resource } = integration;
    const parameters = JSON.stringify(call.arguments);
    const region = this.#cloud.region;
    this.#tell("TaskScheduled", { taskScheduledEventDetails: { resourceType, resource, region, parameters } });
    this.#tell("TaskStarted", { taskStartedEventDetails: { resourceType, resource } });
    try {
      const result = await this.#inTime(call);
      const output = JSON.stringify(result);
      this.#tell("TaskSucceeded", { taskSucceededEventDetails: { resourceType, resource, output } });
      return result;
    } catch (error) {
      if (!(error instanceof StateError) || this.status !== "RUNNING") throw error;
      const details = { resourceType, resource, error: error.error, cause: error.cause };
      if (/^States\.(Heartbeat)?Timeout$/.test(error.error))
        this.#tell("TaskTimedOut", { taskTimedOutEventDetails: details });
      else this.#tell("TaskFailed", { taskFailedEventDetails: details });
      throw error;
    }
  }

  async #inTime(call: TaskCall): Promise<unknown> {
    const integration = integrationOf(call.resource);
    const over = new AbortController();
    const signal = AbortSignal.any([this.#abort.signal, over.signal]);
    const { tokens } = this.options;
    // Before the call, as who is told of the token may be faster than the service's answer.
    const answered = integration.waitsForToken ? tokens.open(call.token, call.heartbeatSeconds) : undefined;
    answered?.catch(() => {});
    const timer = this.#timer(call, integration.works, over);
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    const work = async () => {
      const { service: resourceType, resource } = integration;
      const submitted = (output: unknown) =>
        this.#tell("TaskSubmitted", {
          taskSubmittedEventDetails: { resourceType, resource, output: JSON.stringify(output) },
        });
      const result = await callService(integration, call.arguments, { ...this.options.place, signal, submitted });
      return answered ?? result;
    };
    try {
      return await Promise.race([work(), ended]);
    } finally {
      clearTimeout(timer);
      tokens.close(call.token);
    }
  }

  #timer({ timeoutSeconds, state }: TaskCall, works: boolean, over: AbortController): NodeJS.Timeout | undefined {
    if (timeoutSeconds === undefined) return undefined;
    const awsMs = timeoutSeconds * 1000;
    // Longer than a timer can wait is as good as for ever here.
    const ms = Math.min(works ? workMs(this.#cloud, awsMs) : this.#cloud.clock.paced(awsMs), 2 ** 31 - 1);
    const reason = new StateError("States.Timeout", `${state} has not ended within ${timeoutSeconds} s`);
    return setTimeout(() => over.abort(reason), ms).unref();
  }
}
