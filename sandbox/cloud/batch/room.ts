/** A job that waits for vCPUs. */
interface Waiting {
  readonly vcpus: number;
  readonly queue: string;
  readonly priority: number;
  readonly enter: () => void;
  readonly stuck: () => void;
}

/**
 * The vCPUs of a compute environment, and whose turn it is when some are free: the queue with the higher number first, within
 * one who came first, and nobody before a job of the same queue that does not fit (AWS Batch, "Job queue parameters", priority).
 */
export class Room {
  /** May change under who is inside already. */
  vcpus: number;
  #taken = 0;
  #waiting: Waiting[] = [];

  constructor(vcpus: number) {
    this.vcpus = vcpus;
  }

  /**
   * Waits for room. Answers what gives it back; undefined where `signal` aborts before there is any.
   *
   * @param stuck is called where it is the next of its queue, and asks for more than there is: it may be called again
   */
  async enter(
    wanted: { readonly vcpus: number; readonly queue: string; readonly priority: number },
    signal: AbortSignal,
    stuck: () => void = () => {},
  ): Promise<(() => void) | undefined> {
    const entered = await new Promise<boolean>((resolve) => {
      const one: Waiting = { ...wanted, stuck, enter: () => resolve(true) };
      const giveUp = () => {
        this.#waiting = this.#waiting.filter((other) => other !== one);
        resolve(false);
        this.#admit();
      };
      if (signal.aborted) return resolve(false);
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiting.push(one);
      this.#admit();
    });
    if (!entered) return undefined;
    return () => {
      this.#taken -= wanted.vcpus;
      this.#admit();
    };
  }

  #admit(): void {
    const blocked = new Set<string>();
    for (const one of this.#waiting.toSorted((a, b) => b.priority - a.priority)) {
      if (blocked.has(one.queue)) continue;
      if (this.#taken + one.vcpus > this.vcpus) {
        blocked.add(one.queue);
        if (one.vcpus > this.vcpus) one.stuck();
        continue;
      }
      this.#taken += one.vcpus;
      this.#waiting = this.#waiting.filter((other) => other !== one);
      one.enter();
    }
  }
}
