import { expression, type Machine } from "./asl.ts";
import { begin, done, failsInJob } from "./ends.ts";
import type { Places, SchedulePlaces } from "./places.ts";
import { catchJob, job, schedule } from "./tasks.ts";

/**
 * A preview with the schedule of its end; one that is not made whole is destroyed. The schedule leaves one that stays longer by
 * then: it was extended, or made anew.
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
        catch: catchJob("Destroy"),
      }),
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
        next: "NotCreated",
        catch: catchJob("NotDestroyed"),
      }),
      Created: done,
      NotCreated: failsInJob("NotCreated", "The preview was not made whole, and is destroyed"),
      NotDestroyed: failsInJob("NotDestroyed", "The preview was not made whole, and the sweep has to destroy it"),
    },
  };
}
