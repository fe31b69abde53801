import type { GetScheduleOutput } from "@aws-sdk/client-scheduler";
import type { CommandInput } from "../../programs/components/runner/machines/inputs.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { bounded } from "../delivery/bounded.ts";
import { type Machines, noRunner } from "./machines.ts";

/** The runner's own (programs/components/runner/state-machines.ts). */
const group = "switchyard-runner";

/** As often as somebody else may make or remove a schedule while it is set or removed. */
const attempts = 5;

/** Schedules are read one by one: EventBridge Scheduler lists them without their expressions. */
const atOnce = 8;

export interface Schedule {
  readonly schedule: string;
  readonly expression: string;
  readonly enabled: boolean;
  readonly stack: string | undefined;
  readonly role: string | undefined;
  readonly command: readonly string[];
}

const scheduler = () => import("@aws-sdk/client-scheduler");
const named = (error: unknown, name: string) => error instanceof Error && error.name === name;

/** Every schedule of the runner, by name. @throws SwitchyardError `not-found` without a runner. */
export async function schedules(aws: Aws): Promise<readonly Schedule[]> {
  const [{ GetScheduleCommand, GetScheduleGroupCommand, paginateListSchedules }, client] = await Promise.all([
    scheduler(),
    aws.client("scheduler"),
  ]);
  // A group that is not there lists as an empty one.
  await client.send(new GetScheduleGroupCommand({ Name: group })).catch(refuseWithoutRunner);
  const names: string[] = [];
  for await (const { Schedules = [] } of paginateListSchedules({ client }, { GroupName: group }))
    names.push(...Schedules.flatMap(({ Name }) => Name ?? []));
  const found = await bounded(names.sort(), atOnce, (Name) =>
    client.send(new GetScheduleCommand({ GroupName: group, Name })).catch((error: unknown) => {
      // One that was once, and has been done between the two calls.
      if (named(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }),
  );
  return found.flatMap((each) => (each === undefined ? [] : [scheduleOf(each)]));
}

function scheduleOf({ Name = "", ScheduleExpression = "", State, Target }: GetScheduleOutput): Schedule {
  const input = readInput(Target?.Input);
  const { stack, role, command = [] } = input;
  return { schedule: Name, expression: ScheduleExpression, enabled: State !== "DISABLED", stack, role, command };
}

/** What a hand may have written: nothing of it is trusted to be there. */
function readInput(text: string | undefined): Partial<CommandInput> {
  try {
    const given = JSON.parse(text ?? "{}") as Partial<CommandInput> | null;
    const { stack, role, command } = given ?? {};
    return {
      ...(typeof stack === "string" ? { stack } : {}),
      ...(typeof role === "string" ? { role } : {}),
      ...(Array.isArray(command) ? { command: command.map(String) } : {}),
    };
  } catch {
    return {};
  }
}

/**
 * Makes a schedule that starts a command, or changes the one of that name.
 *
 * @returns whether there was none before
 * @throws SwitchyardError `not-found` without a runner, `in-flight` where somebody else makes and removes it all the while.
 */
export async function setSchedule(
  aws: Aws,
  machines: Machines,
  name: string,
  expression: string,
  input: CommandInput,
): Promise<boolean> {
  const [{ CreateScheduleCommand, UpdateScheduleCommand }, client] = await Promise.all([
    scheduler(),
    aws.client("scheduler"),
  ]);
  const wanted = {
    ...{ Name: name, GroupName: group, ScheduleExpression: expression },
    FlexibleTimeWindow: { Mode: "OFF" as const },
    ActionAfterCompletion: expression.startsWith("at(") ? ("DELETE" as const) : ("NONE" as const),
    Target: {
      Arn: machines.machine("run"),
      RoleArn: machines.scheduleRoleArn,
      Input: JSON.stringify(input),
      // What could not be started within an hour is put aside; the next time is another's.
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3_600 },
      DeadLetterConfig: { Arn: machines.scheduleLettersArn },
    },
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new CreateScheduleCommand(wanted));
      return true;
    } catch (error) {
      if (!named(error, "ConflictException")) return refuseWithoutRunner(error);
    }
    try {
      await client.send(new UpdateScheduleCommand(wanted));
      return false;
    } catch (error) {
      // Somebody has removed it in between, or it has fired for the last time; or another changes it at this moment.
      if (!named(error, "ResourceNotFoundException") && !named(error, "ConflictException")) throw error;
      if (attempt === attempts) throw changedByAnother(name, error);
    }
  }
}

/**
 * @throws SwitchyardError `not-found` where there is none of that name, or no runner; `in-flight` where somebody else changes it
 *   all the while.
 */
export async function removeSchedule(aws: Aws, name: string): Promise<void> {
  const [{ DeleteScheduleCommand }, client] = await Promise.all([scheduler(), aws.client("scheduler")]);
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new DeleteScheduleCommand({ Name: name, GroupName: group }));
      return;
    } catch (cause) {
      if (named(cause, "ConflictException") && attempt < attempts) continue;
      if (named(cause, "ConflictException")) throw changedByAnother(name, cause);
      if (!named(cause, "ResourceNotFoundException")) throw cause;
      throw new SwitchyardError("not-found", {
        what: `there is no schedule ${name}`,
        where: "<schedule>",
        fix: "`switchyard runner schedule list` lists them",
        cause,
      });
    }
  }
}

function changedByAnother(name: string, cause: unknown): SwitchyardError {
  return new SwitchyardError("in-flight", {
    what: `somebody else changes the schedule ${name} at the same time`,
    where: "<schedule>",
    fix: "agree with them, and run the command again; `switchyard runner schedule list` shows what is there",
    cause,
  });
}

function refuseWithoutRunner(error: unknown): never {
  if (named(error, "ResourceNotFoundException")) noRunner(error);
  throw error;
}
