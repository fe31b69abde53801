import { SwitchyardError } from "../../../programs/errors.ts";
import { awsRefusal } from "../../aws/refusals.ts";
import type { Mutation } from "../decide/decision.ts";
import type { Goal } from "../decide/goal.ts";
import type { Observed } from "../decide/model.ts";
import { showWeights } from "../decide/situation.ts";
import type { RunEvent } from "./loop.ts";

/** Production rules as a step has just written them: they are not read again before the next decision. */
export function withWritten(observed: Observed, writes: readonly Mutation[]): Observed {
  const services = { ...observed.services };
  for (const write of writes) {
    if (write.kind === "set-priorities")
      for (const { service, rule, priority } of write.places) {
        const seen = services[service];
        if (!seen?.rules) continue;
        services[service] = { ...seen, rules: { ...seen.rules, [rule]: { ...seen.rules[rule], priority } } };
      }
    const service = write.kind === "set-weights" && write.rule === "production" ? services[write.service] : undefined;
    if (write.kind !== "set-weights" || !service) continue;
    const { rules } = service;
    const production = rules && { ...rules.production, ...(write.takes !== undefined && { takes: write.takes }) };
    const { weights } = write;
    services[write.service] = { ...service, weights, ...(production && { rules: { ...rules, production } }) };
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
 * A run that AWS lets do nothing more, as when its credentials ended, can neither go on nor turn back: its error says what
 * it leaves and how that goes on. Any other error as it is.
 */
export function stranded(thrown: unknown, stack: string, { kind, version }: Goal, seen: Observed | undefined): unknown {
  const error = thrown instanceof SwitchyardError ? thrown : awsRefusal(thrown);
  if (error === undefined || !withoutAws.has(error.code)) return thrown;
  const shares = Object.entries(seen?.services ?? {}).map(([name, { weights }]) => `${name} ${showWeights(weights)}`);
  const traffic = shares.length === 0 ? "no traffic was moved" : `traffic stays at ${shares.join(", ")}`;
  const what = `${error.what}; nothing was undone, ${traffic}, and nobody watches it until the next run`;
  const operation = `${kind} ${version} of ${stack}`;
  const where = `${operation}, ${error.where}`;
  const then = `and run the same command again: it goes on from there; \`switchyard abort ${stack}\` undoes it`;
  const fix = `${error.fix.replace(/ and run the command again/, "")}, ${then}`;
  const cause = error;
  if (error.code === "unreachable") return new SwitchyardError("unreachable", { what, where, fix, cause });
  if (error.code === "aws-refused") return new SwitchyardError("aws-refused", { what, where, fix, cause });
  return new SwitchyardError("credentials", { what, where: operation, fix: `get new credentials, ${then}`, cause });
}

const withoutAws: ReadonlySet<string> = new Set(["credentials", "aws-refused", "unreachable"]);
