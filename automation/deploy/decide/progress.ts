import { isDeepStrictEqual } from "node:util";
import type { Colour, GroupSettings } from "../../../programs/release.ts";
import type { JournalEntry, Mutation } from "./decision.ts";
import type { Target } from "./goal.ts";
import type { Placing, PriorityOrder, ServicePlan, Signal, Weights } from "./model.ts";

/** What an operation has already done, folded from its journal. Holds no fact that can be read from AWS instead. */
export interface Progress {
  readonly staged?: Readonly<Record<string, Target>>;
  /** Hash of the plan the staging applied. */
  readonly planHash?: string;
  readonly plan?: Readonly<Record<string, ServicePlan>>;
  /** When each service's way was fixed, in milliseconds since the epoch. */
  readonly plannedAt?: number;
  readonly migrated: boolean;
  /** Names of every migration applied, as the function said after migrating. */
  readonly applied?: readonly string[];
  /** When the idle colours were started, in milliseconds since the epoch. */
  readonly startedAt?: number;
  /** True when the start of the idle colours was confirmed. */
  readonly started: boolean;
  readonly proved: boolean;
  /** Services proven through the preview rule. */
  readonly proven: readonly string[];
  /** When the operation began to wait for approval. */
  readonly approvalAt?: number;
  readonly approved?: Signal;
  /** The last shift: the services' new share in percent, and when that was decided. */
  readonly shift?: {
    readonly services: readonly string[];
    readonly percent: number;
    readonly at: number;
    /** When the share was known to be in force. */
    readonly provenAt?: number;
    /** When these services had their first share, if that was an earlier shift. */
    readonly since?: number;
  };
  /** When the operation's first share was decided on. */
  readonly firstShareAt?: number;
  /** True when the last shift has been proven on the data plane. */
  readonly verified: boolean;
  /** Why the operation turned back. */
  readonly undo?: string;
  /** When it turned back, in milliseconds since the epoch. */
  readonly undoAt?: number;
  /** True when the release document says what the operation did (or undid). */
  readonly recorded: boolean;
  /** The last failure of a step. */
  readonly problem?: string;
  /** Production weights as this operation wrote them, by service. */
  readonly weights: Readonly<Record<string, WrittenWeights>>;
  /** When the plan's priorities are written; absent where none changes. */
  readonly order?: PriorityOrder;
  /** Places of production rules as this operation wrote them last, or may have. */
  readonly placed?: WrittenPlaces;
  /** Services whose live colour's tasks were started again on the way back. */
  readonly refilled?: readonly string[];
  /** What the proof after the way back did not see. */
  readonly unproven?: string;
  /** Task counts this operation asked for on the colours it starts, by service: the last known to be in force, and one under way. */
  readonly counts: Readonly<Record<string, { readonly known?: number; readonly intended?: number }>>;
  /** Task definitions that ECS refused to start anything with. */
  readonly inactive?: readonly string[];
  /** Colours whose ECS service was set as it was released, such as `web blue`. */
  readonly housed?: readonly string[];
  /** True when a repair wrote something, or may have. */
  readonly repaired?: true;
  /** Target group settings this operation wrote last, or may have, by service. */
  readonly groups: Readonly<Record<string, WrittenGroup>>;
  readonly ended: boolean;
}

export interface WrittenGroup {
  readonly colour: Colour;
  readonly settings: GroupSettings;
  /** True when the load balancer confirmed it. */
  readonly sure: boolean;
}

/** What a production rule was written with. */
export interface WrittenRule extends Weights {
  /** What it takes, where that was written too. */
  readonly takes?: string;
}

export interface WrittenWeights {
  /** The last value the load balancer confirmed. */
  readonly known?: WrittenRule;
  /** When it had, in milliseconds since the epoch by AWS's clock. */
  readonly at?: number;
  /** A value under way. */
  readonly intended?: WrittenRule;
  /** Values that were under way before it, whose fate is not known either: one of them may be in force still. */
  readonly earlier?: readonly WrittenRule[];
}

export interface WrittenPlaces {
  readonly places: readonly Placing[];
  /** True when the load balancer confirmed it. */
  readonly sure: boolean;
  /** When it had, in milliseconds since the epoch by AWS's clock. */
  readonly at: number;
}

export const nothingYet: Progress = {
  migrated: false,
  started: false,
  proved: false,
  proven: [],
  verified: false,
  recorded: false,
  weights: {},
  counts: {},
  groups: {},
  ended: false,
};

/** True when a colour's target group surely has these settings: this operation wrote them last, and was answered. */
export function hasGroup({ groups }: Progress, service: string, colour: Colour, settings: GroupSettings): boolean {
  const written = groups[service];
  return written?.sure === true && written.colour === colour && isDeepStrictEqual(written.settings, settings);
}

export function progressOf(entries: readonly JournalEntry[]): Progress {
  return entries.reduce(fold, nothingYet);
}

export function fold(progress: Progress, entry: JournalEntry): Progress {
  const { decision, result } = entry;
  if (decision.kind === "end") return { ...progress, ended: true };
  if (decision.kind === "wait")
    return decision.phase === "approve" ? { ...progress, approvalAt: progress.approvalAt ?? entry.at } : progress;
  if (decision.kind !== "step") return progress;
  const next: { -readonly [K in keyof Progress]: Progress[K] } = { ...progress };
  const done = result?.ok === true;
  next.weights = foldWeights(progress.weights, entry, done);
  next.placed = foldPlaces(progress.placed, entry, done);
  next.counts = foldCounts(progress.counts, entry, done);
  for (const write of decision.writes)
    if (write.kind === "set-group")
      next.groups = { ...next.groups, [write.service]: { colour: write.colour, settings: write.settings, sure: done } };
  if (result && !result.ok && result.problem !== undefined) next.problem = result.problem;
  if (result?.inactive) next.inactive = [...(progress.inactive ?? []), ...result.inactive];
  if (decision.undo !== undefined) {
    next.undo = decision.undo;
    next.undoAt = progress.undoAt ?? entry.at;
    next.recorded = false;
  }
  if (decision.plan) {
    next.plan = decision.plan;
    next.order = decision.order;
    next.plannedAt = entry.at;
  }
  if (decision.phase === "repair" && decision.writes.length > 0) next.repaired = true;
  next.refilled = foldRefilled(progress, entry);
  if (decision.signal?.kind === "promote") next.approved = decision.signal;
  const isRepair = decision.phase === "repair" && decision.writes.length > 0;
  if (isRepair || (decision.phase === "start" && decision.writes.some((w) => w.kind === "update-service")))
    next.startedAt = progress.startedAt ?? entry.at;
  if (decision.phase === "shift") {
    next.firstShareAt = progress.firstShareAt ?? entry.at;
    const shifted = decision.writes.flatMap((w) => (w.kind === "set-weights" ? [w] : []));
    const first = shifted[0];
    if (first && progress.plan) {
      const to = progress.plan[first.service]?.to;
      const services = shifted.map((w) => w.service);
      const before = progress.shift?.services.includes(first.service) ? progress.shift : undefined;
      const since = before && { since: before.since ?? before.at };
      if (to) next.shift = { services, percent: first.weights[to], at: entry.at, ...since };
    }
    next.verified = false;
  }
  if (done) {
    if (result?.staged) next.staged = result.staged;
    if (result?.unproven !== undefined) next.unproven = result.unproven;
    if (result?.planHash !== undefined) next.planHash = result.planHash;
    if (decision.phase === "migrate") next.migrated = true;
    if (decision.phase === "repair") next.housed = [...(progress.housed ?? []), ...housed(decision.writes)];
    if (result?.applied) next.applied = result.applied;
    if (decision.phase === "start" && decision.writes.some((w) => w.kind === "update-service")) next.started = true;
    if (decision.phase === "prove") {
      next.proved = true;
      next.proven = [...progress.proven, ...(decision.probes ?? []).map(({ service }) => service)];
    }
    // A share that was written and proven in one step is in force when that is over, a proof alone found it in force.
    const provenAt = decision.phase === "shift" ? entry.doneAt : entry.at;
    const isProof = decision.phase === "shift" || decision.phase === "retire";
    if (decision.phase === "verify" || (isProof && decision.probes)) {
      next.verified = true;
      if (next.shift && provenAt !== undefined) next.shift = { ...next.shift, provenAt };
    }
    if (decision.writes.some((w) => w.kind === "record-release")) next.recorded = true;
  }
  return next;
}

function foldCounts(asked: Progress["counts"], { decision }: JournalEntry, done: boolean): Progress["counts"] {
  if (decision.kind !== "step") return asked;
  const next = { ...asked };
  for (const write of decision.writes) {
    if (write.kind !== "update-service") continue;
    const { known } = next[write.service] ?? {};
    next[write.service] = done
      ? { known: write.desired }
      : { ...(known !== undefined && { known }), intended: write.desired };
  }
  return next;
}

function housed(writes: readonly Mutation[]): readonly string[] {
  return writes.flatMap((write) =>
    write.kind === "update-service" && write.setup ? [`${write.service} ${write.colour}`] : [],
  );
}

function foldRefilled({ plan, refilled }: Progress, { decision }: JournalEntry): Progress["refilled"] {
  if (decision.kind !== "step" || decision.phase !== "undo") return refilled;
  const names = decision.writes.flatMap((write) =>
    write.kind === "update-service" && plan?.[write.service]?.from === write.colour ? [write.service] : [],
  );
  return names.length === 0 ? refilled : [...(refilled ?? []), ...names];
}

function foldPlaces(known: Progress["placed"], entry: JournalEntry, sure: boolean): Progress["placed"] {
  if (entry.decision.kind !== "step") return known;
  const places = entry.decision.writes.flatMap((write) => (write.kind === "set-priorities" ? write.places : []));
  if (!places.some(({ rule }) => rule === "production")) return known;
  return { places, sure, at: writtenAt(entry) };
}

function writtenAt({ at, doneAt, observed }: JournalEntry): number {
  return (doneAt ?? at) - (observed?.skewMs ?? 0);
}

function foldWeights(known: Progress["weights"], entry: JournalEntry, done: boolean): Progress["weights"] {
  if (entry.decision.kind !== "step") return known;
  const next = { ...known };
  for (const write of entry.decision.writes) {
    if (write.kind !== "set-weights" || write.rule !== "production") continue;
    const { intended, ...before } = next[write.service] ?? {};
    const at = writtenAt(entry);
    const earlier = intended ? { earlier: [...(before.earlier ?? []), intended] } : {};
    const rule = { ...write.weights, ...(write.takes !== undefined && { takes: write.takes }) };
    next[write.service] = done ? { known: rule, at } : { ...before, ...earlier, intended: rule };
  }
  return next;
}
