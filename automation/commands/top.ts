import { SwitchyardError } from "../../programs/errors.ts";
import { colours } from "../../programs/release.ts";
import { readShape } from "../deploy/act/stage.ts";
import type { Session } from "../deploy/conduct/session.ts";
import type { Observed } from "../deploy/decide/model.ts";
import { type Needs, observe } from "../deploy/observe/observe.ts";
import type { EnvironmentShape } from "../deploy/observe/shape.ts";
import { isLive } from "../render/live.ts";
import { table } from "../render/reporter.ts";
import { type LastMinute, readLastMinute } from "../watch/minute.ts";
import { type CommonFlags, type OnInterrupt, withContext, withSession } from "./context.ts";

export interface TopFlags extends CommonFlags {
  readonly stack: string;
  readonly once: boolean;
}

const everyMs = 5_000;
const endsWatching: OnInterrupt = { first: "Interrupted.", second: "Interrupted." };

/** Traffic, errors and latency of each colour in the last minute there are figures of; on a terminal again and again. */
export function top(flags: TopFlags): Promise<void> {
  return withContext(flags, (context) =>
    withSession(context, flags.stack, endsWatching, async (session) => {
      const shape = await readShape(session.table);
      if (shape === undefined)
        throw new SwitchyardError("not-found", {
          what: `${session.stack} has no services yet`,
          where: "<stack>",
          fix: `run \`switchyard up ${session.stack}\` first`,
        });
      const live = !flags.once && isLive(flags.json, process.stdout, process.env);
      const draw = live ? (await import("log-update")).createLogUpdate(process.stdout) : undefined;
      do {
        const { observed, minute } = await look(session, shape);
        const text = topTable(observed, minute);
        if (draw) draw(text);
        else context.out.line(text);
        if (!live) context.out.document({ stack: session.stack, minute, services: observed.services });
        else await session.clock.sleep(everyMs, session.wake);
      } while (live && !session.wake.aborted);
      draw?.done();
    }),
  );
}

async function look({ aws, table: ledger, clock, where }: Session, shape: EnvironmentShape) {
  const health = Object.keys(shape.services).flatMap((service) => colours.map((colour) => ({ service, colour })));
  const needs: Needs = { health, scaling: false, migrations: false, watch: false, taskDefinitions: false };
  const [observed, minute] = await Promise.all([
    observe({ aws, table: ledger, shape }, undefined, needs),
    readLastMinute(aws, shape, clock.now(), where.pace),
  ]);
  return { observed, minute };
}

/** One line for each colour; the colour that serves is marked. */
export function topTable(
  { services, release }: Pick<Observed, "services" | "release">,
  { at, of }: LastMinute,
): string {
  const ms = (value: number | undefined) => (value === undefined ? "-" : `${value} ms`);
  const rows = Object.entries(services).flatMap(([name, service]) =>
    colours.map((colour) => {
      const released = release.services[name];
      const minute = of[`${name}/${colour}`];
      const { healthy, desired } = service[colour];
      return [
        name,
        `${colour}${released?.live === colour ? " (live)" : ""}`,
        released?.[colour]?.version ?? "-",
        `${service.weights[colour]}%`,
        `${healthy}/${desired}`,
        String(minute?.requests ?? 0),
        String(minute?.errors ?? 0),
        ms(minute?.p50Ms),
        ms(minute?.p99Ms),
      ];
    }),
  );
  const head = ["SERVICE", "COLOUR", "VERSION", "WEIGHT", "HEALTHY", "REQUESTS/MIN", "5XX", "P50", "P99"];
  const when = at === undefined ? "no request in the last minutes" : `minute from ${new Date(at).toISOString()}`;
  return `${when}\n${table([head, ...rows])}`;
}
