import type { CommandInput } from "../../programs/components/runner/machines/inputs.ts";
import type { JobRole } from "../../programs/components/runner/machines/places.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { actor } from "../actor.ts";
import { refuseNotForJobs } from "../runner/job-command.ts";
import * as schedules from "../runner/schedules.ts";
import type { CommonFlags } from "./context.ts";
import { withRunner } from "./runner-context.ts";

export interface RemoveFlags extends CommonFlags {
  readonly schedule: string;
}
export interface SetFlags extends RemoveFlags {
  readonly expression: string;
  readonly stack: string;
  readonly role?: JobRole;
  readonly ref?: string;
  readonly command: readonly string[];
}

export function listSchedules(flags: CommonFlags): Promise<void> {
  return withRunner(flags, async ({ aws, out }) => {
    const found = await schedules.schedules(aws);
    if (found.length === 0) out.line("Nothing is scheduled");
    for (const { schedule, expression, enabled, role = "?", command } of found)
      out.line(`${schedule.padEnd(24)} ${expression}${enabled ? "" : " (disabled)"}  ${role}: ${command.join(" ")}`);
    out.document({ schedules: found });
  });
}

export async function setSchedule(flags: SetFlags): Promise<void> {
  refuseNotForJobs(flags.command);
  refuseOddName(flags.schedule);
  if (/^preview-/.test(flags.schedule))
    throw new SwitchyardError("invalid-flag", {
      what: "schedules of that name are the ends of previews",
      where: "<schedule>",
      fix: "give it another name; `switchyard preview extend` lets a preview live longer",
    });
  await withRunner(flags, async ({ aws, machines, out }) => {
    const { schedule, expression, stack, command, ref = "main", role = "plan" } = flags;
    const input: CommandInput = {
      ...{ stack, commit: ref, actor: `schedule of ${actor()}`, pullRequest: 0, role, command },
    };
    const made = await schedules.setSchedule(aws, machines, schedule, expression, input);
    out.line(`${schedule} is ${made ? "made" : "changed"}: ${expression} starts ${command.join(" ")}`);
    out.document({ schedule, expression, made, stack, role, command });
  });
}

/** As this project writes names. One that a hand has given otherwise may be removed. */
function refuseOddName(schedule: string): void {
  if (/^[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(schedule)) return;
  throw new SwitchyardError("invalid-flag", {
    what: `"${schedule}" is not a name for a schedule`,
    where: "<schedule>",
    fix: "use small letters, digits and dashes between them, at most 64, such as drift-production",
  });
}

export function removeSchedule(flags: RemoveFlags): Promise<void> {
  return withRunner(flags, async ({ aws, out }) => {
    await schedules.removeSchedule(aws, flags.schedule);
    out.line(`${flags.schedule} is removed`);
    out.document({ schedule: flags.schedule, removed: true });
  });
}
