import type { Colour, Deployed, Image, ReleaseDocument } from "../../programs/release.ts";

/** Shares of a rule's traffic, in percent; the two always total 100. */
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
}

export interface ScalingBounds {
  readonly min: number;
  readonly max: number;
  readonly suspended: boolean;
}

export interface ObservedService {
  readonly weights: Weights;
  readonly preview: Weights;
  readonly blue: ObservedColour;
  readonly green: ObservedColour;
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

/** Everything `next` may know of the world. Recorded in the journal with each decision, so that it can be replayed. */
export interface Observed {
  readonly release: ReleaseDocument;
  readonly services: Readonly<Record<string, ObservedService>>;
  readonly migrations?: { readonly applied: readonly Migration[]; readonly pending: readonly Migration[] };
  readonly signal?: Signal;
  /** Active task definitions of each service's family, newest first; read for a sweep. */
  readonly taskDefinitions?: Readonly<Record<string, readonly string[]>>;
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

export type Strategy =
  | { readonly kind: "all-at-once" }
  | { readonly kind: "canary"; readonly percent: number; readonly bakeMs: number }
  | { readonly kind: "linear"; readonly stepPercent: number; readonly everyMs: number };

/** What one service shall run. */
export interface Target extends Image {
  readonly taskDefinitionArn: string;
  /** Fingerprint the tasks answer in `x-release`. */
  readonly release: string;
  /** Migrations the target's release knew; see the schema gate. */
  readonly migrations?: readonly string[];
}

export interface ServiceGoal {
  readonly name: string;
  /** Services of one number shift together; lower numbers first. */
  readonly order: number;
  /** Tasks of a first release; later ones are sized to what the live colour runs. */
  readonly desiredCount: number;
  /** Bounds of the live colour's scalable target; absent when the service does not scale. */
  readonly scaling?: { readonly min: number; readonly max: number };
}

export interface Limits {
  /** Time from starting a colour to all of its targets healthy, in milliseconds. */
  readonly healthyMs: number;
  /** Failed tasks after which a start is given up. */
  readonly failedTasks: number;
  /** Time an approval may take, in milliseconds. */
  readonly approvalMs: number;
  /** Time the old colour stays warm, in milliseconds. */
  readonly keepWarmMs: number;
  /**
   * Time after which written weights are surely in force on every load balancer node, in milliseconds. AWS names no
   * bound; a colour that was left is kept running this long.
   */
  readonly propagationMs: number;
  /** Time the new version is watched with all of the traffic before it is recorded, in milliseconds. */
  readonly finalBakeMs: number;
  /** Task definitions of a service kept beside those that run or may be rolled back to. */
  readonly keepTaskDefinitions: number;
}

interface CommonGoal {
  readonly operation: string;
  readonly actor: string;
  readonly commit?: string;
  readonly version: string;
  readonly strategy: Strategy;
  readonly services: readonly ServiceGoal[];
  readonly limits: Limits;
}

export interface DeployGoal extends CommonGoal {
  readonly kind: "deploy";
  readonly images: Readonly<Record<string, Image>>;
  readonly migrate?: Image;
  /** Migrations a recorded release knew, when that is what is deployed: nothing is migrated, and the schema gate asks. */
  readonly migrations?: readonly string[];
  readonly approval: boolean;
}

export interface RollbackGoal extends CommonGoal {
  readonly kind: "rollback";
}

/** Scales colours that are warm no longer to zero and deregisters task definitions nothing can need again. */
export interface SweepGoal extends CommonGoal {
  readonly kind: "sweep";
}

/** Puts weights and task counts that were changed by hand back to what the ledger says. */
export interface RepairGoal extends CommonGoal {
  readonly kind: "repair";
}

/** Makes the ledger say what weights and task counts that were changed by hand say. */
export interface AdoptGoal extends CommonGoal {
  readonly kind: "adopt";
}

export type Goal = DeployGoal | RollbackGoal | SweepGoal | RepairGoal | AdoptGoal;

/** Which colour a service leaves and which it goes to, fixed once per operation. */
export interface ServicePlan {
  readonly from?: Colour;
  readonly to: Colour;
  readonly target: Target;
  /** What the idle colour held before, to be put back when the operation is undone. */
  readonly before?: Deployed;
  /** Desired count of the idle colour before the operation. */
  readonly beforeDesired: number;
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
      readonly rule: "production" | "preview";
      readonly weights: Weights;
      /** The colour with all of the weight is the only one the rule names: a cookie keeps no client on the other. */
      readonly alone?: true;
    }
  | {
      readonly kind: "update-service";
      readonly service: string;
      readonly colour: Colour;
      readonly taskDefinitionArn: string;
      readonly desired: number;
      /** True for a new deployment: network and target group then follow the program's shape as well. */
      readonly reconfigure: boolean;
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
    };

export interface Step {
  readonly kind: "step";
  readonly phase: Phase;
  readonly why: string;
  readonly writes: readonly Mutation[];
  readonly probes?: readonly Probe[];
  readonly plan?: Readonly<Record<string, ServicePlan>>;
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
