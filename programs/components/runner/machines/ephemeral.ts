import { expression, type Machine } from "./asl.ts";
import { begin, done, fails, failsInJob } from "./ends.ts";
import type { Places, SchedulePlaces } from "./places.ts";
import { aTurn, catchJob, job, leaseHeld, mostApplies, mostTurns, schedule } from "./tasks.ts";

/**
 * A preview with the schedule of its end. Where it cannot be made the command itself destroys what never answered, and leaves
 * what did as it was; the machine runs it again where its job died, and destroys what is left where it always does. The
 * schedule leaves one that stays longer by then: it was extended, or made anew.
 */
export function ephemeralMachine(places: Places, schedules: SchedulePlaces): Machine {
  const toDestroy = {
    Name: expression("'preview-' & $pullRequest"),
    GroupName: schedules.group,
    ScheduleExpression: expression("'at(' & $due & ')'"),
    ActionAfterCompletion: "DELETE",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn: schedules.runMachineArn,
      RoleArn: schedules.roleArn,
      Input: expression(
        `$string({ 'stack': $stack, 'commit': $commit, 'actor': 'schedule', 'pullRequest': $number($pullRequest), 'role': 'preview', 'command': ['preview', 'destroy', $pullRequest, '--due', $due & 'Z'] })`,
      ),
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3_600 },
      DeadLetterConfig: { Arn: schedules.deadLetterArn },
    },
  };
  return {
    Comment: "Make a preview, schedule its end",
    QueryLanguage: "JSONata",
    StartAt: "Begin",
    States: {
      Begin: begin("Create", "tag", "ttlSeconds"),
      Create: job(places, {
        role: "preview",
        queue: "preview",
        command: "['preview', 'create', $pullRequest, '--tag', $tag, '--for', $string($ttlSeconds) & 's']",
        assign: {
          due: expression("$fromMillis($millis() + $ttlSeconds * 1000, '[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01]')"),
        },
        next: "ScheduleDestroy",
        catch: catchJob("WhyNotCreated"),
      }),
      WhyNotCreated: {
        Type: "Choice",
        Choices: [
          {
            Condition: expression(`$exitCode = ${leaseHeld} and $turns < ${mostTurns}`),
            Assign: { turns: expression("$turns + 1") },
            Next: "WaitForTurn",
          },
          { Condition: expression(`$exitCode = ${leaseHeld}`), Next: "NoTurn" },
          // Nothing was made, and a job that destroys it would not start either.
          { Condition: expression("$unstarted != '' and $applies = 0"), Next: "NotCreated" },
          // As a shell says it of a signal; -1 where there is none: the job was killed, timed out, or never ran.
          { Condition: expression("$exitCode >= 0 and $exitCode < 128"), Next: "NotCreated" },
          {
            Condition: expression(`$applies < ${mostApplies - 1}`),
            Assign: { applies: expression("$applies + 1") },
            Next: "WaitForTurn",
          },
        ],
        Default: "Destroy",
      },
      WaitForTurn: { Type: "Wait", Seconds: aTurn, Next: "Create" },
      ScheduleDestroy: schedule(places.partition, "createSchedule", {
        arguments: toDestroy,
        next: "Created",
        catch: [
          { ErrorEquals: ["Scheduler.ConflictException"], Next: "MoveDestroy" },
          { ErrorEquals: ["States.ALL"], Next: "Destroy" },
        ],
      }),
      MoveDestroy: schedule(places.partition, "updateSchedule", {
        arguments: toDestroy,
        next: "Created",
        catch: [
          // The earlier one has fired meanwhile, and is gone.
          { ErrorEquals: ["Scheduler.ResourceNotFoundException"], Next: "ScheduleDestroy" },
          { ErrorEquals: ["States.ALL"], Next: "Destroy" },
        ],
      }),
      Destroy: job(places, {
        role: "preview",
        queue: "preview",
        command: "['preview', 'destroy', $pullRequest]",
        next: "Destroyed",
        catch: catchJob("NotDestroyed"),
      }),
      Created: done,
      NotCreated: failsInJob("NotCreated", "The preview was not made; one that served before stays as it was"),
      NoTurn: fails("NoTurn", "Another process is at work on the preview, which is left to it"),
      Destroyed: failsInJob("Destroyed", "The preview was not made whole, and is destroyed"),
      NotDestroyed: failsInJob("NotDestroyed", "The preview was not made whole, and the sweep has to destroy it"),
    },
  };
}
