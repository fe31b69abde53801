import type { Argv } from "yargs";
import { jobRoles } from "../programs/components/runner/machines/places.ts";
import type { CommonFlags } from "./commands/context.ts";
import type * as runner from "./commands/runner.ts";
import type * as schedule from "./commands/schedule.ts";
import { theTag } from "./images-parser.ts";

type Load = { runner(): Promise<typeof runner>; schedule(): Promise<typeof schedule> };

export function runnerCommands<T extends CommonFlags>(y: Argv<T>, load: Load) {
  const theExecution = (z: Argv<T>) =>
    z.positional("execution", { type: "string", demandOption: true, describe: "its name, as start and list show it" });
  const theAnswer = (z: Argv<T>) => theExecution(z).option("why", { type: "string", describe: "reason, kept with it" });
  return y
    .command("start", "start an execution of a state machine", (z) => startCommands(z, load))
    .command(
      "list",
      "the newest executions",
      (z) => z.option("limit", { type: "number", default: 20, describe: "how many" }),
      async (f) => (await load.runner()).listExecutions(f as unknown as runner.ListFlags),
    )
    .command(
      "follow <execution>",
      "each state and what jobs write; ends with the exit code of the job that failed; Ctrl-C leaves it running, a second one cancels it",
      (z) => theExecution(z).option("wait", { type: "string", describe: "how long it is followed; default: 12h" }),
      async (f) => (await load.runner()).followExecution(f as unknown as runner.FollowFlags),
    )
    .command("approve <execution>", "let a plan that waits for it be applied", theAnswer, async (f) =>
      (await load.runner()).approve(f as unknown as runner.AnswerFlags),
    )
    .command("reject <execution>", "end a plan that waits for approval; nothing is applied", theAnswer, async (f) =>
      (await load.runner()).reject(f as unknown as runner.AnswerFlags),
    )
    .command("cancel <execution>", "stop one, and its job", theExecution, async (f) =>
      (await load.runner()).cancelExecution(f as unknown as runner.ExecutionFlags),
    )
    .command("schedule", "what starts commands by the clock", (z) => scheduleCommands(z, load))
    .demandCommand(1, "Name an action: start, follow, list, approve, reject, cancel or schedule.");
}

function scheduleCommands<T extends CommonFlags>(y: Argv<T>, load: Load) {
  const theSchedule = (z: Argv<T>) =>
    z.positional("schedule", { type: "string", demandOption: true, describe: "its name, such as drift-production" });
  return y
    .command(
      "list",
      "the schedules, and what they start",
      (z) => z,
      async (f) => (await load.schedule()).listSchedules(f),
    )
    .command(
      "set <schedule> <expression> <stack>",
      'make or change one: set drift-production "rate(1 day)" production --role drift -- drift production',
      (z) =>
        theRole(theSchedule(z))
          .positional("expression", {
            type: "string",
            demandOption: true,
            describe: '"rate(1 day)", "cron(0 6 ? * MON-FRI *)" or "at(2030-01-31T06:00:00)", UTC',
          })
          .positional("stack", { type: "string", demandOption: true, describe: "stack, such as production" })
          .option("ref", { type: "string", describe: "branch or commit whose driver runs; default: main" }),
      async (f) => {
        const { "--": command = [], ...flags } = f as unknown as Omit<schedule.SetFlags, "command"> & {
          "--"?: readonly unknown[];
        };
        await (await load.schedule()).setSchedule({ ...flags, command: command.map(String) });
      },
    )
    .command("remove <schedule>", "delete one; what it started goes on", theSchedule, async (f) =>
      (await load.schedule()).removeSchedule(f as unknown as schedule.RemoveFlags),
    )
    .demandCommand(1, "Name an action: list, set or remove.");
}

function theRole<T>(y: Argv<T>) {
  return y.option("role", { choices: jobRoles, describe: "whose rights the job has; default: plan" });
}

function startCommands<T extends CommonFlags>(y: Argv<T>, load: Load) {
  const theStart = (z: Argv<T>) =>
    z
      .option("commit", { type: "string", describe: "whole commit to run; default: GITHUB_SHA, else this checkout's" })
      .option("attempt", { type: "number", default: 1, describe: "another number does what has ended once more" });
  const thePull = (z: Argv<T>) =>
    theStart(z).positional("number", { type: "string", demandOption: true, describe: "number of the pull request" });
  const theStack = (z: Argv<T>) =>
    theStart(z).positional("stack", { type: "string", demandOption: true, describe: "stack, such as production" });
  return y
    .command("plan <number>", "plan what a pull request touches", thePull, async (f) =>
      (await load.runner()).startPlan(f as unknown as runner.StartPlanFlags),
    )
    .command(
      "plan-apply <stack>",
      "plan a merge, wait for its approval, apply and validate it",
      (z) => theStack(z).option("pull-request", { type: "number", describe: "number of the one that was merged" }),
      async (f) => (await load.runner()).startApply(f as unknown as runner.StartApplyFlags),
    )
    .command(
      "ephemeral <number>",
      "make a preview, and schedule its end",
      (z) =>
        theTag(thePull(z)).option("for", {
          type: "string",
          describe: "how long it stays; default: 24h",
        }),
      async (f) => (await load.runner()).startEphemeral(f as unknown as runner.StartEphemeralFlags),
    )
    .command(
      "run <stack>",
      "one command of switchyard: run <stack> --role deploy -- deploy production --tag v1",
      (z) => theRole(theStack(z)),
      async (f) => {
        const { "--": command = [], ...flags } = f as unknown as Omit<runner.StartRunFlags, "command"> & {
          "--"?: readonly unknown[];
        };
        await (await load.runner()).startRun({ ...flags, command: command.map(String) });
      },
    )
    .demandCommand(1, "Name a state machine: plan, plan-apply, ephemeral or run.");
}
