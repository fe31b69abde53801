/** An environment as it is now, by the account and by its ledger: what a person who looks at it is told from. */
import { colours } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import { readShape } from "../deploy/act/stage.ts";
import { GoneError, unlessGone } from "../deploy/conduct/gone.ts";
import type { Observed } from "../deploy/decide/model.ts";
import { type Needs, observe } from "../deploy/observe/observe.ts";
import type { EnvironmentShape } from "../deploy/observe/shape.ts";
import { type Closed, readClosed } from "../ledger/close.ts";
import { type Frozen, readFrozen } from "../ledger/freeze.ts";
import { type OperationRecord, readOperations } from "../ledger/journal.ts";
import { type LeaseState, readLease } from "../ledger/lease.ts";
import type { StackTable } from "../ledger/table.ts";

export interface Now {
  /** Absent before the first `up`. */
  readonly shape: EnvironmentShape | undefined;
  readonly observed: Observed;
  /** What has become of it, where its resources are gone. */
  readonly gone?: string;
  readonly lease: LeaseState | undefined;
  /** Newest first. */
  readonly operations: readonly OperationRecord[];
  readonly closed: Closed | undefined;
  readonly frozen: Frozen | undefined;
}

/**
 * @param limit Operations read.
 * @param more What is asked for beside the health of every colour.
 */
export async function readNow(
  { aws, table }: { readonly aws: Aws; readonly table: StackTable },
  limit: number,
  more: Pick<Needs, "scaling" | "setups">,
): Promise<Now> {
  const shape = await readShape(table);
  const wanted: Needs = {
    health: Object.keys(shape?.services ?? {}).flatMap((service) => colours.map((colour) => ({ service, colour }))),
    ...{ migrations: false, watch: false, taskDefinitions: false },
    ...more,
  };
  const look = (known: EnvironmentShape | undefined) => observe({ aws, table, shape: known }, undefined, wanted);
  const seen = look(shape).then(
    (observed) => ({ observed }),
    async (error: unknown) => {
      const why = await unlessGone(error, aws, table);
      if (!(why instanceof GoneError)) throw why;
      return { observed: await look(undefined), gone: why.what };
    },
  );
  const [found, lease, operations, closed, frozen] = await Promise.all([
    seen,
    readLease(table),
    readOperations(table, limit),
    readClosed(table),
    readFrozen(table),
  ]);
  return { shape, ...found, lease, operations, closed, frozen };
}
