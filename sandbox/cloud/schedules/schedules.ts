/** Schedules of EventBridge Scheduler fire: what they are is moto's, when and what they start is here. */
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleGroupCommand,
  SchedulerClient,
  type Target,
  UpdateScheduleCommand,
  type UpdateScheduleCommandInput,
} from "@aws-sdk/client-scheduler";
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { awsError, type CloudContext } from "../handlers.ts";
import { nextAt } from "./expression.ts";

type Given = CreateScheduleCommandInput | UpdateScheduleCommandInput;
/** Whose schedule it is, and their moto. */
export interface Owner {
  readonly account: string;
  moto: CloudContext["moto"];
}
/** Starts what a target's ARN names. */
export type Start = (owner: Owner, arn: string, input: string) => Promise<unknown>;

/** Longest wait of a timer of Node.js, milliseconds. */
const longestTimer = 2 ** 31 - 1;
/** AWS milliseconds before a target is tried again. */
const retryMs = 1_000;

export class Schedules {
  readonly #cloud: CloudContext;
  readonly #armed = new Map<string, AbortController>();
  readonly #starts = new Map<string, Start>();

  constructor(cloud: CloudContext) {
    this.#cloud = cloud;
    cloud.handle(CreateScheduleCommand, (input, { account, moto }) => this.create({ account, moto }, input));
    cloud.handle(UpdateScheduleCommand, (input, { account, moto }) => this.update({ account, moto }, input));
    cloud.handle(DeleteScheduleCommand, async (input, call) => {
      const answer = await call.toMoto();
      this.#disarm(keyOf(call.account, input));
      return answer;
    });
    cloud.handle(DeleteScheduleGroupCommand, async (input, call) => {
      const answer = await call.toMoto();
      const below = `${call.account}/${input.Name}/`;
      for (const key of this.#armed.keys()) if (key.startsWith(below)) this.#disarm(key);
      return answer;
    });
    const clear = () => {
      for (const key of [...this.#armed.keys()]) this.#disarm(key);
    };
    cloud.onReset(clear);
    cloud.onStop(clear);
  }

  /** What a service of an ARN does when a schedule names it. */
  onFire(service: string, start: Start): void {
    this.#starts.set(service, start);
  }

  async create(owner: Owner, input: CreateScheduleCommandInput) {
    const first = firstOf(input, this.#cloud.clock.now());
    // moto fails at a group that is not there, and says so where it is asked for it.
    if (input.GroupName !== undefined)
      await owner.moto(SchedulerClient).send(new GetScheduleGroupCommand({ Name: input.GroupName }));
    const answer = await owner.moto(SchedulerClient).send(new CreateScheduleCommand(input));
    this.#arm(owner, input, first);
    return answer;
  }

  async update(owner: Owner, input: UpdateScheduleCommandInput) {
    const first = firstOf(input, this.#cloud.clock.now());
    const scheduler = owner.moto(SchedulerClient);
    // Everything is as it is given now, or as it is by default (EventBridge Scheduler API, UpdateSchedule); moto keeps the rest.
    await scheduler.send(new DeleteScheduleCommand({ Name: input.Name, GroupName: input.GroupName }));
    const answer = await scheduler.send(new CreateScheduleCommand(input));
    this.#arm(owner, input, first);
    return answer;
  }

  #disarm(key: string): void {
    this.#armed.get(key)?.abort();
    this.#armed.delete(key);
  }

  #arm(owner: Owner, given: Given, first: number | undefined): void {
    const key = keyOf(owner.account, given);
    this.#disarm(key);
    if (first === undefined || given.State === "DISABLED") return;
    const abort = new AbortController();
    this.#armed.set(key, abort);
    void this.#run(owner, given, first, abort.signal).catch((error: Error) => {
      if (!abort.signal.aborted) this.#cloud.log(`schedule ${key}: ${error.message}`);
    });
  }

  /** Days pass as fast as the pace says: each moment is reckoned from the one before, not from this machine's clock. */
  async #run(owner: Owner, given: Given, first: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#cloud;
    let before = clock.now();
    for (let next: number | undefined = first; next !== undefined; ) {
      await clock.wait(Math.min(next - before, longestTimer / this.#cloud.pace), signal);
      await this.#fire(owner, given, signal);
      before = next;
      next = nextAt(given.ScheduleExpression ?? "", before);
    }
    this.#armed.delete(keyOf(owner.account, given));
    if (given.ActionAfterCompletion !== "DELETE") return;
    const { Name, GroupName } = given;
    await owner.moto(SchedulerClient).send(new DeleteScheduleCommand({ Name, GroupName }));
  }

  /** Tries as often as the schedule's retry policy says, and puts aside what it could not start. */
  async #fire(owner: Owner, { Name, Target }: Given, signal: AbortSignal): Promise<void> {
    const arn = Target?.Arn ?? "";
    const start = this.#starts.get(arn.split(":")[2] ?? "");
    const most = Target?.RetryPolicy?.MaximumRetryAttempts ?? 185;
    for (let tried = 0; ; tried += 1) {
      signal.throwIfAborted();
      try {
        if (start === undefined) throw new Error(`the sandbox's schedules do not start ${arn}`);
        await start(owner, arn, Target?.Input ?? "{}");
        return;
      } catch (error) {
        if (tried < most && start !== undefined)
          await this.#cloud.clock.wait(retryMs * 2 ** Math.min(tried, 6), signal);
        else return this.#putAside(owner, { Name, Target }, error as Error);
      }
    }
  }

  async #putAside(owner: Owner, { Name, Target }: Pick<Given, "Name" | "Target">, why: Error): Promise<void> {
    this.#cloud.log(`schedule ${Name} has not started ${Target?.Arn}: ${why.message}`);
    const QueueName = Target?.DeadLetterConfig?.Arn?.split(":").at(-1);
    if (QueueName === undefined) return;
    const sqs = owner.moto(SQSClient);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    await sqs.send(new SendMessageCommand({ QueueUrl, ...letter(Target ?? {}, why) }));
  }
}

/** The attributes by which one learns why (EventBridge Scheduler, "Configuring a dead-letter queue"). */
function letter({ Input = "{}", Arn = "" }: Partial<Target>, { name, message }: Error) {
  const given = { ERROR_CODE: name, ERROR_MESSAGE: message || name, TARGET_ARN: Arn || "none" };
  const attributes = Object.entries(given).map(([key, StringValue]) => [key, { DataType: "String", StringValue }]);
  return { MessageBody: Input, MessageAttributes: Object.fromEntries(attributes) };
}

function firstOf({ ScheduleExpression = "", ScheduleExpressionTimezone }: Given, now: number): number | undefined {
  if (!["UTC", undefined].includes(ScheduleExpressionTimezone))
    throw awsError("ValidationException", "The sandbox's schedules are in UTC");
  return nextAt(ScheduleExpression, now);
}

function keyOf(account: string, { Name, GroupName }: Pick<Given, "Name" | "GroupName">): string {
  return `${account}/${GroupName ?? "default"}/${Name}`;
}
