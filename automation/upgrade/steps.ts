/** Each step of an upgrade, carried out; doing one again changes nothing. */
import type { SwitchyardError } from "../../programs/errors.ts";
import { type Context, quiet, withSession } from "../commands/context.ts";
import { deployIn } from "../commands/deploy.ts";
import { askedOfServing, askingIn, untilAnswered } from "../deploy/act/answers.ts";
import { readShape } from "../deploy/act/stage.ts";
import { applyMigrations } from "../deploy/conduct/migrate.ts";
import { openTable, type Session, withAws } from "../deploy/conduct/session.ts";
import { setFrozen } from "../ledger/freeze.ts";
import type { Lease } from "../ledger/lease.ts";
import { readRelease } from "../ledger/release.ts";
import { readOutputs } from "../stacks/open.ts";
import { refused } from "./begin.ts";
import { countRows, type Database, setWrites, takeSnapshot } from "./database.ts";
import { rowsLost, type Step, type Upgrade } from "./decide.ts";
import { copyFiles } from "./files.ts";
import { leadNames, readIntoStates } from "./lead.ts";

export interface Hold {
  readonly context: Context;
  /** Of the environment that is replaced. */
  readonly session: Session;
  readonly lease: Lease;
}

/** What a step adds to the record. */
type Added = Pick<Upgrade, "rows">;

/** @returns what the record says from now on; `undone` where the first write keeps the way back shut. */
export async function carryOut(hold: Hold, step: Step, upgrade: Upgrade): Promise<Added | { undone: string }> {
  const { session, lease, context } = hold;
  const { table, clock, stack, where } = session;
  const permit = () => lease.permit(where.deadlineMs);
  const old: Database = { aws: session.aws, table, permit };
  const pair = { session, lease, tell: context.out.line };
  switch (step) {
    case "freeze":
    case "thaw":
      lease.guard(where.deadlineMs);
      await setFrozen(table, clock, step === "freeze", `upgraded to ${upgrade.version} in ${upgrade.beside}`);
      return {};
    // Also a change that changes nothing: who has no right to it is told before writes are refused.
    case "hold":
    case "names-back":
      await leadNames(pair, upgrade, "old");
      return {};
    case "names":
      await leadNames(pair, upgrade, "fresh");
      return {};
    case "states":
    case "states-back":
      await readIntoStates(pair, upgrade);
      return {};
    case "refuse":
      await setWrites(old, "refused");
      return {};
    case "allow":
      await setWrites(old, "allowed");
      return {};
    case "count":
      return { rows: await countRows(old) };
    case "snapshot": {
      const { databaseEndpoint } = await readOutputs(where, stack);
      const options = { clock, pace: where.pace, permit, wake: session.wake };
      await takeSnapshot(session.aws, upgrade.snapshot, String(databaseEndpoint), options);
      return {};
    }
    case "restore": {
      const asked = { stack: upgrade.beside, tag: upgrade.version, strategy: "all-at-once", dryRun: false } as const;
      await deployIn(quiet(context), asked);
      return {};
    }
    case "files":
      context.out.line(`  ${await copyAll(hold, upgrade, permit)}`);
      return {};
    case "contract":
      await withSession(context, upgrade.beside, "ends at once", async (beside) => {
        await applyMigrations(beside, "contract");
      });
      return {};
    default:
      return inFresh(hold, upgrade, permit, (fresh) => onFresh(hold, step, upgrade, fresh));
  }
}

async function onFresh(
  { session, context }: Hold,
  step: "compare" | "close" | "open" | "shut" | "settle",
  upgrade: Upgrade,
  fresh: Database,
): Promise<Added | { undone: string }> {
  switch (step) {
    case "compare": {
      const lost = rowsLost(upgrade.rows ?? {}, await countRows(fresh));
      if (lost.length > 0) throw notWhole(session.stack, upgrade, lost.join("; "));
      context.out.line(`  ${Object.keys(upgrade.rows ?? {}).length} tables have the rows they had`);
      return {};
    }
    case "close":
      await setWrites(fresh, "refused");
      await provenAnswers(session, upgrade, fresh);
      return {};
    case "open":
      await setWrites(fresh, "noted");
      return {};
    case "shut": {
      const { writes, firstWriteAt } = await setWrites(fresh, "refused", true);
      return writes === "refused" ? {} : { undone: firstWriteAt ?? "" };
    }
    case "settle":
      await setWrites(fresh, "allowed");
      return {};
  }
}

function inFresh<T>(
  { session }: Hold,
  { beside }: Upgrade,
  permit: Database["permit"],
  work: (fresh: Database) => Promise<T>,
): Promise<T> {
  return withAws(session.where, beside, (aws) => work({ aws, table: openTable(aws, beside), permit }));
}

/** What serves there answers its checks, on the schema it has from now on. */
async function provenAnswers({ where, clock }: Session, upgrade: Upgrade, { table }: Database): Promise<void> {
  const [shape, release] = await Promise.all([readShape(table), readRelease(table)]);
  const wrong =
    shape === undefined
      ? "it has no outputs"
      : await untilAnswered(shape, askedOfServing(shape, release), askingIn(where, clock));
  if (wrong !== undefined) throw notWhole(table.stack, upgrade, wrong);
}

function notWhole(stack: string, { beside }: Upgrade, what: string): SwitchyardError {
  return refused(
    stack,
    `${beside} is not what it has to be: ${what}`,
    "look at what its migrations did; `--back` lets the old environment take writes again",
  );
}

async function copyAll({ session }: Hold, { beside }: Upgrade, permit: () => AbortSignal): Promise<string> {
  const { where, stack, aws } = session;
  const [from, to] = [await bucketOf(where, stack), await bucketOf(where, beside)];
  const { files, copied } = await copyFiles(aws, from, to, permit);
  return `${files} files, ${copied} of them copied now`;
}

async function bucketOf(where: Session["where"], stack: string): Promise<string> {
  const { bucketDomainName } = await readOutputs(where, stack);
  return String(bucketDomainName).replace(/\.s3[.-].*$/, "");
}
