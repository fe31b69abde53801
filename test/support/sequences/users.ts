import { setTimeout as delay } from "node:timers/promises";

/** Time between two requests of one user, and for an answer, in milliseconds. */
const paceMs = 30;
const patienceMs = 10_000;

/** Users who ask for some paths all the time, and what each was answered, in order. */
export class Users {
  readonly #answers: Record<string, string[]>;
  readonly #url: string;
  readonly #fetch: typeof fetch;
  readonly #users: readonly Promise<void>[];
  #over = false;

  /** @param by How they ask: the usual way unless given. */
  constructor(url: string, paths: readonly string[], by: typeof fetch = fetch) {
    this.#url = url;
    this.#fetch = by;
    this.#answers = Object.fromEntries(paths.map((path) => [path, []]));
    this.#users = paths.map(async (path) => {
      while (!this.#over) {
        this.#answers[path]?.push(await this.ask(path));
        await delay(paceMs);
      }
    });
  }

  /** A status, or why there was no answer. */
  async ask(path: string): Promise<string> {
    try {
      const signal = AbortSignal.timeout(patienceMs);
      const answer = await this.#fetch(new URL(path, this.#url), { headers: { connection: "close" }, signal });
      await answer.arrayBuffer();
      return String(answer.status);
    } catch (error) {
      return (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name;
    }
  }

  /** Ends the users. Of paths that were served before and are now, the answers that were none. */
  async end(): Promise<{ readonly failed: readonly string[]; readonly asked: number }> {
    this.#over = true;
    await Promise.all(this.#users);
    const failed: string[] = [];
    for (const [path, answers] of Object.entries(this.#answers)) {
      if (answers[0] !== "200" || (await this.ask(path)) !== "200") continue;
      failed.push(...answers.filter((answer) => answer !== "200").map((answer) => `${path}: ${answer}`));
    }
    return { failed, asked: Object.values(this.#answers).flat().length };
  }
}
