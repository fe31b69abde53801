/** What there is after everything was destroyed, and why. */

/** Something that carries the project's tags. */
export interface Tagged {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Of a key that is to be deleted, as AWS says it: an ISO date. */
  readonly deletedOn?: string | undefined;
}

export interface LeftOver {
  readonly arn: string;
  readonly stack: string;
  /** `ending`: AWS takes it away by itself; `kept`: on purpose; `stray`: nobody will. */
  readonly kind: "ending" | "kept" | "stray";
  readonly why: string;
}

interface Kept {
  readonly arn: RegExp;
  readonly why: string;
}

const kept: readonly Kept[] = [
  {
    arn: /:organizations::\d+:account\//,
    why: "an account is closed by `switchyard account close` alone",
  },
  {
    arn: /:ecs:[^:]+:\d+:task-definition\//,
    why: "a task definition, which costs nothing: AWS keeps it until it is deregistered and deleted by hand",
  },
  { arn: /:rds:[^:]+:\d+:(cluster-)?snapshot:/, why: "the last copy of a database, which is kept: delete it by hand" },
];

/**
 * Judges each thing once.
 *
 * @param stateBuckets names of the buckets that hold the stacks' state
 */
export function leftOvers(found: readonly Tagged[], stateBuckets: readonly string[] = []): readonly LeftOver[] {
  const once = new Map(found.map((one) => [one.arn, one]));
  return [...once.values()]
    .map((one) => ({ arn: one.arn, stack: one.tags["stack"] ?? "", ...judged(one, stateBuckets) }))
    .toSorted((one, other) => (one.arn < other.arn ? -1 : 1));
}

function judged({ arn, tags, deletedOn }: Tagged, stateBuckets: readonly string[]): Pick<LeftOver, "kind" | "why"> {
  if (deletedOn !== undefined) return { kind: "ending", why: `AWS deletes it on ${deletedOn.slice(0, 10)}` };
  if (stateBuckets.some((name) => arn.endsWith(`:s3:::${name}`)))
    return { kind: "kept", why: "it holds the stacks' state, and what they were: delete it by hand" };
  const known = kept.find((one) => one.arn.test(arn));
  if (known !== undefined) return { kind: "kept", why: known.why };
  const stack = tags["stack"];
  return {
    kind: "stray",
    why:
      stack === undefined
        ? "no stack made it: it was tagged by hand"
        : `the state of ${stack} does not have it: another state may, or a killed update left it; delete it by hand`,
  };
}
