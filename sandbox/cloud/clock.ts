import type { Clock } from "./handlers.ts";

/** Real time, scaled by the pace for every wait. */
export function pacedClock(pace: number): Clock {
  const paced = (awsMs: number) => awsMs * pace;
  return {
    now: () => Date.now(),
    paced,
    wait: (awsMs, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", abort);
          resolve();
        }, paced(awsMs));
        timer.unref();
        const abort = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      }),
  };
}
