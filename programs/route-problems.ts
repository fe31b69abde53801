import type * as z from "zod";
import { covers } from "./routes.ts";
import { problem } from "./validation.ts";

/** A service's configuration, as far as its route goes. */
interface Routed {
  readonly path: string;
  readonly priority: number;
  readonly replaces?: string | undefined;
  readonly healthCheck: { readonly path: string };
  readonly checks: readonly { readonly path: string }[];
}

type Services = Readonly<Record<string, Routed>>;

/** What of a service's place among the rules does not fit with the other services'. */
export function routeProblems(name: string, services: Services, context: z.RefinementCtx): void {
  const mine = services[name];
  if (mine === undefined) return;
  for (const [other, theirs] of Object.entries(services))
    if (other !== name) placeProblem([name, mine], [other, theirs], context);
  if (mine.replaces !== undefined) replacementProblem(name, mine, services, context);
  if (!covers(mine.path, mine.healthCheck.path))
    problem(
      context,
      ["services", name, "healthCheck", "path"],
      `is not below ${mine.path}: the proof before a shift would ask another service`,
      `Set it to a path the service answers there, such as ${mine.path === "/" ? "" : mine.path}/healthz`,
    );
  for (const [index, { path }] of mine.checks.entries())
    if (!covers(mine.path, path.replace(/[?#].*$/, "")))
      problem(
        context,
        ["services", name, "checks", index, "path"],
        `is not below ${mine.path}`,
        "Check the service's own paths",
      );
}

type Named = readonly [name: string, service: Routed];

/** Every request takes the first rule that holds its path, by priority. */
function placeProblem([name, mine]: Named, [other, theirs]: Named, context: z.RefinementCtx): void {
  if (other < name && theirs.priority === mine.priority)
    problem(
      context,
      ["services", name, "priority"],
      `${mine.priority} is also ${other}'s`,
      "Give each service its own",
    );
  if (theirs.path === mine.path) {
    if (other < name && mine.replaces !== other && theirs.replaces !== name)
      problem(
        context,
        ["services", name, "path"],
        `${mine.path} is also ${other}'s`,
        `Give each service its own; the one that is to take over from the other names it as replaces`,
      );
  } else if (covers(theirs.path, mine.path) && mine.priority > theirs.priority)
    problem(
      context,
      ["services", name, "priority"],
      `${mine.priority} comes after ${other}'s, whose path ${theirs.path} holds ${mine.path}`,
      `Set it below ${theirs.priority}`,
    );
}

/** The old rule stays behind the new one, as the way back, until it is retired. */
function replacementProblem(name: string, mine: Routed, services: Services, context: z.RefinementCtx): void {
  const { replaces: old = "" } = mine;
  const at = ["services", name, "replaces"];
  const theirs = services[old];
  if (old === name) problem(context, at, "is the service itself", "Name the one whose path it takes over");
  else if (theirs === undefined)
    problem(context, at, `${old} is no service here`, "Name the one whose path it takes over, or remove the line");
  else if (theirs.path !== mine.path)
    problem(
      context,
      at,
      `${old} answers ${theirs.path}, not ${mine.path}`,
      `Set services.${name}.path to ${theirs.path}, or remove the line`,
    );
  else if (mine.priority > theirs.priority)
    problem(
      context,
      ["services", name, "priority"],
      `${mine.priority} comes after ${old}'s, which it replaces: it would answer nothing`,
      `Set it below ${theirs.priority}`,
    );
}
