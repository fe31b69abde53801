/** `12 created, 3 unchanged`. */
export function countsLine(counts: Readonly<Record<string, number | undefined>>): string {
  const words: Readonly<Record<string, string>> = {
    create: "created",
    update: "updated",
    replace: "replaced",
    delete: "deleted",
    same: "unchanged",
    read: "read",
  };
  const parts = Object.entries(words).flatMap(([op, word]) => ((counts[op] ?? 0) > 0 ? [`${counts[op]} ${word}`] : []));
  return parts.length === 0 ? "no resources" : parts.join(", ");
}
