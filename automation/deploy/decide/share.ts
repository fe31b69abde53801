import { offWeight } from "./compare.ts";

/** One sampled request, by which release answered it; `failed` says why none of the two did. */
export type Sample = { readonly release: "new" | "old" } | { readonly failed: string; readonly stranger: boolean };

/**
 * Samples a share is judged by. Of 250 at 10%, 2 to 48 pass. A true share is refused once in 230,000 windows at most,
 * whatever the weight; 50% passes for 10% less often than once in 10²⁰, and anything 25 percentage points off once in 1,000.
 */
const fewestSamples = 250;
/** None at all of a share comes by chance once in a million windows: e⁻¹⁴. */
const surelySome = 14;
/** An application answers some requests badly whatever its release; the watch compares that with the old one. */
const mostFailed = 0.01;

export function samplesFor(percent: number): number {
  return Math.max(fewestSamples, Math.ceil((surelySome * 100) / percent));
}

/** In words, why these samples are not what the weights say; undefined when they are. */
export function wrongShare(samples: readonly Sample[], percent: number): string | undefined {
  const failed = samples.flatMap((s) => ("failed" in s ? [s] : []));
  const stranger = failed.find((s) => s.stranger);
  if (stranger) return stranger.failed;
  if (failed.length > samples.length * mostFailed)
    return `${failed.length} of ${samples.length} requests failed: ${failed.at(-1)?.failed}`;
  const count = (release: "new" | "old") => samples.filter((s) => "release" in s && s.release === release).length;
  const [now, before] = [count("new"), count("old")];
  if (now === 0) return `none of ${samples.length} requests reached the new version at ${percent}%`;
  return offWeight(now, before, percent);
}
