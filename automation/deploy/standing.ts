import { SwitchyardError } from "../../programs/errors.ts";
import type { Goal, Mutation, Observed } from "./model.ts";
import type { RunEvent } from "./run.ts";
import { showWeights } from "./situation.ts";

/** Weights as a step has just written them: they are not read again before the next decision. */
export function withWritten(observed: Observed, writes: readonly Mutation[]): Observed {
  const services = { ...observed.services };
  for (const write of writes) {
    const service = write.kind === "set-weights" && write.rule === "production" ? services[write.service] : undefined;
    if (write.kind === "set-weights" && service) services[write.service] = { ...service, weights: write.weights };
  }
  return { ...observed, services };
}

/** What was last seen of the environment, as far as a run's events tell. */
export function lastSeen(before: Observed | undefined, event: RunEvent): Observed | undefined {
  switch (event.kind) {
    case "step":
    case "wait":
      return event.observed;
    case "result":
      return before && event.result.ok ? withWritten(before, event.step.writes) : before;
    case "retry":
      return before;
  }
}

/**
 * A run whose credentials ended can neither go on nor turn back, nor give its lease back: its error says what it leaves
 * and how that goes on. Any other error as it is.
 */
export function stranded(error: unknown, stack: string, { kind, version }: Goal, seen: Observed | undefined): unknown {
  if (!(error instanceof SwitchyardError) || error.code !== "credentials") return error;
  const shares = Object.entries(seen?.services ?? {}).map(([name, { weights }]) => `${name} ${showWeights(weights)}`);
  const traffic = shares.length === 0 ? "no traffic was moved" : `traffic stays at ${shares.join(", ")}`;
  return new SwitchyardError("credentials", {
    what: `${error.what}; nothing was undone, ${traffic}, and nobody watches it until the next run`,
    where: `${kind} ${version} of ${stack}`,
    fix: `get new credentials and run the same command again: it goes on from there; \`switchyard abort ${stack}\` undoes it`,
    cause: error,
  });
}
