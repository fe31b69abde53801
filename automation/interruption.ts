import type { Clock } from "./clock.ts";
import { parentsOf } from "./machine.ts";

/** Why a command is to end before it is done. */
export type Cause = "SIGINT" | "SIGTERM" | "SIGHUP" | "parent";

/** As it stands in the ledger beside whose command it was. */
export const causeNames: Readonly<Record<Cause, string>> = {
  SIGINT: "Ctrl-C",
  SIGTERM: "SIGTERM",
  SIGHUP: "SIGHUP",
  parent: "its parent ended",
};

/**
 * One Ctrl-C may come several times: a terminal sends it to every process in the foreground, and npm hands its own on to
 * what it runs. In milliseconds; a person's second one takes longer.
 */
const onePressMs = 250;

/**
 * What a cause means to a command: the first ends it safely, a second Ctrl-C at once. Whoever ends jobs sends SIGINT, then
 * SIGTERM: that is the same wish once more, and what is being undone is not to be left half way for it.
 *
 * @param firstAt When the first came, by the clock; absent before.
 */
export function meaningOf(cause: Cause, now: number, firstAt: number | undefined): "first" | "same" | "again" {
  if (firstAt === undefined) return "first";
  return cause === "SIGINT" && now - firstAt > onePressMs ? "again" : "same";
}

/** True where a job that is ended leaves its processes behind: nobody is there to see to them. */
export function isCi(env: Readonly<Record<string, string | undefined>>): boolean {
  return !["", "0", "false"].includes((env["CI"] ?? "").toLowerCase());
}

/** True when a process among those that led to this one has ended: a child is given another parent at once. */
export function isOrphaned(before: readonly number[], now: readonly number[]): boolean {
  return before.length !== now.length || before.some((pid, i) => pid !== now[i]);
}

const pollMs = 500;

/**
 * Calls `interrupt` for Ctrl-C and SIGTERM; in CI also for a hangup, and when a process that led to this one is gone.
 * Elsewhere a hangup is nothing: who starts a deploy and leaves (nohup, a lost connection) wants it to go on.
 *
 * @returns Ends it.
 */
export function onInterruption(
  interrupt: (cause: Cause, meaning: ReturnType<typeof meaningOf>) => void,
  {
    clock,
    ci = isCi(process.env),
    parents = parentsOf,
    signals = process,
  }: {
    clock: Clock;
    ci?: boolean;
    parents?: () => readonly number[];
    signals?: Pick<NodeJS.EventEmitter, "on" | "off">;
  },
): () => void {
  let firstAt: number | undefined;
  const met = (cause: Cause) => {
    const now = clock.now();
    const meaning = meaningOf(cause, now, firstAt);
    firstAt ??= now;
    interrupt(cause, meaning);
  };
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const handler = () => (signal === "SIGHUP" && !ci ? undefined : met(signal));
    return [signal, handler] as const;
  });
  for (const [signal, handler] of handlers) signals.on(signal, handler);
  const over = new AbortController();
  if (ci) void watchParents(parents, clock, over.signal).then((gone) => gone && met("parent"));
  return () => {
    over.abort();
    for (const [signal, handler] of handlers) signals.off(signal, handler);
  };
}

/** Resolves to true once this process is seen, twice in a row, to have other parents than at first; to false at the end. */
export async function watchParents(
  parents: () => readonly number[],
  clock: Clock,
  over: AbortSignal,
): Promise<boolean> {
  const before = parents();
  for (let seen = 0; seen < 2; ) {
    await clock.sleep(pollMs, over);
    if (over.aborted) return false;
    seen = isOrphaned(before, parents()) ? seen + 1 : 0;
  }
  return true;
}
