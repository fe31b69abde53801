/** A look at a stack that another is at work on tells nothing: what that one changes differs like what a hand has changed. */
import type { SwitchyardError } from "../../../programs/errors.ts";
import { type Clock, jittered } from "../../clock.ts";

/** As often as the runner's machines look before they believe it. */
export const mostLooks = 3;
/** Between two of them, which an update often is over in. */
const betweenMs = 60_000;

export interface Looking<T, L> {
  readonly look: () => Promise<T>;
  readonly differs: (seen: T) => boolean;
  readonly lease: () => Promise<L>;
  /** Who was at work from before a look until after it, as the refusal that says so. */
  readonly atWork: (before: L, after: L) => SwitchyardError | undefined;
  readonly clock: Pick<Clock, "sleep">;
  readonly pace: number;
  readonly tell: (line: string) => void;
}

/**
 * Looks until nobody was at work on what differs, or could not be compared, three times at most.
 *
 * @throws SwitchyardError `lease-held` where somebody was each time; what the comparison throws while nobody is.
 */
export async function lookInPeace<T, L>(of: Looking<T, L>): Promise<T> {
  for (let looks = 1; ; looks += 1) {
    const before = await of.lease();
    const seen = await of.look().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ("value" in seen && !of.differs(seen.value)) return seen.value;
    const busy = of.atWork(before, await of.lease());
    if (busy === undefined) {
      if ("error" in seen) throw seen.error;
      return seen.value;
    }
    if (looks >= mostLooks) throw busy;
    of.tell(`${busy.what}; it is looked at again in a minute`);
    await of.clock.sleep(jittered(betweenMs) * of.pace);
  }
}
