import type { Colour, Deployed, GroupSettings, Image, ReleaseDocument, Setup } from "../../../programs/release.ts";
import type { Target } from "./goal.ts";

/** Shares of a rule's traffic, in percent; they total 100, but where a hand sends requests elsewhere or nowhere. */
export type Weights = Readonly<Record<Colour, number>>;

/** What runs on one colour of one service, as AWS says it. */
export interface ObservedColour {
  readonly taskDefinitionArn?: string;
  readonly desired: number;
  readonly running: number;
  /** Targets in state `healthy`. */
  readonly healthy: number;
  /** Targets registered, whatever their state. */
  readonly registered: number;
  readonly rollout: "COMPLETED" | "IN_PROGRESS" | "FAILED" | "NONE";
  /** Tasks of the current deployment that failed to start or to become healthy. */
  readonly failedTasks: number;
  /** Why tasks or targets are not well: state reasons, stop reasons. At most a few lines. */
  readonly reasons: readonly string[];
  /** Bounds of the scalable target; absent when the service does not scale. */
  readonly scaling?: ScalingBounds;
  /** How its target group is set; read where hands are looked for, of what runs as it was released. */
  readonly group?: ObservedGroup;
  /** How its ECS service is set; read with it, and before it is started. */
  readonly ecs?: EcsSettings;
  /** What the environment's outputs name and AWS has not: somebody deleted it. */
  readonly gone?: "ECS service" | "autoscaling";
}

/** A target group's settings, with those that are alike for all. */
export interface ObservedGroup extends GroupSettings {
  readonly protocol: string;
  readonly port: string;
}

/** What an ECS service starts and replaces tasks by, as it is shown: `off` or names for what is no number. */
export interface EcsSettings {
  /** Ids, in order, with a space between two. */
  readonly subnets: string;
  readonly securityGroups: string;
  readonly publicIp: "ENABLED" | "DISABLED";
  readonly gracePeriodSeconds: number;
  /** `<container>:<port>` of each target group it registers tasks in. */
  readonly container: string;
  readonly circuitBreaker: string;
  readonly minimumPercent: number;
  readonly maximumPercent: number;
  readonly platformVersion: string;
}

export interface ScalingBounds {
  readonly min: number;
  readonly max: number;
  readonly suspended: boolean;
}

export type RuleName = "production" | "preview";

/** Where a rule stands on its listener. */
export interface Placed {
  /** A path, which it takes with all below it; `closed`: nothing; absent for anything else. */
  readonly takes?: string;
  readonly priority: number;
}

/**
 * When the new priorities are written: before any rule takes another path, or after all do. Either will do for `any`, also
 * where nodes of the load balancer learn of one before the other.
 */
export type PriorityOrder = "any" | "first" | "last";

/** A rule's new place, as its listener counts. */
export interface Placing {
  readonly service: string;
  readonly rule: RuleName;
  readonly priority: number;
}

export interface ObservedService {
  readonly weights: Weights;
  readonly preview: Weights;
  /** Absent from what was journalled before routes were the releases'. */
  readonly rules?: Readonly<Record<RuleName, Placed>>;
  readonly blue: ObservedColour;
  readonly green: ObservedColour;
  /** Rules that the environment's outputs name and AWS has not; their weights read as 0. */
  readonly gone?: readonly RuleName[];
}

export interface Migration {
  readonly name: string;
  readonly kind: "expand" | "contract";
}

/** What the load balancer counted of one colour while two served: whole CloudWatch periods of one window. */
export interface Figures {
  readonly requests: number;
  /** Requests since the last shift in periods CloudWatch adds nothing to any more: what a share is judged by. */
  readonly settled: number;
  /** Answers of status 500 and above that targets gave. */
  readonly errors: number;
  /** Periods in which there were requests. */
  readonly periods: number;
  /** The periods' mean response times' median, weighted by requests, in milliseconds; absent without requests. */
  readonly latencyMs?: number;
  /** Targets that were unhealthy throughout the newest period. */
  readonly unhealthy: number;
}

export interface Signal {
  readonly kind: "promote" | "abort";
  readonly by: string;
  readonly at: string;
}

/** What runs, as its task definitions say it: what a release document is written anew from. */
export interface Serving {
  readonly services: Readonly<Record<string, Readonly<Partial<Record<Colour, Deployed>>>>>;
  /** The migration function's image. */
  readonly migrate?: Image;
}

/** Everything `next` may know of the world. Recorded in the journal with each decision, so that it can be replayed. */
export interface Observed {
  readonly release: ReleaseDocument;
  readonly services: Readonly<Record<string, ObservedService>>;
  readonly migrations?: { readonly applied: readonly Migration[]; readonly pending: readonly Migration[] };
  readonly signal?: Signal;
  /** Active task definitions of each service's family, newest first; read for a sweep. */
  readonly taskDefinitions?: Readonly<Record<string, readonly string[]>>;
  /** Read for an adoption. */
  readonly serving?: Serving;
  /** What each colour of the services under shift answered since; what `breach` was judged by. */
  readonly traffic?: Readonly<Record<string, Readonly<Record<Colour, Figures>>>>;
  /** What the watch found worse on the new colour than on the old one, in words; absent when all is well. */
  readonly breach?: string;
  /** Why the watch saw nothing this time, and how many looks in a row it did not; absent when it did, or was not asked. */
  readonly unread?: { readonly looks: number; readonly why: string };
  /** Set once the AWS calls for the way forward are used up: those left are for the way back. */
  readonly spent?: string;
  /** This machine's clock minus AWS's, in milliseconds: times other machines wrote down are compared by AWS's clock. */
  readonly skewMs?: number;
}

/** Which colour a service leaves and which it goes to, fixed once per operation. */
export interface ServicePlan {
  readonly from?: Colour;
  readonly to: Colour;
  readonly target: Target;
  /** What the idle colour held before, to be put back when the operation is undone. */
  readonly before?: Deployed;
  /** Desired count of the idle colour before the operation. */
  readonly beforeDesired: number;
  /** Where the production rule belongs when the operation is undone; unknown when absent. */
  readonly home?: Placed;
}

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
