/** Whether an environment still exists that the ledger tells of: another tool may have destroyed it. */
import { SwitchyardError } from "../../../programs/errors.ts";
import { actor } from "../../actor.ts";
import type { Aws } from "../../aws/clients.ts";
import { systemClock } from "../../clock.ts";
import { closeEnvironment } from "../../ledger/close.ts";
import type { Lease } from "../../ledger/lease.ts";
import type { StackTable } from "../../ledger/table.ts";
import type { Plan } from "../../stacks/update.ts";
import { readShape } from "../act/stage.ts";
import { describeServices } from "../observe/health.ts";
import type { EnvironmentShape } from "../observe/shape.ts";
import { type Session, withLease } from "./session.ts";

/** What Elastic Load Balancing and ECS call what they do not find. */
const notThere = /^(Rule|TargetGroup|Listener|LoadBalancer|Cluster|Service)NotFound/;

/** True when not one of its rules and of its ECS services is there any more. */
export async function isGone(aws: Aws, { clusterName, services }: EnvironmentShape): Promise<boolean> {
  const shapes = Object.values(services);
  const names = shapes.flatMap(({ blue, green }) => [blue.serviceName ?? [], green.serviceName ?? []].flat());
  const running = await orNothing(describeServices(aws, clusterName, names), new Map());
  if ([...running.values()].some(({ status }) => status === "ACTIVE")) return false;
  const { DescribeRulesCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const elb = await aws.client("elb");
  for (const { ruleArn } of shapes) {
    const found = await orNothing(elb.send(new DescribeRulesCommand({ RuleArns: [ruleArn] })), undefined);
    if (found !== undefined) return false;
  }
  return shapes.length > 0;
}

async function orNothing<T, N>(asked: Promise<T>, nothing: N): Promise<T | N> {
  try {
    return await asked;
  } catch (error) {
    if (notThere.test((error as Error).name)) return nothing;
    throw error;
  }
}

/** What an error that may come of an environment that is gone is: `not-found` when it is, else the error itself. */
export async function unlessGone(error: unknown, aws: Aws, table: StackTable): Promise<unknown> {
  // A rule that is missing is met as drift: only together with everything else is it the environment that is gone.
  const isDrift = error instanceof SwitchyardError && error.code === "drift";
  if (!isDrift && !notThere.test((error as Error).name ?? "")) return error;
  const shape = await readShape(table);
  if (!shape || !(await isGone(aws, shape))) return error;
  return new GoneError(table.stack, error);
}

export class GoneError extends SwitchyardError {
  constructor(stack: string, cause: unknown) {
    super("not-found", {
      what: "its resources are gone: none of the rules and ECS services that the ledger names exists",
      where: `stack ${stack}`,
      fix: `\`switchyard deploy ${stack} --tag <version>\` makes it anew; what is in flight ends`,
      cause,
    });
  }
}

/**
 * Where everything is to be made, what the ledger calls live may have been destroyed by another tool. Only AWS can tell: a
 * preview that was refused counts nothing, and a state that was lost knows of nothing that serves.
 *
 * @throws SwitchyardError `drift` where what the ledger names is there.
 */
export async function endedBefore(
  { aws, table, lease }: { readonly aws: Aws; readonly table: StackTable; readonly lease: Lease },
  { stack, counts }: Pick<Plan, "stack" | "counts">,
): Promise<boolean> {
  const isNew = counts.create !== undefined && Object.keys(counts).every((op) => op === "create" || op === "read");
  const shape = isNew ? await readShape(table) : undefined;
  if (!shape) return false;
  if (Object.keys(shape.services).length > 0 && !(await isGone(aws, shape)))
    throw new SwitchyardError("drift", {
      what: "the engine's state knows of no resource, and what the ledger calls live is there: the update would make it all a second time",
      where: `stack ${stack}`,
      fix: `bring the state back from an earlier version of its file in the backend's bucket (\`pulumi stack import --stack ${stack} --file <state>\`)`,
    });
  const why = "its resources were gone";
  return closeEnvironment({ table, lease, clock: systemClock }, { by: actor(), why });
}

/** Does the work; where the environment turns out to be gone, ends it in the ledger and does the work once more. */
export async function orAnew<T>(session: Session, tell: (line: string) => void, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = await unlessGone(error, session.aws, session.table);
    if (!(why instanceof GoneError)) throw why;
    const { table, clock, stack } = session;
    await withLease(session, `begin ${stack} anew`, async (lease) => {
      await closeEnvironment({ table, lease, clock }, { by: actor(), why: "its resources were gone" });
    });
    tell(`The resources of ${stack} are gone: beginning anew`);
    return work();
  }
}
