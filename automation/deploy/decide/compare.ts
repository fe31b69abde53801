import type { Colour } from "../../../programs/release.ts";
import type { Figures, ObservedService } from "./model.ts";

/** One service while both of its colours may have traffic. */
export interface Shifted {
  readonly service: string;
  readonly from: Colour;
  readonly to: Colour;
  /** The new colour's share, in percent. */
  readonly percent: number;
  /** True when clients stick to a colour by cookie: shares then follow the weights only slowly. */
  readonly sticky: boolean;
}

/** Below so many requests on either side there is nothing to compare: one odd request would decide. */
const fewestRequests = 20;
/**
 * How unlikely the new colour's errors have to be if both colours were equally good. A bake of ten minutes looks some
 * twenty times at several services: at one in ten thousand a look, one deploy in a hundred at most is sent back by chance.
 */
const mostChance = 1e-4;
/** A share of errors that is larger by less than this is not worth a way back, however certain it is. */
const leastErrorShare = 0.01;
/** A new version may be a little slower; this much, in both ways at once, is seen by people. */
const slowerTimes = 1.5;
const slowerMs = 100;
/** Of so many periods the median is moved by no single slow one. */
const fewestPeriods = 3;
/** Share of targets that have to be unhealthy beyond the old colour's: of many tasks a single one may fail and be replaced. */
const leastUnhealthyShare = 0.1;
/** Standard deviations of a binomial count: four are left by chance once in sixteen thousand looks. */
const shareDeviations = 4;
/** Beside chance, a share may differ so much: clients that keep connections, nodes that learn of weights at different times. */
const shareSlack = 0.02;
/** With fewer requests, the tolerance at 10% would let even none at all pass. */
const fewestForShare = 250;

/**
 * In words, what the new colour does worse than the old one in the same window; undefined when nothing is. Errors and
 * latency are compared only where both colours had traffic, so a version that is no worse than a bad one goes through.
 */
export function worseThanBefore(
  { service, from, to, percent, sticky }: Shifted,
  figures: Readonly<Record<Colour, Figures>>,
  observed: ObservedService,
): string | undefined {
  const now = figures[to];
  const before = figures[from];
  const reason =
    unhealthier({ ...now, targets: observed[to].desired }, { ...before, targets: observed[from].desired }) ??
    moreErrors(now, before) ??
    slower(now, before) ??
    (sticky ? undefined : offWeight(now.settled, before.settled, percent));
  return reason && `${service} ${to} against ${from}: ${reason}`;
}

function moreErrors(now: Figures, before: Figures): string | undefined {
  if (now.requests < fewestRequests || before.requests < fewestRequests) return undefined;
  if (now.errors / now.requests - before.errors / before.requests < leastErrorShare) return undefined;
  if (chanceOfErrors(now, before) > mostChance) return undefined;
  return `5xx on ${now.errors} of ${now.requests} requests, where it was ${before.errors} of ${before.requests}`;
}

function slower(now: Figures, before: Figures): string | undefined {
  if (now.latencyMs === undefined || before.latencyMs === undefined) return undefined;
  if (Math.min(now.requests, before.requests) < fewestRequests) return undefined;
  if (Math.min(now.periods, before.periods) < fewestPeriods) return undefined;
  if (now.latencyMs < before.latencyMs * slowerTimes || now.latencyMs - before.latencyMs < slowerMs) return undefined;
  return `answers take ${Math.round(now.latencyMs)} ms, where it was ${Math.round(before.latencyMs)} ms`;
}

type Hosts = Pick<Figures, "unhealthy"> & { readonly targets: number };

function unhealthier(now: Hosts, before: Hosts): string | undefined {
  const share = ({ unhealthy, targets }: Hosts) => (targets === 0 ? 0 : Math.min(1, unhealthy / targets));
  if (now.unhealthy === 0 || share(now) - share(before) < leastUnhealthyShare) return undefined;
  return `${now.unhealthy} of ${now.targets} targets unhealthy, where it was ${before.unhealthy} of ${before.targets}`;
}

/** Requests that reached a colour have to be as many as its weight says, but for chance and a little more. */
export function offWeight(now: number, before: number, percent: number): string | undefined {
  const all = now + before;
  if (all < fewestForShare) return undefined;
  const weight = percent / 100;
  const tolerance = shareDeviations * Math.sqrt((weight * (1 - weight)) / all) + shareSlack;
  if (Math.abs(now / all - weight) <= tolerance) return undefined;
  return `traffic does not follow the weights: ${now} of ${all} requests at ${percent}%`;
}

type Counted = Pick<Figures, "requests" | "errors">;

/**
 * The chance of at least so many of all errors falling on the new colour's requests if they fell on any request alike:
 * Fisher's exact test, one-sided. It holds for small numbers too, where a normal approximation does not.
 */
export function chanceOfErrors(now: Counted, before: Counted): number {
  const all = now.requests + before.requests;
  const bad = now.errors + before.errors;
  const most = Math.min(bad, now.requests);
  let term = Math.exp(
    lnChoose(now.requests, now.errors) + lnChoose(before.requests, before.errors) - lnChoose(all, bad),
  );
  let chance = 0;
  // Too small a number to add up from: so far above the middle that nothing is left, or so far below that nearly all is.
  if (term < leastTerm) return now.errors * all > bad * now.requests ? 0 : 1;
  for (let k = now.errors; k <= most; k++) {
    chance += term;
    if (term < chance * 1e-12) break;
    term *= ((bad - k) / (k + 1)) * ((now.requests - k) / (before.requests - bad + k + 1));
  }
  return Math.min(1, chance);
}

/** Smaller numbers lose digits (IEEE 754, subnormal): a sum begun from one is off by as much. */
const leastTerm = 1e-290;

function lnChoose(n: number, k: number): number {
  return lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);
}

/** Stirling's series, exact to about ten digits from sixteen on; below that, multiplied out. */
function lnFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return Math.log(product);
  }
  return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n ** 3);
}
