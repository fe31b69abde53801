import { setTimeout as delay } from "node:timers/promises";
import type { LoadClient } from "./client.ts";
import { mix } from "./mix.ts";
import { type LoadResult, Recorder } from "./recorder.ts";

export interface LoadOptions {
  readonly client: LoadClient;
  /** Requests a second, sent on time whether or not earlier ones were answered. */
  readonly rate: number;
  readonly maxRequests: number;
  readonly maxSeconds: number;
  /** Ends the load: what is in flight is waited for. */
  readonly signal: AbortSignal;
  readonly onSecond?: (progress: Recorder["progress"]) => void;
}

/** More than this many unanswered requests means the machine is too slow for the rate: further ones are skipped. */
const maxInFlight = 256;

export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const { client, rate, signal } = options;
  const recorder = new Recorder(Date.now());
  const started = performance.now();
  const inFlight = new Set<Promise<void>>();
  const ticker = setInterval(() => options.onSecond?.(recorder.progress), 1_000);
  for (let n = 0; n < options.maxRequests && !signal.aborted; n++) {
    const due = started + (n * 1_000) / rate;
    if (due - started > options.maxSeconds * 1_000) break;
    const wait = due - performance.now();
    if (wait > 1) await delay(wait, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    if (inFlight.size >= maxInFlight) {
      recorder.skipped++;
      await Promise.race(inFlight);
      continue;
    }
    const kind = mix[n % mix.length];
    if (kind === undefined) throw new Error("the mix is empty");
    const sent = client.send(kind, n).then((outcome) => {
      recorder.add(outcome);
      inFlight.delete(sent);
    });
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
  clearInterval(ticker);
  client.close();
  return recorder.result(Date.now());
}
