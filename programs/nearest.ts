/** The candidate one most probably meant to write; undefined when none is near. */
export function nearest(written: string, candidates: Iterable<string>): string | undefined {
  return nearestOf(written, candidates, 1)[0];
}

/** The nearest candidates, as many as are asked for at most, the nearest first. */
export function nearestOf(written: string, candidates: Iterable<string>, most: number): string[] {
  const near = Math.max(1, Math.floor(written.length / 3));
  return [...candidates]
    .map((candidate) => ({ candidate, edits: distance(written.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= near)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Letters to add, leave out, replace or swap with the next one (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : replaced;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(a.length, b.length);
}

/** How to correct an unknown name: the one that was meant, or all there are. */
export function didYouMean(written: string, candidates: readonly string[], what: string): string {
  const meant = nearest(written, candidates);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  if (candidates.length === 0) return `There is no ${what} yet: add one, or leave this out`;
  const shown = candidates.slice(0, 10).join(", ");
  return `The ones there are: ${shown}${candidates.length > 10 ? ", …" : ""}`;
}
