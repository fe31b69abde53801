/** What is done to one thing, one after the other; to several things, side by side. */
export class Turns {
  /** The last turn asked for, by thing. */
  readonly #last = new Map<string, Promise<unknown>>();
  /** Refreshes that have not begun. */
  readonly #waiting = new Map<string, Promise<unknown>>();

  /**
   * One refresh of a thing after the other: an earlier, slower answer must not replace a later one. Whoever asks while
   * one waits for its turn shares it: it begins after the asking, so it sees what was written before.
   */
  refresh<T>(thing: string, refresh: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(thing) as Promise<T> | undefined;
    if (waiting) return waiting;
    const begin = () => {
      this.#waiting.delete(thing);
      return refresh();
    };
    const turn = this.next(thing, begin);
    this.#waiting.set(thing, turn);
    return turn;
  }

  /** Begins when all that was asked of this thing before is over. */
  next<T>(thing: string, begin: () => T | Promise<T>): Promise<T> {
    const turn = (this.#last.get(thing) ?? Promise.resolve()).then(begin, begin);
    this.#last.set(thing, turn);
    return turn.finally(() => {
      if (this.#last.get(thing) === turn) this.#last.delete(thing);
    });
  }

  /** Begins when all that was asked of any of these things before is over. */
  all<T>(things: readonly string[], begin: () => T | Promise<T>): Promise<T> {
    // In one order, each once: neither two that are about the same things nor one by itself must wait for ever.
    const inOrder = [...new Set(things)].sort();
    return inOrder.reduceRight<() => Promise<T>>(
      (inner, thing) => () => this.next(thing, inner),
      async () => begin(),
    )();
  }
}
