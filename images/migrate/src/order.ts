import type { Phase } from "./request.ts";

interface Named {
  readonly name: string;
  readonly kind: Phase;
}

export interface OutOfOrder<T extends Named> {
  readonly migration: T;
  /** The newest one applied that should have come after it. */
  readonly after: string;
}

/**
 * Pending migrations with a number that is not above those applied already, as when two branches are merged: this database
 * would get them in another order than a new one. A contract waits while newer expands are applied, so it is held against
 * contracts only.
 */
export function outOfOrder<T extends Named>(pending: readonly T[], applied: readonly Named[]): OutOfOrder<T>[] {
  return pending.flatMap((migration) => {
    const after = applied
      .filter(({ name, kind }) => numberOf(name) >= numberOf(migration.name) && counts(migration.kind, kind))
      .map(({ name }) => name)
      .sort()
      .at(-1);
    return after === undefined ? [] : [{ migration, after }];
  });
}

/** What is wrong with one, and how to mend it. */
export function orderProblem({ after }: Pick<OutOfOrder<Named>, "after">): { what: string; fix: string } {
  return {
    what: `${after} is applied already, so this database would get the two in another order than a new one`,
    fix: `give it a number above ${after.slice(0, 4)}; where the order does not matter, write \`-- lint: allow older-number: <reason>\` in it`,
  };
}

const counts = (pending: Phase, applied: Phase) => pending === "expand" || applied === "contract";

const numberOf = (name: string) => Number(name.slice(0, 4));
