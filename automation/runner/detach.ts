import type { Clock } from "../clock.ts";
import { onInterruption } from "../interruption.ts";

export interface Detaching {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** How it is called, for what is said. */
  readonly execution: string;
  /** The command that follows it again. */
  readonly again: string;
  readonly cancel: () => Promise<void>;
  /** Milliseconds that a second Ctrl-C is waited for. */
  readonly graceMs: number;
  readonly watch?: typeof onInterruption;
}

/**
 * Follows until a Ctrl-C, which leaves the execution running; a second one cancels it. Another signal only leaves.
 *
 * @param follow ends when its signal is aborted
 * @returns what `follow` does; `detached` or `cancelled` where somebody did not wait for that
 */
export async function detachable<T>(
  follow: (detach: AbortSignal) => Promise<T>,
  { clock, say, execution, again, cancel, graceMs, watch = onInterruption }: Detaching,
): Promise<T | "detached" | "cancelled"> {
  const first = new AbortController();
  const second = new AbortController();
  let pressed = false;
  const end = watch(
    (cause, meaning) => {
      if (meaning === "first") pressed = cause === "SIGINT";
      if (meaning === "first") first.abort();
      if (meaning === "again") second.abort();
    },
    { clock },
  );
  try {
    const followed = await follow(first.signal);
    if (!first.signal.aborted) return followed;
    say(`${execution} goes on${pressed ? "; Ctrl-C once more cancels it" : ""}: ${again}`);
    if (pressed) await clock.sleep(graceMs, second.signal);
    if (!second.signal.aborted) return "detached";
    await cancel();
    return "cancelled";
  } finally {
    end();
  }
}
