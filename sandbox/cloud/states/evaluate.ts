import { randomUUID } from "node:crypto";
import jsonata from "jsonata";

/** What expressions see: `$states`, and the execution's variables. */
export type Scope = Readonly<Record<string, unknown>>;

const whole = /^\{%([\s\S]*)%\}$/;

/**
 * A JSON value with every `{% … %}` in it evaluated (AWS Step Functions, "Transforming data with JSONata").
 *
 * @throws StateError `States.QueryEvaluationError` where an expression is wrong or answers nothing.
 */
export async function evaluate(value: unknown, scope: Scope): Promise<unknown> {
  if (typeof value === "string") {
    const source = whole.exec(value)?.[1];
    return source === undefined ? value : evaluateExpression(source, scope);
  }
  if (Array.isArray(value)) return Promise.all(value.map((each) => evaluate(each, scope)));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(async ([key, each]) => [key, await evaluate(each, scope)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function evaluateExpression(source: string, scope: Scope): Promise<unknown> {
  // What Step Functions has beside JSONata's own.
  const bindings = { ...scope, parse: (text: string) => JSON.parse(text) as unknown, uuid: () => randomUUID() };
  const answer = await jsonata(source)
    .evaluate(undefined, bindings)
    .catch((error: { message: string }) => {
      throw new StateError("States.QueryEvaluationError", `${source.trim()}: ${error.message}`);
    });
  if (answer === undefined)
    throw new StateError("States.QueryEvaluationError", `${source.trim()}: the expression answers nothing`);
  // JSONata marks its arrays; plain ones are what JSON has.
  return JSON.parse(JSON.stringify(answer)) as unknown;
}

/** An error by its name in the Amazon States Language. */
export class StateError extends Error {
  readonly error: string;
  override readonly cause: string;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.error = error;
    this.cause = cause;
  }
}
