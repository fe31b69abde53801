import { SwitchyardError } from "../../../programs/errors.ts";
import type { Deployed, ReleaseDocument, ServiceRelease } from "../../../programs/release.ts";
import { recordedRelease, refuseMissing } from "../../images/recorded.ts";
import { readOperations } from "../../ledger/journal.ts";
import { readRelease } from "../../ledger/release.ts";
import { type Asked, deployGoal, rollbackGoal } from "../act/goals.ts";
import { readShape } from "../act/stage.ts";
import type { Goal } from "../decide/goal.ts";
import { otherColour } from "../decide/situation.ts";
import { appliedSettings, type Settings } from "../observe/settings.ts";
import { looksBackTo, wentBackMeanwhile } from "./meanwhile.ts";
import { type Already, type Enough, type GoalOf, type Operated, operate } from "./operation.ts";
import type { Session } from "./session.ts";

/** What is asked for, once the version is known. */
export type AskedFor = (version: string, settings: Settings) => Omit<Asked, "operation">;

/**
 * Moves traffic back to the other colour, or to a release the ledger has recorded. Where a deploy was in flight, undoing
 * that is the rollback.
 *
 * @param to A version that served here before; the one before the live one when absent.
 */
export async function rollBack(session: Session, to: string | undefined, asked: AskedFor): Promise<Operated> {
  session.aws.wayBack();
  const settings = appliedSettings(session.stack, await readShape(session.table));
  const back: Back = { session, settings, asked: (version) => asked(version, settings) };
  return to === undefined ? toOtherColour(back) : toVersion(back, to);
}

interface Back {
  readonly session: Session;
  readonly settings: Settings;
  readonly asked: (version: string) => Omit<Asked, "operation">;
}

async function toOtherColour(back: Back): Promise<Operated> {
  const { session } = back;
  const { table, stack } = session;
  const [newest] = await readOperations(table, 1);
  const already: Already = async (release) => {
    const done = wentBackMeanwhile(stack, newest, await readOperations(table, looksBackTo));
    const version = live(release);
    return done && { version, why: `${version} serves: ${done.operation} by ${done.goal.actor} went back already` };
  };
  const enough: Enough = (undone, release) => (wasChange(undone) ? live(release) : undefined);
  return operate(session, "rollback", goalOfBack(back, lastChanged), enough, already);
}

/** @throws SwitchyardError `in-flight` when what the idle colour holds changed before the lease was there. */
async function toVersion(back: Back, to: string): Promise<Operated> {
  const { session } = back;
  const serves = (release: ReleaseDocument) => (live(release) === to ? to : undefined);
  const enough: Enough = (_, release) => serves(release);
  if (!holdsIdle(await readRelease(session.table), to)) return redeploy(back, to, enough);
  const already: Already = async (release) => {
    const version = serves(release);
    if (version === undefined && !holdsIdle(release, to)) throw changedMeanwhile(session.stack, to);
    return version === undefined ? undefined : { version, why: `${version} serves already` };
  };
  return operate(session, `rollback to ${to}`, goalOfBack(back, serving), enough, already);
}

/** @param choose The services it takes back, of those there are. */
function goalOfBack({ settings, asked }: Back, choose: typeof lastChanged): GoalOf {
  return (operation, release) => {
    const only = choose(release, Object.keys(settings.services));
    return rollbackGoal({ ...asked(previousVersion(release, only)), operation }, settings, only);
  };
}

function changedMeanwhile(stack: string, to: string): SwitchyardError {
  return new SwitchyardError("in-flight", {
    what: `the idle colour does not hold ${to} any more: somebody was at work since this rollback was asked for`,
    where: `stack ${stack}`,
    fix: "run it again",
  });
}

/** Nothing is migrated and nobody is asked: it was both when it was released. */
async function redeploy({ session, settings, asked }: Back, version: string, enough: Enough): Promise<Operated> {
  const { table, aws } = session;
  const release = recordedRelease(await readOperations(table), version, Object.keys(settings.services));
  await refuseMissing(aws, release);
  const goal = (operation: string) => ({
    ...deployGoal({ ...asked(version), operation }, settings, release.images, undefined, false),
    migrations: release.migrations,
  });
  return operate(session, `rollback to ${version}`, goal, enough);
}

/** True for what a rollback would go back from. */
function wasChange(undone: readonly Goal[]): boolean {
  return undone.some(({ kind }) => kind === "deploy" || kind === "retire");
}

/** True when the idle colour of every service that serves holds this version. */
export function holdsIdle({ services }: ReleaseDocument, version: string): boolean {
  const idle = Object.values(services).flatMap((s) => (s.live ? [idleOf(s)?.version] : []));
  return idle.length > 0 && idle.every((v) => v === version);
}

/**
 * The services the newest operation changed or retired, but for those it brought, unless it brought nothing else. Operations' names
 * sort by their age; what was recorded before they were is older than any.
 */
export function lastChanged({ services }: ReleaseDocument, names: readonly string[]): readonly string[] {
  const by = (name: string) => services[name]?.releasedBy ?? "";
  const known = names.filter((name) => services[name]?.live !== undefined || services[name]?.retired !== undefined);
  const newest = known.map(by).sort().at(-1);
  const changed = known.filter((name) => by(name) === newest);
  const earlier = changed.filter((name) => idleOf(services[name]) !== undefined);
  return earlier.length > 0 ? earlier : changed;
}

/** What a service goes back to: of one that is retired, what served until then. */
function idleOf({ live, retired, ...release }: ServiceRelease = {}): Deployed | undefined {
  return retired ? release[retired.colour] : live && release[otherColour(live)];
}

function serving({ services }: Pick<ReleaseDocument, "services">, names: readonly string[]): readonly string[] {
  return names.filter((name) => services[name]?.live !== undefined);
}

/** What the idle colours of some services hold, for the record; they may differ. */
export function previousVersion({ services }: ReleaseDocument, names: readonly string[]): string {
  const versions = names.flatMap((name) => idleOf(services[name])?.version ?? []);
  return [...new Set(versions)].join("+") || "previous";
}

/** What the live colours hold; empty when none is live. */
function live({ services }: ReleaseDocument): string {
  const versions = Object.values(services).flatMap((s) => (s.live ? (s[s.live]?.version ?? []) : []));
  return [...new Set(versions)].join("+");
}
