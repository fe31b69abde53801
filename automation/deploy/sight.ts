import { SwitchyardError } from "../../programs/errors.ts";
import type { Traffic } from "./figures.ts";
import type { Decision, Observed } from "./model.ts";
import { giveUp, type Planned, wait } from "./situation.ts";

/** Looks in a row without the alarms or the figures after which a shift is given up: one bad answer is no reason. */
const mostUnread = 5;

export interface Seen {
  readonly alarm?: string;
  readonly traffic?: Traffic;
  readonly unread?: Observed["unread"];
}

/** Reads what is watched, and counts the looks in a row at which some of it could not be read. */
export class Sight {
  #looks = 0;

  /** What could be read counts, also where the rest could not. Calls used up are no look. */
  async look(alarm: Promise<string | undefined>, traffic: Promise<Traffic | undefined> | undefined): Promise<Seen> {
    const [a, t] = await Promise.allSettled([alarm, traffic]);
    const failed = [a, t].flatMap((s) => (s.status === "rejected" ? [s.reason as Error] : []));
    const [first] = failed;
    const ours = failed.find((e) => e instanceof SwitchyardError);
    if (ours) throw ours;
    this.#looks = first ? this.#looks + 1 : 0;
    return {
      ...(a.status === "fulfilled" && a.value !== undefined && { alarm: a.value }),
      ...(t.status === "fulfilled" && t.value && { traffic: t.value }),
      ...(first && { unread: { looks: this.#looks, why: `${first.name}: ${first.message}` } }),
    };
  }
}

/** Nobody goes on with their eyes shut: what cannot be watched waits, and when it stays so, traffic goes back. */
export function unlessBlind(s: Planned, decision: Decision): Decision {
  const { unread } = s.observed;
  const turnsBack = decision.kind === "step" && decision.undo !== undefined;
  if (!unread || turnsBack || s.progress.recorded) return decision;
  const why = `alarms or the load balancer's figures cannot be read (${unread.why})`;
  if (unread.looks >= mostUnread) return giveUp(`${why}, so a bad version would not be noticed`);
  return wait("bake", why, s.now + s.goal.limits.healthyMs);
}
