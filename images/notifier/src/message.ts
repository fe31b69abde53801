/** What the status queue holds: messages of the state machines, and EventBridge's events of executions that ended. */

export interface Told {
  /** The same for the same thing, however often it is told: a question, a freeze, an end. */
  readonly key: string;
  readonly execution: string;
  /** `plan`, `plan-apply`, `ephemeral` or `run`. */
  readonly machine: string;
  readonly stack: string;
  readonly commit: string;
  readonly actor: string;
  /** 0 where there is none. */
  readonly pullRequest: number;
  readonly what:
    | { readonly kind: "approval" | "frozen" | "succeeded" }
    | { readonly kind: "failed"; readonly error: string; readonly cause: string };
}

/** @throws Error for what is none of them, naming the member; never with the message's content: it may hold a token. */
export function readMessage(body: string): Told {
  const message = objectOf(body, "the message");
  if (message["source"] === "aws.states") return ended(message["detail"]);
  const kind = message["kind"];
  if (kind !== "approval" && kind !== "frozen") throw new Error("kind: it is neither approval nor frozen");
  return { ...toldOf(message, text(message, "execution"), kind), what: { kind } };
}

function ended(detail: unknown): Told {
  const given = objectOf(detail, "detail");
  const status = text(given, "status");
  const input = objectOf(given["input"], "detail.input");
  const told = toldOf(input, text(given, "executionArn"), status.toLowerCase());
  if (status === "SUCCEEDED") return { ...told, what: { kind: "succeeded" } };
  const optional = (name: string, other: string) => (typeof given[name] === "string" ? given[name] : other);
  return { ...told, what: { kind: "failed", error: optional("error", status), cause: optional("cause", "") } };
}

function toldOf(of: Record<string, unknown>, arn: string, happened: string): Omit<Told, "what"> {
  const [, machine, execution] = /:execution:switchyard-([a-z-]+):([A-Za-z0-9_-]+)$/.exec(arn) ?? [];
  if (machine === undefined || execution === undefined) throw new Error("execution: it is none of the runner's");
  const pullRequest = Number(of["pullRequest"]);
  if (!Number.isSafeInteger(pullRequest) || pullRequest < 0) throw new Error("pullRequest: it is no number");
  return {
    ...{ key: `${execution}/${happened}`, execution, machine, pullRequest },
    ...{ stack: text(of, "stack"), commit: text(of, "commit"), actor: text(of, "actor") },
  };
}

function objectOf(given: unknown, where: string): Record<string, unknown> {
  let value = given;
  try {
    if (typeof given === "string") value = JSON.parse(given);
  } catch {
    // The parser's message would quote it.
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${where}: it is no JSON object`);
}

function text(of: Record<string, unknown>, name: string): string {
  const value = of[name];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`${name}: it is missing`);
}
