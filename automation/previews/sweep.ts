/** The end of preview environments whose time is over, whoever was killed while making or destroying one. */
import { sweepMetric } from "../../programs/components/pipeline/sweep-metric.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import type { Clock } from "../clock.ts";
import type { Context } from "../commands/context.ts";
import { bounded } from "../delivery/bounded.ts";
import { openTable } from "../deploy/conduct/session.ts";
import { judgeSweep, type Verdict } from "./decide.ts";
import { endPreview } from "./end.ts";
import { findPreviews } from "./find.ts";
import { pullOf } from "./name.ts";
import { readPreview, writePreview } from "./record.ts";
import type { PreviewSettings } from "./settings.ts";
import { tellEnds } from "./tell.ts";

/** Destroyed at the same time. */
const atOnce = 4;

/** A partition of its own: no stack may have so long a name that is not a pull request's. */
const partition = "previews";
const heartbeat = "heartbeat";

export type Swept = Verdict & {
  /** How it went; absent where nothing had to be done. */
  readonly done?: "destroyed" | "busy" | "failed";
  readonly problem?: string;
};

export async function sweepPreviews(
  context: Context,
  aws: Aws,
  settings: PreviewSettings,
  clock: Clock,
): Promise<readonly Swept[]> {
  const verdicts = judgeSweep(await findPreviews(context.where, aws), settings, clock.now());
  for (const { stack, kind, why } of verdicts) context.out.line(`  ${kind.padEnd(7)} ${stack}: ${why}`);
  const hold = (stack: string) => ({ context, stack, settings, aws, table: openTable(aws, stack), clock });
  const swept = await bounded(verdicts, atOnce, async (verdict): Promise<Swept> => {
    const { stack, kind, why } = verdict;
    if (kind === "warn") await warn(context, aws, stack, clock);
    if (kind !== "destroy") return verdict;
    try {
      await endPreview(hold(stack), why);
      return { ...verdict, done: "destroyed" };
    } catch (error) {
      if (error instanceof SwitchyardError && error.code === "interrupted") throw error;
      const isBusy = error instanceof SwitchyardError && error.code === "lease-held";
      return { ...verdict, done: isBusy ? "busy" : "failed", problem: (error as Error).message };
    }
  });
  // What silence is to tell is that environments are left: one that could not be destroyed is.
  if (!swept.some(({ done }) => done === "failed")) {
    await beat(aws, clock);
    await tellAlarm(aws).catch((error: Error) => context.out.line(`! no alarm can hear of it: ${error.message}`));
  }
  return swept;
}

/** Said before it is noted: of a sweep that is killed between the two, the next says it in the same comment. */
async function warn(context: Context, aws: Aws, stack: string, clock: Clock): Promise<void> {
  const table = openTable(aws, stack);
  const record = await readPreview(table);
  if (record === undefined) return;
  await tellEnds(context, pullOf(stack) as number, record.expiresAt);
  await writePreview(table, record, { ...record, warnedAt: new Date(clock.now()).toISOString() });
}

async function beat(aws: Aws, clock: Clock): Promise<void> {
  const value = { at: new Date(clock.now()).toISOString() };
  await openTable(aws, partition).write([{ kind: "put", item: heartbeat, value }]);
}

/** What the pipeline's alarm listens for, where there is one. */
async function tellAlarm(aws: Aws): Promise<void> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-cloudwatch"), aws.client("alarms")]);
  const MetricData = [{ MetricName: sweepMetric.name, Value: 1, Unit: "Count" } as const];
  await client.send(new sdk.PutMetricDataCommand({ Namespace: sweepMetric.namespace, MetricData }));
}

/** When a sweep came to its end last; ISO 8601, UTC. */
export async function lastSweep(aws: Aws): Promise<string | undefined> {
  const at = (await openTable(aws, partition).get(heartbeat))?.["at"];
  return typeof at === "string" && !Number.isNaN(Date.parse(at)) ? at : undefined;
}
