/** What an operation is to reach, fixed when it begins. */
import type { Image, Setup } from "../../../programs/release.ts";

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
  /** What its colour is set up with; absent for a release that was recorded without. */
  readonly setup?: Setup;
}

export interface ServiceGoal {
  readonly name: string;
  /** Services of one number shift together; lower numbers first. */
  readonly order: number;
  /** Tasks of a first release; later ones are sized to what the live colour runs. */
  readonly desiredCount: number;
  /** The service whose requests it takes over: its first release is sized to that one. */
  readonly replaces?: string;
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
  /** The services it takes back; all when absent. */
  readonly only?: readonly string[];
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

/** Sends nothing to a service any more and stops its tasks. */
export interface RetireGoal extends CommonGoal {
  readonly kind: "retire";
  readonly retires: string;
}

export type Goal = DeployGoal | RollbackGoal | SweepGoal | RepairGoal | AdoptGoal | RetireGoal;
