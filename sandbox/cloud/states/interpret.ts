import { evaluate, type Scope, StateError } from "./evaluate.ts";

/** A machine of JSONata, as it was given to CreateStateMachine; validated there. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateDefinition>>;
}

interface Transition {
  readonly Assign?: unknown;
  readonly Next: string;
}

export interface StateDefinition {
  readonly Type: string;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly Assign?: unknown;
  readonly Output?: unknown;
  readonly Seconds?: unknown;
  readonly TimeoutSeconds?: number;
  readonly HeartbeatSeconds?: number;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly (Transition & { readonly ErrorEquals: readonly string[] })[];
  readonly Choices?: readonly (Transition & { readonly Condition: string })[];
  readonly Default?: string;
  readonly Next?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: string;
}

export interface TaskCall {
  readonly state: string;
  readonly resource: string;
  readonly arguments: unknown;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
  /** Whoever has it ends the task, where the resource waits for that. */
  readonly token: string;
}

/** What an execution does to the world. */
export interface Effects {
  /** Answers the result; throws a StateError. */
  readonly task: (call: TaskCall) => Promise<unknown>;
  readonly wait: (seconds: number) => Promise<void>;
  readonly entered: (state: string, definition: StateDefinition) => void;
  readonly token: () => string;
  /** 0 to 1. */
  readonly random: () => number;
}

export interface ExecutionContext {
  readonly Id: string;
  readonly Name: string;
  readonly StartTime: string;
}

/**
 * Runs an execution to its end.
 *
 * @returns its output
 * @throws StateError by which it failed
 */
export async function interpret(
  definition: Definition,
  input: unknown,
  execution: ExecutionContext,
  effects: Effects,
): Promise<unknown> {
  let variables: Scope = {};
  let current: string = definition.StartAt;
  let value = input;
  for (;;) {
    const name = current;
    const state = definition.States[name];
    if (state === undefined) throw new StateError("States.Runtime", `there is no state ${name}`);
    effects.entered(name, state);
    const token = effects.token();
    const context = { Execution: { ...execution, Input: input }, State: { Name: name }, Task: { Token: token } };
    const scope = (more: object = {}): Scope => ({ ...variables, states: { input: value, context, ...more } });
    const left = await leave({ name, state, value, scope, token, effects });
    variables = { ...variables, ...left.assigned };
    value = left.value;
    if (left.next === undefined) return value;
    current = left.next;
  }
}

interface Visit {
  readonly name: string;
  readonly state: StateDefinition;
  readonly value: unknown;
  readonly scope: (more?: object) => Scope;
  readonly token: string;
  readonly effects: Effects;
}

interface Left {
  readonly value: unknown;
  readonly assigned?: Scope;
  readonly next: string | undefined;
}

async function leave(visit: Visit): Promise<Left> {
  const { state, value, scope, effects } = visit;
  const pass = async (): Promise<Left> => ({
    value: state.Output === undefined ? value : await evaluate(state.Output, scope()),
    assigned: (await evaluate(state.Assign ?? {}, scope())) as Scope,
    next: state.Next,
  });
  switch (state.Type) {
    case "Pass":
    case "Succeed":
      return pass();
    case "Wait":
      await effects.wait(Number(await evaluate(state.Seconds, scope())));
      return pass();
    case "Choice":
      return choose(visit);
    case "Task":
      return task(visit);
    case "Fail":
      throw new StateError(
        String(await evaluate(state.Error ?? "States.TaskFailed", scope())),
        String(await evaluate(state.Cause ?? "", scope())),
      );
    default:
      throw new StateError("States.Runtime", `the sandbox runs no states of type ${state.Type}`);
  }
}

async function choose({ name, state, value, scope }: Visit): Promise<Left> {
  for (const { Condition, Assign, Next } of state.Choices ?? [])
    if ((await evaluate(Condition, scope())) === true)
      return { value, assigned: (await evaluate(Assign ?? {}, scope())) as Scope, next: Next };
  if (state.Default === undefined) throw new StateError("States.NoChoiceMatched", name);
  return { value, next: state.Default };
}

async function task(visit: Visit): Promise<Left> {
  const { state, scope } = visit;
  try {
    const result = await tryTask(visit);
    const after = scope({ result });
    return {
      value: state.Output === undefined ? result : await evaluate(state.Output, after),
      assigned: (await evaluate(state.Assign ?? {}, after)) as Scope,
      next: state.Next,
    };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const errorOutput = { Error: error.error, Cause: error.cause };
    const catcher = state.Catch?.find(({ ErrorEquals }) => ErrorEquals.some((name) => matches(name, error.error)));
    if (catcher === undefined) throw error;
    const assigned = (await evaluate(catcher.Assign ?? {}, scope({ errorOutput }))) as Scope;
    return { value: errorOutput, assigned, next: catcher.Next };
  }
}

async function tryTask({ name, state, scope, token, effects }: Visit): Promise<unknown> {
  const tries = new Map<Retrier, number>();
  for (;;) {
    try {
      return await effects.task({
        state: name,
        resource: state.Resource ?? "",
        arguments: await evaluate(state.Arguments, scope()),
        timeoutSeconds: state.TimeoutSeconds,
        heartbeatSeconds: state.HeartbeatSeconds,
        token,
      });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const retrier = state.Retry?.find(({ ErrorEquals }) => ErrorEquals.some((each) => matches(each, error.error)));
      const tried = retrier === undefined ? 0 : (tries.get(retrier) ?? 0);
      if (retrier === undefined || tried >= (retrier.MaxAttempts ?? 3)) throw error;
      tries.set(retrier, tried + 1);
      await effects.wait(delay(retrier, tried) * (retrier.JitterStrategy === "FULL" ? effects.random() : 1));
    }
  }
}

/** Seconds before a retry (Amazon States Language, "Retrying after error"). */
function delay(retrier: Retrier, tried: number): number {
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** tried;
  return Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
}

/** States.TaskFailed is every error but a timeout (AWS Step Functions, "Error names"). */
function matches(pattern: string, error: string): boolean {
  if (pattern === "States.ALL") return true;
  if (pattern === "States.TaskFailed") return error !== "States.Timeout";
  return pattern === error;
}
