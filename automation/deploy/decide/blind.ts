import type { Decision } from "./decision.ts";
import { giveUp, type Planned, wait } from "./situation.ts";

/** Looks in a row without the alarms or the figures after which a shift is given up: one bad answer is no reason. */
const mostUnread = 5;

/** Nobody goes on with their eyes shut: what cannot be watched waits, and when it stays so, traffic goes back. */
export function unlessBlind(s: Planned, decision: Decision): Decision {
  const { unread } = s.observed;
  const turnsBack = decision.kind === "step" && decision.undo !== undefined;
  if (!unread || turnsBack || s.progress.recorded) return decision;
  const why = `alarms or the load balancer's figures cannot be read (${unread.why})`;
  if (unread.looks >= mostUnread) return giveUp(`${why}, so a bad version would not be noticed`);
  return wait("bake", why, s.now + s.goal.limits.healthyMs);
}
