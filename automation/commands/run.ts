import { SwitchyardError } from "../../programs/errors.ts";
import { runOneOff } from "../deploy/act/one-off-task.ts";
import { readShape } from "../deploy/act/stage.ts";
import { describeServices } from "../deploy/observe/health.ts";
import { audited } from "../ledger/audit.ts";
import { readRelease } from "../ledger/release.ts";
import { type CommonFlags, type Context, type OnInterrupt, withContext, withSession } from "./context.ts";

export interface RunFlags extends CommonFlags {
  readonly stack: string;
  readonly service: string;
  /** What came after `--`. */
  readonly command: readonly string[];
}

const stopsTask: OnInterrupt = {
  first: "Interrupted: stopping the task. Interrupt again to leave at once.",
  second: "Left at once: the task may still run, until it ends by itself or ECS has stopped it.",
};

const pollMs = 2_000;
const shortestPollMs = 100;

/** Runs a command once, as a task on a service's live image; ends with its exit code. */
export function runTask(flags: RunFlags): Promise<void> {
  return withContext(flags, async (context) => {
    process.exitCode = await runIn(context, flags);
  });
}

/** As the command does. @returns the exit code */
export async function runIn(context: Context, flags: Omit<RunFlags, "json">): Promise<number> {
  let ended = 0;
  await withSession(context, flags.stack, stopsTask, async ({ aws, table, stack, clock, where, wake }) => {
    if (flags.command.length === 0)
      throw new SwitchyardError("invalid-flag", {
        what: "there is no command to run",
        where: "--",
        fix: `put it behind two dashes: switchyard run ${stack} --service ${flags.service} -- node --version`,
      });
    const [shape, release] = await Promise.all([readShape(table), readRelease(table)]);
    const service = shape?.services[flags.service];
    const live = release.services[flags.service]?.live;
    const serviceName = live && service?.[live].serviceName;
    const held = live && release.services[flags.service]?.[live];
    if (!shape || !service || !serviceName || !held)
      throw new SwitchyardError("not-found", {
        what: `nothing is live of a service ${flags.service}`,
        where: "--service",
        fix: `services here: ${Object.keys(shape?.services ?? {}).join(", ") || "none yet"}`,
      });
    const running = (await describeServices(aws, shape.clusterName, [serviceName])).get(serviceName);
    const task = {
      cluster: shape.clusterName,
      taskDefinitionArn: held.taskDefinitionArn,
      containerName: service.containerName,
      command: flags.command,
      network: running?.networkConfiguration ?? {},
      logGroup: service.logGroup,
      pollMs: Math.max(shortestPollMs, pollMs * where.pace),
      onLine: (line: string) => context.out.line(line),
      wake,
    };
    const [program] = flags.command;
    const code = await audited(
      { table, clock },
      "run",
      () => runOneOff(aws, clock, task),
      // Its arguments may hold what nobody is to read.
      (exit) => ({
        outcome: exit === 0 ? "succeeded" : "failed",
        why: `${program} on ${flags.service} ended with exit code ${exit}`,
        version: held.version,
      }),
    );
    context.out.document({ service: flags.service, version: held.version, exitCode: code });
    ended = code;
  });
  return ended;
}
