import type { Json } from "./description.ts";
import { forbidden, notFound } from "./refusal.ts";
import type { Places } from "./shapes.ts";
import type { Issue, Pull, Repository, Role, State, User } from "./state.ts";
import { may } from "./state.ts";

/** A call that is as GitHub describes it, by somebody it knows. */
export interface Call {
  readonly state: State;
  readonly places: Places;
  readonly user: User;
  readonly repository: Repository;
  /** Of the path and of the query. */
  readonly params: Json;
  readonly body: Json;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Of a list: all of it; the page that was asked for is cut from it. */
  readonly all?: readonly unknown[];
}

export type Handler = (call: Call) => Answer | Promise<Answer>;
export type Handlers = Readonly<Record<string, Handler>>;

export function requireRole({ repository, user }: Call, least: Role): void {
  if (!may(repository, user, least)) throw forbidden();
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function issueOf({ repository, params }: Call, key = "issue_number"): Issue {
  const found = repository.issues.find(({ number }) => number === params[key]);
  if (!found) throw notFound();
  return found;
}

export function pullOf(call: Call): Issue & { readonly pull: Pull } {
  const issue = issueOf(call, "pull_number");
  if (!issue.pull) throw notFound();
  return issue as Issue & { readonly pull: Pull };
}

export function byId<T extends { readonly id: number }>(things: readonly T[], id: unknown): T {
  const found = things.find((thing) => thing.id === id);
  if (!found) throw notFound();
  return found;
}
