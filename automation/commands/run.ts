import { SwitchyardError } from "../../programs/errors.ts";
import { describeServices } from "../deploy/health.ts";
import { readShape } from "../deploy/stage.ts";
import { runOneOff } from "../deploy/task.ts";
import { readRelease } from "../ledger/release.ts";
import { type CommonFlags, type OnInterrupt, withContext, withSession } from "./context.ts";

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
  return withContext(flags, (context) =>
    withSession(context, flags.stack, stopsTask, async ({ aws, table, stack, clock, where, wake }) => {
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
      const code = await runOneOff(aws, clock, {
        cluster: shape.clusterName,
        taskDefinitionArn: held.taskDefinitionArn,
        containerName: service.containerName,
        command: flags.command,
        network: running?.networkConfiguration ?? {},
        logGroup: service.logGroup,
        pollMs: Math.max(shortestPollMs, pollMs * where.pace),
        onLine: (line) => context.out.line(line),
        wake,
      });
      context.out.document({ service: flags.service, version: held.version, exitCode: code });
      process.exitCode = code;
    }),
  );
}
