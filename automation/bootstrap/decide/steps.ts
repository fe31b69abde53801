/** The steps from an empty account to delivery that runs by itself, and what state each may be in. */

/** In their order. */
export const stepNames = [
  "identity",
  "organization",
  "identity-center",
  "state",
  "pipeline",
  "images",
  "roles",
  "accounts",
  "registry",
  "encryption",
  "repository",
  "plan",
] as const;

export type StepName = (typeof stepNames)[number];

/** A step that cannot begin before these are done. */
const needs: Readonly<Record<StepName, readonly StepName[]>> = {
  identity: [],
  organization: ["identity"],
  "identity-center": ["organization"],
  state: ["identity"],
  pipeline: ["state"],
  encryption: ["pipeline"],
  images: ["pipeline"],
  roles: ["pipeline"],
  repository: ["roles"],
  accounts: ["identity-center", "pipeline"],
  registry: ["accounts"],
  plan: ["pipeline"],
};

export type State =
  | { readonly kind: "done"; readonly says: string }
  | { readonly kind: "to-do"; readonly does: readonly string[] }
  /** Only a person can do it. What is not `required` holds nothing up. */
  | {
      readonly kind: "by-hand";
      readonly says: string;
      readonly steps: readonly string[];
      readonly required: boolean;
    }
  | { readonly kind: "left-out"; readonly says: string }
  | { readonly kind: "waits"; readonly on: readonly StepName[] };

export type States = Partial<Readonly<Record<StepName, State>>>;

/** The steps a step still waits for: those before it that are neither done nor left out. */
export function waitsFor(step: StepName, states: States): readonly StepName[] {
  return needs[step].filter((name) => !isOver(states[name]));
}

function isOver(state: State | undefined): boolean {
  if (state === undefined) return false;
  return state.kind === "done" || state.kind === "left-out" || (state.kind === "by-hand" && !state.required);
}

/** Steps that need a step, directly or through others: it cannot be undone while one of them stands. */
export function standingOn(step: StepName): readonly StepName[] {
  return stepNames.filter((name) => name !== step && reaches(name, step));
}

function reaches(from: StepName, to: StepName): boolean {
  return needs[from].some((name) => name === to || reaches(name, to));
}

/** What a step has left when it was undone, or why it was not. */
export interface Undone {
  readonly did: readonly string[];
  readonly left: readonly string[];
  /** What it made is still there, so that what it stands on has to stay. */
  readonly stands: boolean;
}

export const nothingToUndo: Undone = { did: [], left: [], stands: false };
