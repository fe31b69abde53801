/** Reads one environment for the console, again and again. */
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { awsRefusal } from "../aws/refusals.ts";
import type { Clock } from "../clock.ts";
import { openAws, openTable } from "../deploy/conduct/session.ts";
import type { Decision } from "../deploy/decide/decision.ts";
import { next } from "../deploy/decide/next.ts";
import { progressOf } from "../deploy/decide/progress.ts";
import { TrafficFigures } from "../deploy/observe/figures.ts";
import { needs, observe } from "../deploy/observe/observe.ts";
import { readJournal } from "../ledger/journal.ts";
import type { StackTable } from "../ledger/table.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Now, readNow } from "../watch/now.ts";
import { BesideLook } from "./beside.ts";
import { withBeside } from "./views/beside.ts";
import { type EnvironmentView, environmentView, type Underway, unreadableView } from "./views/environment.ts";

/** Operations read with each look: enough to find the one in flight, and the newest that ended. */
const operationsRead = 5;

/** A run's AWS clients may make so many calls in all (`openAws`): those of a console, which runs for days, are opened anew long before. */
const callsOfOne = 10_000;

/** Longer than any look takes, in milliseconds. */
const lastUseMs = 120_000;

export interface Opened {
  readonly aws: Aws;
  readonly table: StackTable;
  /** Of what is under shift: asked no more often than it changes, because each metric is paid for. */
  readonly figures: TrafficFigures;
  readonly beside: BesideLook;
}

/** The AWS clients of the environments looked at, one for each. */
export class Openings {
  readonly #where: Surroundings;
  readonly #clock: Clock;
  readonly #open = new Map<string, Promise<Opened>>();

  constructor(where: Surroundings, clock: Clock) {
    this.#where = where;
    this.#clock = clock;
  }

  async of(stack: string): Promise<Opened> {
    const open = this.#open.get(stack);
    if (open === undefined) return this.#anew(stack);
    const known = await open;
    if (known.aws.total < callsOfOne) return known;
    // Somebody else may have opened it anew meanwhile, and other looks may still be using this one.
    if (this.#open.get(stack) !== open) return this.of(stack);
    setTimeout(() => known.aws.close(), lastUseMs).unref();
    return this.#anew(stack);
  }

  close(): void {
    for (const open of this.#open.values()) void open.then(({ aws }) => aws.close()).catch(() => undefined);
    this.#open.clear();
  }

  #anew(stack: string): Promise<Opened> {
    const opening = openAws(this.#where, stack).then((aws) => {
      const table = openTable(aws, stack);
      const figures = new TrafficFigures(aws, () => this.#clock.now(), this.#where.pace);
      return { aws, table, figures, beside: new BesideLook(aws, table, this.#where.pace) };
    });
    this.#open.set(stack, opening);
    // The next look tries again.
    opening.catch(() => this.#open.delete(stack));
    return opening;
  }
}

/** Looks at one; what stands in the way of that is what it shows. */
export async function lookAt(openings: Openings, clock: Clock, stack: string): Promise<EnvironmentView> {
  try {
    const opened = await openings.of(stack);
    const now = await readNow(opened, operationsRead, { scaling: false });
    const names = now.gone === undefined ? now.shape?.sharedNames : undefined;
    const [flight, beside] = await Promise.all([underway(opened, clock, now), opened.beside.read(names, clock.now())]);
    return withBeside(environmentView(stack, now, flight, clock.now()), beside, clock.now());
  } catch (error) {
    return unreadableView(stack, reasonOf(error), clock.now());
  }
}

async function underway(
  { aws, table, figures }: Opened,
  clock: Clock,
  { shape, operations }: Now,
): Promise<Underway | undefined> {
  const record = operations.find(({ outcome }) => outcome === undefined);
  if (record === undefined) return undefined;
  const entries = await readJournal(table, record.operation);
  return { record, entries, decision: await decisionNow() };

  /** What the one at work would decide from what is seen here: nobody has to tell what is waited for. */
  async function decisionNow(): Promise<Decision | undefined> {
    const { goal, operation } = record as NonNullable<typeof record>;
    const progress = progressOf(entries);
    const wanted = needs(goal, progress);
    // Which migrations are applied is told by a function of the environment: a page that is open invokes none.
    if (wanted.migrations) return undefined;
    const observed = await observe({ aws, table, shape, figures }, operation, wanted);
    return next({ goal, observed, progress, now: clock.now() });
  }
}

/** An error in one line, as the command line would say it. */
export function reasonOf(error: unknown): string {
  const known = error instanceof SwitchyardError ? error : awsRefusal(error);
  return known?.message ?? (error instanceof Error ? error.message : String(error));
}
