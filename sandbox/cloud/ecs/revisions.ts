/** By family, then by number of the revision. */
export function sortedByRevision(arns: readonly string[]): string[] {
  const family = (arn: string) => arn.slice(0, arn.lastIndexOf(":"));
  const revision = (arn: string) => Number(arn.slice(arn.lastIndexOf(":") + 1));
  return [...arns].sort((a, b) =>
    family(a) === family(b) ? revision(a) - revision(b) : family(a) < family(b) ? -1 : 1,
  );
}
