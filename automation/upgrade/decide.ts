/** What an upgrade does next: an environment replaced by one beside it. Pure. */
import type { SharedNames } from "../../programs/shared-names.ts";

/** The way there, in order. Each can be done again without harm, so that one that was cut short is. */
export const forward = [
  ...(["freeze", "hold", "refuse", "count", "snapshot", "restore", "files", "compare", "contract", "close"] as const),
  // Names first: what may fail fails while the way back is open, and writes are let through while resolvers still forget.
  ...(["names", "open", "states"] as const),
] as const;
/** The way back. */
export const back = ["shut", "names-back", "allow", "states-back", "thaw"] as const;
/** The end of the way back. */
export const settle = ["settle"] as const;

export type Step = (typeof forward)[number] | (typeof back)[number] | (typeof settle)[number];
export type Way = "forward" | "back" | "settle";

/** Only where both environments have names in common. */
const ofNames: ReadonlySet<Step> = new Set(["hold", "names", "states", "names-back", "states-back"]);

/** An upgrade as the ledger has it. Moments are milliseconds since the epoch. */
export interface Upgrade {
  /** The environment that takes over. */
  readonly beside: string;
  /** The version it runs. */
  readonly version: string;
  /** The database snapshot it is made from. */
  readonly snapshot: string;
  readonly way: Way;
  readonly begunAt: number;
  /** How long the environment that is replaced is kept after the other has opened, in milliseconds. */
  readonly keepForMs: number;
  /** When each step was done. */
  readonly done: Readonly<Partial<Record<Step, number>>>;
  /** What both environments answer at, whichever it leads to; absent where there is nothing. */
  readonly names?: SharedNames;
  /** Rows of each table when no more could be written, by the table's quoted name; decimal digits. */
  readonly rows?: Readonly<Record<string, string>>;
}

/** What it takes to know where an upgrade is. */
type Progress = Pick<Upgrade, "way" | "done" | "names">;

export type Next =
  | { readonly kind: "step"; readonly step: Step }
  /** `upgraded` has a way back, until the first write; the others have none. */
  | { readonly kind: "end"; readonly outcome: "upgraded" | "back" | "settled" };

/** The first step of the way that is not done. */
export function next(upgrade: Progress): Next {
  const { way, done } = upgrade;
  const step = stepsOf(upgrade).find((one) => done[one] === undefined);
  if (step !== undefined) return { kind: "step", step };
  const outcome = way === "forward" ? "upgraded" : way === "back" ? "back" : "settled";
  return { kind: "end", outcome };
}

/** Those of the way it is on, in order. */
export function stepsOf({ way, done, names }: Progress): readonly Step[] {
  const all: readonly Step[] = way === "forward" ? forward : way === "settle" ? settle : stepsBack(done);
  return names === undefined ? all.filter((step) => !ofNames.has(step)) : all;
}

/** A step whose answer was lost may have been done: only what has not come as far surely was not. */
function stepsBack(done: Upgrade["done"]): readonly Step[] {
  const untouched: readonly Step[] = done.close === undefined ? ["shut", "names-back", "states-back"] : [];
  return back.filter((step) => !untouched.includes(step));
}

/** Whether nothing is to be done any more, nor can be gone back from. */
export function isOver(upgrade: Progress): boolean {
  const { kind, ...rest } = next(upgrade);
  return kind === "end" && "outcome" in rest && rest.outcome !== "upgraded";
}

export type Asked =
  | {
      readonly way: "forward";
      readonly beside: string;
      readonly version: string;
      /** In milliseconds; as it was begun, or a week, when absent. */
      readonly keepForMs?: number;
    }
  | { readonly way: "back" | "settle" };

export type Answer =
  | { readonly kind: "begin" }
  | { readonly kind: "go"; readonly upgrade: Upgrade }
  | { readonly kind: "refuse"; readonly what: string; readonly fix: string };

/** What is made of a command, given the upgrade the ledger tells of. */
export function answer(stack: string, before: Upgrade | undefined, asked: Asked): Answer {
  const over = before === undefined || isOver(before);
  if (asked.way === "forward") return over ? { kind: "begin" } : forwardAgain(stack, before, asked);
  if (over)
    return {
      kind: "refuse",
      what: before?.way === "settle" ? "its upgrade is settled: there is no way back any more" : "it is not upgraded",
      fix: `\`switchyard upgrade ${stack} --to <tag> --beside <stack>\` begins one`,
    };
  if (asked.way === "back" && before.way !== "settle") return { kind: "go", upgrade: { ...before, way: "back" } };
  if (asked.way === "settle" && (before.way === "settle" || isUpgraded(before)))
    return { kind: "go", upgrade: { ...before, way: "settle" } };
  return { kind: "refuse", ...unfinished(stack, before) };
}

function forwardAgain(stack: string, before: Upgrade, asked: Extract<Asked, { way: "forward" }>): Answer {
  if (before.way !== "forward") return { kind: "refuse", ...unfinished(stack, before) };
  if (before.beside === asked.beside && before.version === asked.version)
    return { kind: "go", upgrade: { ...before, keepForMs: asked.keepForMs ?? before.keepForMs } };
  return {
    kind: "refuse",
    what: `it is upgraded to ${before.version} beside it in ${before.beside}`,
    fix: `go on with \`switchyard upgrade ${stack} --to ${before.version} --beside ${before.beside}\`, or go back with \`switchyard upgrade ${stack} --back\``,
  };
}

/** A week: long enough that whoever uses it weekly has, and as long as a colour can be kept warm. */
export const usualKeepMs = 7 * 86_400_000;

/** Until when the environment that was replaced is kept. Nothing takes it away then: it is due, and a person's to settle. */
export interface Kept {
  readonly until: number;
  readonly due: boolean;
}

/** Undefined before the other has opened, and where it is over. */
export function keptOf(upgrade: Progress & Pick<Upgrade, "keepForMs">, now: number): Kept | undefined {
  const opened = upgrade.done.open;
  if (opened === undefined || !isUpgraded(upgrade)) return undefined;
  const until = opened + upgrade.keepForMs;
  return { until, due: now >= until };
}

/** Where an upgrade stands that is not over, in a line; undefined where it is. */
export function standing(upgrade: Upgrade, now: number): string | undefined {
  if (isOver(upgrade)) return undefined;
  const kept = keptOf(upgrade, now);
  const { way, beside, version } = upgrade;
  if (kept === undefined) {
    if (way === "forward") return `its upgrade to ${version} in ${beside} is under way`;
    return way === "back"
      ? `it is going back from ${beside}`
      : `its upgrade to ${version} in ${beside} is being settled`;
  }
  return `${beside} has taken over with ${version}; this one ${keptWords(kept)}`;
}

/** What follows the name of the one that was replaced. */
export function keptWords({ until, due }: Kept): string {
  const at = new Date(until).toISOString();
  return due ? `was to be kept until ${at}: settle and destroy it` : `is kept until ${at}`;
}

/** Why its resources cannot be deleted, with the way out; undefined where they can. */
export function keptFromDestroy(stack: string, upgrade: Upgrade | undefined, now: number) {
  const what = upgrade && standing(upgrade, now);
  if (upgrade === undefined || what === undefined) return undefined;
  if (isUpgraded(upgrade)) return { what, fix: `\`switchyard upgrade ${stack} --settle\` ends the way back first` };
  return { what: `${what}, and needs its database`, fix: unfinished(stack, upgrade).fix };
}

function isUpgraded(upgrade: Progress): boolean {
  const now = next(upgrade);
  return now.kind === "end" && now.outcome === "upgraded";
}

function unfinished(stack: string, { way, beside, version }: Upgrade): { what: string; fix: string } {
  if (way === "forward")
    return {
      what: `its upgrade to ${version} in ${beside} is under way`,
      fix: `finish it with \`switchyard upgrade ${stack} --to ${version} --beside ${beside}\``,
    };
  const flag = way === "back" ? "--back" : "--settle";
  const what = way === "back" ? "it is going back" : "its upgrade is being settled";
  return { what, fix: `finish that with \`switchyard upgrade ${stack} ${flag}\`` };
}

/** What stands for the rows of `before` not having arrived; a table may have gone, and may have gained rows, by migrations. */
export function rowsLost(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(before).flatMap(([table, count]) => {
    const now = after[table];
    if (now === undefined || BigInt(now) >= BigInt(count)) return [];
    return [`${table} has ${now} rows, and had ${count}`];
  });
}

/** How long the environment that is kept in the end took no writes, in milliseconds; so far, where it still takes none. */
export function refusedMs({ way, done }: Pick<Upgrade, "way" | "done">, now: number): number {
  if (done.refuse === undefined) return 0;
  return Math.max(0, ((way === "back" ? done.allow : done.open) ?? now) - done.refuse);
}

const words: Readonly<Record<Step, string>> = {
  freeze: "no deploy, so that nothing changes what is copied",
  hold: "the names both have lead to the old environment alone, by a weight that can be moved",
  refuse: "the old database refuses writes; what it has accepted is in it",
  count: "rows of each table",
  snapshot: "a snapshot of the old database",
  restore: "the environment beside, from the snapshot, with the new version proven in it",
  files: "the files, copied",
  compare: "every table has the rows it had",
  contract: "contract migrations, which the old environment does not feel",
  close: "the new database still refuses writes, tables of the migrations too, and answers",
  names: "the names both have lead to the new environment; resolvers may keep the former answer for a minute",
  open: "the new database takes writes, and notes the first",
  states: "both states say where the names lead",
  shut: "the new database refuses writes, unless there was one",
  "names-back": "the names both have lead to the old environment again",
  allow: "the old database takes writes again",
  "states-back": "both states say where the names lead",
  thaw: "the old environment may be deployed again",
  settle: "the new database notes no first write any more",
};

/** A line for each step that is done, in the order they were. */
export function told({ done }: Pick<Upgrade, "done">): readonly { step: Step; at: number; why: string }[] {
  return (Object.entries(done) as [Step, number][])
    .map(([step, at]) => ({ step, at, why: words[step] }))
    .sort((one, other) => one.at - other.at || order(one.step) - order(other.step));
}

const everyStep: readonly Step[] = [...forward, ...back, ...settle];
const order = (step: Step) => everyStep.indexOf(step);

export function describeStep(step: Step): string {
  return words[step];
}
