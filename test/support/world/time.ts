import { setImmediate as turn } from "node:timers/promises";

/** A number between 0 and 1, the same sequence for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Virtual time: events in the order of their time, and between two of them everything that promises can do. */
export class VirtualTime {
  now = Date.UTC(2026, 0, 5, 9);
  readonly #heap: Event[] = [];
  #order = 0;
  /** Events fired so far. */
  fired = 0;

  at(when: number, fire: () => void): void {
    this.#push({ at: Math.max(when, this.now), order: this.#order++, fire });
  }

  after(ms: number, fire: () => void): void {
    this.at(this.now + ms, fire);
  }

  /** Fires events until `done`, or none is left, or `most` were fired (then it throws: nothing may go on for ever). */
  async run(done: () => boolean, most: number): Promise<void> {
    await turn();
    for (let fired = 0; !done(); fired++) {
      const event = this.#pop();
      if (!event) return;
      if (fired >= most) throw new Error(`still not over after ${most} events`);
      this.now = event.at;
      this.fired += 1;
      event.fire();
      await turn();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent] as Event)) break;
      heap[i] = heap[parent] as Event;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!before(heap[child] as Event, last)) break;
      heap[i] = heap[child] as Event;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
