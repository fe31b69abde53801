import type { Colour, GroupSettings, Image, ReleaseDocument, Setup } from "../../../programs/release.ts";
import type { Target } from "./goal.ts";
import type {
  Observed,
  Placing,
  PriorityOrder,
  RuleName,
  ScalingBounds,
  ServicePlan,
  Signal,
  Weights,
} from "./model.ts";

export type Phase =
  | "stage"
  | "plan"
  | "migrate"
  | "start"
  | "healthy"
  | "prove"
  | "approve"
  | "shift"
  | "bake"
  | "verify"
  | "finish"
  | "sweep"
  | "repair"
  | "retire"
  | "undo";

/** Every change a step makes, as `act.ts` performs it. All writes of the driver, these and others, are in `mutations.ts`. */
export type Mutation =
  | { readonly kind: "stage"; readonly images: Readonly<Record<string, Image>>; readonly migrate?: Image }
  | { readonly kind: "migrate"; readonly phase: "expand"; readonly runId: string }
  | {
      readonly kind: "set-scaling";
      readonly service: string;
      readonly colour: Colour;
      readonly bounds: ScalingBounds;
    }
  | {
      readonly kind: "set-weights";
      readonly service: string;
      readonly rule: RuleName;
      readonly weights: Weights;
      /** What the rule takes from now on, a path or `closed`, in the same write; what it took when absent. */
      readonly takes?: string;
      /** The colour with all of the weight is the only one the rule names: a cookie keeps no client on the other. */
      readonly alone?: true;
    }
  /** One call for all of them: rules may take each other's places. */
  | { readonly kind: "set-priorities"; readonly places: readonly Placing[] }
  | {
      readonly kind: "set-group";
      readonly service: string;
      readonly colour: Colour;
      readonly settings: GroupSettings;
    }
  | {
      readonly kind: "update-service";
      readonly service: string;
      readonly colour: Colour;
      readonly taskDefinitionArn: string;
      readonly desired: number;
      /** True for a new deployment; else ECS makes one where the setup, if there is one, needs it. */
      readonly reconfigure: boolean;
      /** Network, ports and grace period; of a new deployment the program's shape when absent. */
      readonly setup?: Setup;
    }
  | { readonly kind: "deregister"; readonly taskDefinitionArns: readonly string[] }
  | { readonly kind: "record-release"; readonly document: ReleaseDocument };

/** Looks at the data plane without changing it; the answer is journalled like a mutation's. */
export type Probe =
  | { readonly kind: "prove-preview"; readonly service: string; readonly target: Target }
  | {
      readonly kind: "prove-traffic";
      readonly service: string;
      readonly percent: number;
      readonly target: Target;
      readonly others: readonly string[];
      /** Where it does not hold, the step is done all the same, and its result says so. */
      readonly soft?: true;
    }
  | {
      /** No request to the path is answered by this release any more. */
      readonly kind: "prove-left";
      readonly service: string;
      readonly path: string;
      readonly release: string;
      /** The release that answers instead; null: nobody does. Whoever it is when absent. */
      readonly by?: string | null;
      readonly soft?: true;
    };

export interface Step {
  readonly kind: "step";
  readonly phase: Phase;
  readonly why: string;
  readonly writes: readonly Mutation[];
  readonly probes?: readonly Probe[];
  readonly plan?: Readonly<Record<string, ServicePlan>>;
  /** When the plan's priorities are written, where it has some. */
  readonly order?: PriorityOrder;
  /** The new colour's share this step writes, in percent. */
  readonly percent?: number;
  /** Set when the operation turns back. */
  readonly undo?: string;
  /** Set when another command ordered it: what this operation itself would have decided is another matter. */
  readonly ordered?: true;
  /** What a person needs to see beside the reason: stop reasons, last log lines. */
  readonly details?: readonly string[];
  /** Set when a person's signal is taken up. */
  readonly signal?: Signal;
}

export interface Wait {
  readonly kind: "wait";
  readonly phase: Phase;
  readonly why: string;
  /** When the wait is over at the latest, in milliseconds since the epoch. */
  readonly until: number;
}

export interface End {
  readonly kind: "end";
  readonly outcome: "succeeded" | "unchanged" | "failed";
  readonly why: string;
}

/** Something a person has to decide first; the operation stays open. */
export interface Halt {
  readonly kind: "halt";
  readonly why: string;
  readonly fix: string;
}

export type Decision = Step | Wait | End | Halt;

/** What came of a step. */
export interface StepResult {
  readonly ok: boolean;
  /** Why it failed; read by people. */
  readonly problem?: string;
  /** Task definitions that ECS starts nothing with any more: a hand deregistered them. */
  readonly inactive?: readonly string[];
  /** What a soft proof did not see. */
  readonly unproven?: string;
  /** From `stage`: what the program registered for each service, and the hash of the plan it was applied by. */
  readonly staged?: Readonly<Record<string, Target>>;
  readonly planHash?: string;
  /** From `migrate`: names of the migrations that ran now, and of all that are applied. */
  readonly ran?: readonly string[];
  readonly applied?: readonly string[];
}

export interface JournalEntry {
  readonly seq: number;
  readonly token: number;
  readonly operation: string;
  /** Milliseconds since the epoch, by the writer's clock: the `now` the decision was made with. */
  readonly at: number;
  readonly decision: Decision;
  readonly observed?: Observed;
  readonly result?: StepResult;
  /** When the result was there, by the writer's clock. */
  readonly doneAt?: number;
}
