/** What a process that runs suites tells the one that started it. */
export type Message =
  | ({ readonly kind: "suite" } & SuiteTime)
  | ({ readonly kind: "failure" } & Failure)
  | { readonly kind: "end"; readonly passes: number; readonly failures: number; readonly pending: number }
  /** Its tests have been over for a while, and these keep it alive, as Node names them. */
  | { readonly kind: "open"; readonly resources: readonly string[] };

export interface SuiteTime {
  readonly title: string;
  /** Relative to the project. */
  readonly file: string;
  /** With its hooks. */
  readonly seconds: number;
}

export interface Failure {
  /** From the outermost suite to the test or hook. */
  readonly titles: readonly string[];
  /** What it says, with its stack. */
  readonly error: string;
}
