import type { EnvironmentConfig } from "../../programs/config.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Asked } from "../deploy/act/goals.ts";
import {
  overdueContracts,
  type Problem,
  preflight,
  refuseProblems,
  type Subnet,
  tasksToStart,
  type Unreadable,
} from "../deploy/act/preflight.ts";
import { readShape } from "../deploy/act/stage.ts";
import { nothingMore, observeNow, type Session } from "../deploy/conduct/session.ts";
import { contractBlockers } from "../deploy/decide/contract.ts";
import { drifted, miscounted, rerouted } from "../deploy/decide/drift.ts";
import { deleted, exposed, onLooking, undocumented } from "../deploy/decide/hands.ts";
import type { Observed } from "../deploy/decide/model.ts";
import { nothingYet, type Progress, progressOf } from "../deploy/decide/progress.ts";
import { passagesTo } from "../deploy/decide/routing.ts";
import { tryFigures } from "../deploy/observe/figures.ts";
import { chunks } from "../deploy/observe/health.ts";
import { type AppliedMigration, migrationStatus } from "../deploy/observe/migrations.ts";
import { partsDeleted, secretsScheduled, standingShape } from "../deploy/observe/parts.ts";
import { previewChanged } from "../deploy/observe/preview.ts";
import type { EnvironmentShape } from "../deploy/observe/shape.ts";
import { alarmStates } from "../deploy/observe/watch.ts";
import type { ResolvedImages } from "../images/resolve.ts";
import { operationsInFlight, readJournal } from "../ledger/journal.ts";

/** DescribeSubnets is asked for at most this many at once. */
const subnetsPerCall = 200;

export interface Checked {
  readonly images: ResolvedImages;
  readonly observed: Observed;
}

/** What is wrong with the version's migrations, given what is applied. */
export type JudgeMigrations = (applied: readonly AppliedMigration[]) => Promise<readonly Problem[]>;

/**
 * Every check that needs no lease; nothing has been written yet. All problems are reported together.
 *
 * @throws SwitchyardError `preflight-failed`, or the reason why there are no images when that is the only problem.
 */
export async function check(
  session: Session,
  config: EnvironmentConfig,
  resolving: Promise<ResolvedImages>,
  asked: Omit<Asked, "operation">,
  judge: JudgeMigrations = async () => [],
): Promise<Checked> {
  const [images, [observed, facts]] = await Promise.all([outcome(resolving), survey(session, config, judge)]);
  const { stack, where, aws } = session;
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
  "alarms" | "parts" | "unreadable" | "drift" | "passages" | "contracts" | "migrations" | "subnets" | "tasks"
>;

/** Looks at what the checks judge, all at once. */
async function survey(
  session: Session,
  config: EnvironmentConfig,
  judge: JudgeMigrations,
): Promise<[Observed, Surveyed]> {
  const { aws, table, clock, stack } = session;
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
  const observing = observeNow(session, shape, nothingMore);
  const standing = observing.then((seen) => shape && standingShape(stack, shape, seen));
  const alarmNames = standing.then((known) => [...(known?.alarmNames ?? []), ...config.deploy.alarms]);
  const ofStanding = <T>(read: (known: EnvironmentShape) => Promise<readonly T[]>): Promise<readonly T[]> =>
    standing.then((known) => (known ? read(known) : []));
  const [observed, open, alarms, subnets, secrets, parts, preview] = await Promise.all([
    observing,
    progressesInFlight(session),
    reading(
      "alarms",
      "cloudwatch:DescribeAlarms",
      alarmNames.then((names) => alarmStates(aws, names)),
      [],
    ),
    reading("subnets", "ec2:DescribeSubnets", freeAddresses(session, shape), []),
    reading(
      "secrets",
      "secretsmanager:DescribeSecret",
      ofStanding((known) => secretsScheduled(aws, known)),
      [],
    ),
    reading(
      "migration function, log groups",
      "lambda:GetFunctionConfiguration",
      ofStanding((known) => partsDeleted(aws, known)),
      [],
    ),
    shape && reading("preview secret", "secretsmanager:GetSecretValue", previewChanged(aws, shape), undefined),
    shape &&
      reading("load balancer metrics", "cloudwatch:GetMetricData", tryFigures(aws, shape, clock.now()), undefined),
  ]);
  // A service that is not deployed now may have been changed by hand as well: an operation stops before it.
  const goal = onLooking(Object.keys(observed.services));
  // Of several operations that were cut short, any one may have left the weights where they are.
  const drifts = (open.length > 0 ? open : [nothingYet]).map((progress) => {
    const situation = { goal, observed, progress, now: clock.now() };
    const looks = [undocumented, deleted, drifted, rerouted, exposed];
    // Counts keep nobody from going on, or back, with what is in flight.
    if (open.length === 0) looks.push(miscounted);
    return looks.map((look) => look(situation)).find((halt) => halt !== undefined);
  });
  const drift = drifts.includes(undefined) ? (preview ?? secrets[0]) : drifts[0];
  const weights = Object.fromEntries(Object.entries(observed.services).map(([name, s]) => [name, s.weights]));
  const blockers = contractBlockers(observed.release, weights, clock.now());
  const { applied, pending } = await migrations(session, shape);
  const facts: Surveyed = {
    alarms,
    parts,
    unreadable,
    subnets,
    contracts: blockers.length === 0 ? overdueContracts(pending) : [],
    migrations: await judge(applied),
    passages: passagesTo(config.services, observed),
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
async function migrations({ aws }: Session, shape: EnvironmentShape | undefined) {
  try {
    return await migrationStatus(aws, shape?.migrationFunctionName);
  } catch {
    return { applied: [], pending: [] };
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
