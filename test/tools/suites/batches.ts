/** A file of suites, as a plan of a run sees it. */
export interface Weighed {
  readonly file: string;
  /** Expected duration. */
  readonly seconds: number;
  /** What it shares with other files when it runs in their process. */
  readonly shares: string | undefined;
}

/** Files that one process runs, one after the other. */
export interface Batch {
  readonly files: readonly string[];
  readonly seconds: number;
}

/** Starting a process and loading what suites import takes four seconds of a processor: less work than a few times that is not worth one. */
const worthAProcess = 15;

/**
 * Which files run together, the longest batches first: processes that each take the next batch when they are done end at
 * about the same time, the nearer the more batches there are for `each` of them. What shares something is divided no further than into one batch a process, since each starts it anew.
 */
export function batchesOf(files: readonly Weighed[], processes: number, each = 3): readonly Batch[] {
  const size = Math.max(worthAProcess, sum(files) / processes / each);
  const batches = [...Map.groupBy(files, ({ shares }) => shares)].flatMap(([shares, together]) => {
    const count = Math.ceil(sum(together) / size);
    return balanced(together, shares === undefined ? count : Math.min(count, processes));
  });
  return batches.sort((a, b) => b.seconds - a.seconds);
}

/** Each file, the longest first, goes where there is least so far. */
export function balanced(files: readonly Weighed[], count: number): readonly Batch[] {
  const batches = Array.from({ length: Math.max(1, count) }, () => ({ files: [] as string[], seconds: 0 }));
  for (const { file, seconds } of files.toSorted((a, b) => b.seconds - a.seconds)) {
    const least = batches.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    least.files.push(file);
    least.seconds += seconds;
  }
  return batches.filter((batch) => batch.files.length > 0);
}

function sum(files: readonly Weighed[]): number {
  return files.reduce((total, { seconds }) => total + seconds, 0);
}
