import { SwitchyardError } from "../../programs/errors.ts";
import { contractBlockers } from "../deploy/contract.ts";
import { drifted } from "../deploy/drift.ts";
import { tryFigures } from "../deploy/figures.ts";
import { type Asked, goalOf } from "../deploy/goals.ts";
import { chunks } from "../deploy/health.ts";
import { migrationStatus } from "../deploy/migrations.ts";
import type { Observed } from "../deploy/model.ts";
import {
  overdueContracts,
  type Problem,
  preflight,
  refuseProblems,
  type Subnet,
  tasksToStart,
  type Unreadable,
} from "../deploy/preflight.ts";
import { nothingYet, type Progress, progressOf } from "../deploy/progress.ts";
import { nothingMore, observeNow, type Session } from "../deploy/session.ts";
import type { EnvironmentShape } from "../deploy/shape.ts";
import { readShape } from "../deploy/stage.ts";
import { alarmStates } from "../deploy/watch.ts";
import type { ResolvedImages } from "../images/resolve.ts";
import { operationsInFlight, readJournal } from "../ledger/journal.ts";

/** DescribeSubnets is asked for at most this many at once. */
const subnetsPerCall = 200;

export interface Checked {
  readonly images: ResolvedImages;
  readonly observed: Observed;
}

/**
 * Every check that needs no lease; nothing has been written yet. All problems are reported together.
 *
 * @throws SwitchyardError `preflight-failed`, or the reason why there are no images when that is the only problem.
 */
export async function check(
  session: Session,
  resolving: Promise<ResolvedImages>,
  asked: Omit<Asked, "operation">,
): Promise<Checked> {
  const [images, [observed, facts]] = await Promise.all([outcome(resolving), survey(session, asked)]);
  const { config, stack, where, aws } = session;
  const { keepWarmMs } = asked.limits;
  const { clockSkewMs } = aws;
  const found = preflight({
    ...facts,
    config,
    keepWarmMs,
    pace: where.pace,
    ...(clockSkewMs !== undefined && { clockSkewMs }),
    ...(!(images instanceof SwitchyardError) && { images }),
  });
  if (!(images instanceof SwitchyardError)) {
    refuseProblems(stack, found);
    return { images, observed };
  }
  if (found.length > 0) refuseProblems(stack, [problemOf(images), ...found]);
  throw images;
}

async function outcome(resolving: Promise<ResolvedImages>): Promise<ResolvedImages | SwitchyardError> {
  try {
    return await resolving;
  } catch (error) {
    if (error instanceof SwitchyardError) return error;
    throw error;
  }
}

function problemOf({ what, where, fix }: SwitchyardError): Problem {
  return { what, where, fix };
}

type Surveyed = Pick<
  Parameters<typeof preflight>[0],
  "alarms" | "unreadable" | "drift" | "contracts" | "subnets" | "tasks"
>;

/** Looks at what the checks judge, all at once. */
async function survey(session: Session, asked: Omit<Asked, "operation">): Promise<[Observed, Surveyed]> {
  const { aws, table, config, clock } = session;
  const shape = await readShape(table);
  const unreadable: Unreadable[] = [];
  const reading = async <T>(what: string, action: string, read: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read;
    } catch (error) {
      if (error instanceof SwitchyardError) throw error;
      const { name, message } = error as Error;
      unreadable.push({ what, action, why: `${name}: ${message}` });
      return otherwise;
    }
  };
  const alarmNames = [...(shape?.alarmNames ?? []), ...config.deploy.alarms];
  const [observed, open, alarms, subnets] = await Promise.all([
    observeNow(session, shape, nothingMore),
    progressesInFlight(session),
    reading("alarms", "cloudwatch:DescribeAlarms", alarmStates(aws, alarmNames), []),
    reading("subnets", "ec2:DescribeSubnets", freeAddresses(session, shape), []),
    shape &&
      reading("load balancer metrics", "cloudwatch:GetMetricData", tryFigures(aws, shape, clock.now()), undefined),
  ]);
  const goal = goalOf("adopt", { ...asked, operation: "" }, config);
  // Of several operations that were cut short, any one may have left the weights where they are.
  const drifts = (open.length > 0 ? open : [nothingYet]).map((progress) =>
    drifted({ goal, observed, progress, now: clock.now() }),
  );
  const drift = drifts.includes(undefined) ? undefined : drifts[0];
  const weights = Object.fromEntries(Object.entries(observed.services).map(([name, s]) => [name, s.weights]));
  const blockers = contractBlockers(observed.release, weights, clock.now());
  const facts: Surveyed = {
    alarms,
    unreadable,
    subnets,
    contracts: blockers.length === 0 ? overdueContracts(await pendingMigrations(session, shape)) : [],
    tasks: tasksToStart(
      config,
      observed,
      open.some((progress) => progress.startedAt !== undefined),
    ),
    ...(drift && { drift }),
  };
  return [observed, facts];
}

/** What interrupted operations had done: their weights are nobody's mistake. */
async function progressesInFlight({ table }: Session): Promise<readonly Progress[]> {
  const found = await operationsInFlight(table);
  return Promise.all(found.map(async ({ operation }) => progressOf(await readJournal(table, operation))));
}

/** Nothing where the function does not answer: the deploy may be what mends it. */
async function pendingMigrations({ aws }: Session, shape: EnvironmentShape | undefined) {
  try {
    return (await migrationStatus(aws, shape?.migrationFunctionName)).pending;
  } catch {
    return [];
  }
}

async function freeAddresses({ aws }: Session, shape: EnvironmentShape | undefined): Promise<readonly Subnet[]> {
  const ids = [...new Set(Object.values(shape?.services ?? {}).flatMap((s) => s.subnetIds))];
  if (ids.length === 0) return [];
  const { DescribeSubnetsCommand } = await import("@aws-sdk/client-ec2");
  const ec2 = await aws.client("ec2");
  const answers = await Promise.all(
    chunks(ids, subnetsPerCall).map((SubnetIds) => ec2.send(new DescribeSubnetsCommand({ SubnetIds }))),
  );
  return answers
    .flatMap((a) => a.Subnets ?? [])
    .map((s) => ({ id: s.SubnetId ?? "", free: s.AvailableIpAddressCount ?? 0 }));
}
