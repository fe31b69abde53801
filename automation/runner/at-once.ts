export interface AtOnce<T, S, R> {
  /** So many are under way at most. */
  readonly most: number;
  /** Is called for one after the other, in the order that is given. */
  readonly start: (thing: T) => Promise<S>;
  /** Beside the others. */
  readonly follow: (started: S, thing: T) => Promise<R>;
  /** Once it is aborted nothing more is started. */
  readonly detach: AbortSignal;
}

/** Starts each in its turn and follows them together; one that fails ends no other. @returns in the order that was given */
export async function startedInTurn<T, S, R>(
  things: readonly T[],
  { most, start, follow, detach }: AtOnce<T, S, R>,
): Promise<readonly PromiseSettledResult<R>[]> {
  const underWay = new Set<Promise<unknown>>();
  const all: Promise<PromiseSettledResult<R>>[] = [];
  for (const thing of things) {
    if (underWay.size >= most) await Promise.race(underWay);
    if (detach.aborted) break;
    const started = await settled(start(thing));
    const ended = started.status === "rejected" ? Promise.resolve(started) : settled(follow(started.value, thing));
    all.push(ended);
    underWay.add(ended);
    void ended.then(() => underWay.delete(ended));
  }
  return Promise.all(all);
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}
