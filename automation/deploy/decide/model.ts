import type { Colour, Deployed, GroupSettings, Image, ReleaseDocument } from "../../../programs/release.ts";
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
