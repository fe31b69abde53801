/** Tasks that wait until somebody gives their token back. */
import type { CloudContext } from "../handlers.ts";
import { awsError } from "../handlers.ts";
import { StateError } from "./evaluate.ts";

interface Waiting {
  readonly succeed: (result: unknown) => void;
  readonly fail: (error: StateError) => void;
  /** Says that whoever has the token lives. */
  readonly beat: () => void;
}

export class Tokens {
  readonly #waiting = new Map<string, Waiting>();
  readonly #over = new Set<string>();
  readonly #clock: CloudContext["clock"];

  constructor(clock: CloudContext["clock"]) {
    this.#clock = clock;
  }

  /** Waits for a token; without a sign of life every `heartbeatSeconds` it fails. */
  open(token: string, heartbeatSeconds: number | undefined): Promise<unknown> {
    this.#over.delete(token);
    return new Promise((succeed, fail) => {
      let timer: NodeJS.Timeout | undefined;
      const beat = () => {
        clearTimeout(timer);
        if (heartbeatSeconds === undefined) return;
        const late = new StateError("States.HeartbeatTimeout", `no heartbeat within ${heartbeatSeconds} s`);
        timer = setTimeout(() => fail(late), this.#clock.paced(heartbeatSeconds * 1000)).unref();
      };
      this.#waiting.set(token, { succeed, fail, beat });
      beat();
    });
  }

  /** Nobody waits for it any more. */
  close(token: string): void {
    if (this.#waiting.delete(token)) this.#over.add(token);
  }

  /** A token answers once. @throws AwsError for one that nobody waits for. */
  take(token: string | undefined): Waiting {
    const waiting = this.look(token);
    this.close(token ?? "");
    return waiting;
  }

  look(token: string | undefined): Waiting {
    const waiting = this.#waiting.get(token ?? "");
    if (waiting !== undefined) return waiting;
    if (this.#over.has(token ?? ""))
      throw awsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    throw awsError("InvalidToken", "Invalid Token: 'Invalid token'");
  }

  clear(): void {
    this.#waiting.clear();
    this.#over.clear();
  }
}
