/** What the runner's machines use of the Amazon States Language, with JSONata (`{% … %}`) for every expression. */
export interface Machine {
  readonly Comment: string;
  readonly QueryLanguage: "JSONata";
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State = TaskState | ChoiceState | WaitState | PassState | SucceedState | FailState;

/** Variables set when a state ends; values are JSON with expressions in it. */
type Assign = Readonly<Record<string, unknown>>;
type Step = { readonly Next: string } | { readonly End: true };

export type TaskState = {
  readonly Type: "Task";
  readonly Comment?: string;
  readonly Resource: string;
  readonly Arguments: Readonly<Record<string, unknown>>;
  readonly TimeoutSeconds: number;
  readonly Assign?: Assign;
  readonly Output?: unknown;
  readonly Retry: readonly Retrier[];
  readonly Catch: readonly Catcher[];
} & Step;

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy: "FULL";
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Assign?: Assign;
  readonly Next: string;
}

export interface ChoiceState {
  readonly Type: "Choice";
  readonly Choices: readonly { readonly Condition: string; readonly Assign?: Assign; readonly Next: string }[];
  readonly Default: string;
}

export type WaitState = {
  readonly Type: "Wait";
  readonly Seconds: number | string;
  readonly Assign?: Assign;
} & Step;

export type PassState = { readonly Type: "Pass"; readonly Assign?: Assign; readonly Output?: unknown } & Step;

export interface SucceedState {
  readonly Type: "Succeed";
}

export interface FailState {
  readonly Type: "Fail";
  readonly Error: string;
  readonly Cause: string;
}

/** An expression of JSONata. */
export function expression(source: string): string {
  return `{% ${source} %}`;
}
