/** Whether an environment is answered, asked as anybody asks it: through the load balancer. */
import type { ReleaseDocument } from "../../../programs/release.ts";
import type { Clock } from "../../clock.ts";
import type { Surroundings } from "../../surroundings.ts";
import type { EnvironmentShape } from "../observe/shape.ts";
import { urlOf } from "./proof.ts";

/** A path, and what it has to be answered with. */
export interface Asked {
  readonly path: string;
  /** Anything that is no error of the server's when absent. */
  readonly status?: number;
}

export interface AskOptions {
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** How long a wrong answer may become right, in milliseconds: weights and rules are not everywhere at once. */
  readonly waitMs: number;
  readonly pollMs: number;
}

const pollMs = 1_000;
const shortestPollMs = 50;

/** As everything else waits in these surroundings. */
export function askingIn(where: Surroundings, clock: Clock): AskOptions {
  return {
    ...{ clock, fetch: where.fetch ?? fetch, waitMs: where.propagationMs },
    pollMs: Math.max(shortestPollMs, pollMs * where.pace),
  };
}

/** What the services that serve are asked for: their checks, else where the load balancer asks them. */
export function askedOfServing(
  { services }: Pick<EnvironmentShape, "services">,
  release: ReleaseDocument,
): readonly Asked[] {
  return Object.entries(services).flatMap(([name, { checks, healthCheckPath }]): readonly Asked[] => {
    if (release.services[name]?.live === undefined) return [];
    return checks.length > 0 ? checks : [{ path: healthCheckPath }];
  });
}

/** @returns what is not answered as it has to be, in words; undefined where all is. */
export async function untilAnswered(
  shape: Pick<EnvironmentShape, "url">,
  asked: readonly Asked[],
  { clock, waitMs, pollMs, ...options }: AskOptions,
): Promise<string | undefined> {
  const deadline = clock.now() + waitMs;
  for (const { path, status } of asked)
    for (;;) {
      const wrong = await wrongAnswer(urlOf(shape, path), status, options.fetch);
      if (wrong === undefined) break;
      if (clock.now() > deadline) return `${path} ${wrong}`;
      await clock.sleep(pollMs);
    }
  return undefined;
}

const longestAnswerMs = 10_000;

async function wrongAnswer(url: string, status: number | undefined, ask: typeof fetch): Promise<string | undefined> {
  try {
    const answer = await ask(url, { redirect: "manual", signal: AbortSignal.timeout(longestAnswerMs) });
    await answer.body?.cancel();
    if (status === undefined ? answer.status < 500 : answer.status === status) return undefined;
    return `is answered with ${answer.status}, not ${status ?? "what serves"}`;
  } catch (error) {
    return `is not answered (${(error as Error).message})`;
  }
}
