import { SwitchyardError } from "../../programs/errors.ts";
import { jittered } from "../clock.ts";
import { readShape } from "../deploy/act/stage.ts";
import type { EnvironmentShape } from "../deploy/observe/shape.ts";
import { moment } from "../durations.ts";
import { knownName } from "../known-name.ts";
import { inOrder, LogCursor, logText, readEvents } from "../watch/log-tail.ts";
import { type CommonFlags, type OnInterrupt, withContext, withSession } from "./context.ts";

export interface LogsFlags extends CommonFlags {
  readonly stack: string;
  readonly service?: readonly string[];
  readonly since?: string;
  readonly follow: boolean;
}

/** CloudWatch allows 25 FilterLogEvents a second in an account and region ("CloudWatch Logs quotas"). */
const pollMs = 2_000;
const shortestPollMs = 200;

const endsFollowing: OnInterrupt = { first: "Interrupted.", second: "Interrupted." };

/** What the tasks of services write, of both colours, oldest first; with `--follow` until it is interrupted. */
export function logs(flags: LogsFlags): Promise<void> {
  if (flags.follow && flags.json)
    throw new SwitchyardError("invalid-flag", {
      what: "one JSON document cannot hold what has no end",
      where: "--follow",
      fix: "leave out --json, or --follow",
    });
  return withContext(flags, (context) =>
    withSession(context, flags.stack, endsFollowing, async ({ aws, table, stack, clock, where, wake }) => {
      const shape = await readShape(table);
      const services = wanted(stack, shape, flags.service);
      const now = clock.now() - (aws.clockSkewMs ?? 0);
      const from = moment("--since", flags.since ?? "10m", now);
      if (from > now)
        throw new SwitchyardError("invalid-flag", {
          what: `${new Date(from).toISOString()} is still to come`,
          where: "--since",
          fix: "give a moment that is over; `--follow` shows what is written from now on",
        });
      const cursors = services.map(([name, { logGroup }]) => ({ name, logGroup, cursor: new LogCursor(name, from) }));
      const width = Math.max(...services.map(([name]) => name.length));
      const shown: unknown[] = [];
      let told = 0;
      do {
        const looks = await Promise.all(
          cursors.map(async ({ name, logGroup, cursor }) => {
            const { events, more } = await readEvents(aws, logGroup, cursor.from);
            return { name, lines: cursor.take(events), more };
          }),
        );
        for (const line of inOrder(looks.flatMap(({ lines }) => lines))) {
          told += 1;
          if (flags.json) shown.push(line);
          else context.out.line(logText(line, width));
        }
        for (const { name } of flags.follow ? [] : looks.filter(({ more }) => more))
          context.out.line(`! ${name} wrote more than is shown here: give a later --since`);
        if (flags.follow) await clock.sleep(jittered(Math.max(shortestPollMs, pollMs * where.pace)), wake);
      } while (flags.follow && !wake.aborted);
      if (told === 0 && !flags.follow)
        context.out.line(`! nothing was written since ${new Date(from).toISOString()}: --since 1d looks further back`);
      context.out.document(shown);
    }),
  );
}

function wanted(stack: string, shape: EnvironmentShape | undefined, names: readonly string[] | undefined) {
  const services = Object.entries(shape?.services ?? {});
  if (services.length === 0)
    throw new SwitchyardError("not-found", {
      what: `${stack} has no services yet`,
      where: "<stack>",
      fix: `run \`switchyard up ${stack}\` first`,
    });
  const there = services.map(([name]) => name);
  const chosen = new Set(names?.map((name) => knownName("--service", name, there)) ?? there);
  return services.filter(([name]) => chosen.has(name));
}
