import { globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const durationsFile = join(import.meta.dirname, "durations.json");

/** Suites that are run together by one command. */
export interface SuiteSet {
  /** Files, relative to the project. */
  readonly files: readonly string[];
  /** Mocha's own settings for them, in milliseconds. */
  readonly mocha: { readonly timeout: number; readonly slow: number };
  /** Seconds to expect of a file nobody has measured yet. */
  readonly guess: number;
  /**
   * How many processes share them, unless told otherwise. Quick suites wait for something a quarter of their time, which one more
   * process uses. Under each slow suite a load goes on: what it takes while the driver waits for its turn is more than would be won.
   */
  readonly processes: number;
  /** Batches for each of them: slow suites take so long that starting a process is nothing beside one that ends late. */
  readonly batches: number;
}

/** `quick` is every suite outside `test/faults`, `faults` those in it. */
export function suiteSet(name: "quick" | "faults"): SuiteSet {
  const all = globSync("test/**/*.test.ts", { cwd: root }).sort();
  const isSlow = (file: string) => file.startsWith("test/faults/");
  const settings = name === "quick" ? ".mocharc.json" : ".mocharc.faults.json";
  return {
    files: all.filter((file) => isSlow(file) === (name === "faults")),
    mocha: JSON.parse(readFileSync(join(root, settings), "utf8")) as SuiteSet["mocha"],
    guess: name === "quick" ? 0.5 : 60,
    processes: name === "quick" ? Math.min(4, availableParallelism() + 1) : Math.min(3, availableParallelism()),
    batches: name === "quick" ? 3 : 6,
  };
}

/** The sandbox's cloud, one with a version served, PostgreSQL, and the motos of clouds in the suites' own process. */
const shared = [
  /\buseCloud\b/,
  /\buseReleases\b/,
  /\buseDatabase\b/,
  /\b(?:useInProcessCloud|startInProcess|useJobs|useApp)\b/,
];

/** What the suites of a file share with each other in one process, and would each have to start in processes of their own. */
export function sharedBy(file: string): string | undefined {
  const text = readFileSync(join(root, file), "utf8");
  return shared.find((what) => what.test(text))?.source;
}

/** Seconds each file took when it was last recorded. */
export function recordedSeconds(): Readonly<Record<string, number>> {
  return JSON.parse(readFileSync(durationsFile, "utf8")) as Record<string, number>;
}

export { durationsFile, root };
