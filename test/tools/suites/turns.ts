import { balanced, type Weighed } from "./batches.ts";

/** As many commits share among them what takes too long for each. */
export const turns = 10;

/** What promises most, and what others stand on: not left to another commit. */
const everyCommit = new Set(["story", "releases"].map((name) => `test/faults/${name}.test.ts`));

/** Which turn a commit has, by its hash: the same for everyone who runs it, and as good as drawn. */
export function turnOf(commit: string): number {
  return Number.parseInt(commit.slice(0, 8), 16) % turns;
}

/** The files that are run in a turn; each is in one turn at least, and all turns take about as long. */
export function filesOfTurn(files: readonly Weighed[], turn: number): readonly Weighed[] {
  const [always = [], shared = []] = [true, false].map((is) =>
    files.filter(({ file }) => everyCommit.has(file) === is),
  );
  const chosen = new Set(balanced(shared, turns)[turn]?.files);
  return [...always, ...shared.filter(({ file }) => chosen.has(file))];
}
