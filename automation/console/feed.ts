/** What the page is sent: the newest view of each environment, looked at only while somebody looks at the page. */
import { isDeepStrictEqual } from "node:util";
import { type Clock, jittered } from "../clock.ts";
import type { EnvironmentView } from "./views/environment.ts";

export type Told =
  | { readonly kind: "environment"; readonly view: EnvironmentView }
  | { readonly kind: "gone"; readonly stack: string }
  | { readonly kind: "trouble"; readonly why: string }
  /** It is known which environments there are. */
  | { readonly kind: "found" };

export interface FeedOptions {
  readonly stacks: () => Promise<readonly string[]>;
  readonly look: (stack: string) => Promise<EnvironmentView>;
  readonly reason: (error: unknown) => string;
  readonly clock: Clock;
  /** Between two looks at one environment, in milliseconds. */
  readonly everyMs: number;
  /** Between two looks for environments there are, in milliseconds. */
  readonly stacksEveryMs: number;
}

/** Environments looked at at the same time. */
const mostAtOnce = 8;

/** Keeps one view of each environment, and nothing of the past: what it needs of memory grows with environments alone. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #views = new Map<string, EnvironmentView>();
  readonly #listeners = new Set<(told: Told) => void>();
  readonly #waiting: (() => void)[] = [];
  #trouble: string | undefined;
  #found = false;
  #free = mostAtOnce;
  #running: AbortController | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get views(): readonly EnvironmentView[] {
    return [...this.#views.values()].sort((a, b) => (a.stack < b.stack ? -1 : 1));
  }

  get found(): boolean {
    return this.#found;
  }

  /** Why nobody knows which environments there are. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Looks at everything as long as anybody listens. */
  subscribe(listener: (told: Told) => void): () => void {
    this.#listeners.add(listener);
    if (this.#running === undefined) {
      this.#running = new AbortController();
      void this.#find(this.#running.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #find(ended: AbortSignal): Promise<void> {
    const { stacks, clock, stacksEveryMs, reason } = this.#options;
    const followed = new Map<string, AbortController>();
    ended.addEventListener("abort", () => {
      for (const one of followed.values()) one.abort();
    });
    while (!ended.aborted) {
      try {
        const names = new Set(await stacks());
        this.#say(undefined);
        if (!this.#found) this.#tell({ kind: "found" });
        this.#found = true;
        for (const [stack, one] of followed) {
          if (names.has(stack)) continue;
          one.abort();
          followed.delete(stack);
          this.#views.delete(stack);
          this.#tell({ kind: "gone", stack });
        }
        for (const stack of names) {
          if (ended.aborted || followed.has(stack)) continue;
          const one = new AbortController();
          followed.set(stack, one);
          void this.#follow(stack, one.signal);
        }
      } catch (error) {
        this.#say(reason(error));
      }
      await clock.sleep(stacksEveryMs, ended);
    }
  }

  async #follow(stack: string, ended: AbortSignal): Promise<void> {
    const { look, clock, everyMs } = this.#options;
    while (!ended.aborted) {
      await this.#turn();
      const view = ended.aborted ? undefined : await look(stack).finally(() => this.#done());
      if (view === undefined) return this.#done();
      if (ended.aborted) return;
      const before = this.#views.get(stack);
      if (before === undefined || !isDeepStrictEqual({ ...before, at: 0 }, { ...view, at: 0 })) {
        this.#views.set(stack, view);
        this.#tell({ kind: "environment", view });
      }
      await clock.sleep(jittered(everyMs), ended);
    }
  }

  async #turn(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #done(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }

  #say(why: string | undefined): void {
    if (why !== undefined && why !== this.#trouble) this.#tell({ kind: "trouble", why });
    if (why === undefined && this.#trouble !== undefined) this.#tell({ kind: "trouble", why: "" });
    this.#trouble = why;
  }

  #tell(told: Told): void {
    for (const listener of this.#listeners) listener(told);
  }
}
