/** The states a target goes through, as Elastic Load Balancing names them ("Health checks for your target groups"). */
import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";

export interface Thresholds {
  /** Successes in a row an unhealthy target needs; a new one needs a single success. */
  readonly healthy: number;
  /** Failures in a row that make a target unhealthy. */
  readonly unhealthy: number;
}

export type CheckOutcome =
  | { readonly kind: "passed" }
  | { readonly kind: "wrong-code"; readonly code: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "failed" };

export type Phase = "registering" | "initial" | "healthy" | "unhealthy" | "unused" | "draining";

export interface TargetState {
  readonly phase: Phase;
  readonly passes: number;
  readonly fails: number;
  /** The last failed check. */
  readonly failure?: CheckOutcome;
}

export type TargetEvent =
  | { readonly kind: "registered"; readonly attached: boolean }
  | { readonly kind: "checking" }
  /** `starting`: the target has not had the time a process needs to start, so it cannot be found unhealthy yet. */
  | { readonly kind: "checked"; readonly outcome: CheckOutcome; readonly starting?: boolean }
  /** A rule began (or ceased) to name the target's group. */
  | { readonly kind: "attached" }
  | { readonly kind: "detached" }
  | { readonly kind: "deregistered" };

/** When a target's checks began, and when it first answered one, if only to say that it is not ready. */
export interface Start {
  readonly begunAt: number;
  answeredAt?: number;
}

/** Whatever the pace, a process starts at its own speed: this long it may leave checks unanswered. */
const shortestStartMs = 3000;
/** And this long one that answers may say that it is not ready, while it connects to its database. */
const shortestReadyMs = 1500;

/** @param allowedMs what its thresholds really allow a target, which is never exceeded */
export function isStarting({ begunAt, answeredAt }: Start, now: number, allowedMs: number): boolean {
  return now - begunAt < Math.min(allowedMs, shortestStartMs) && now - (answeredAt ?? now) < shortestReadyMs;
}

const fresh = (phase: Phase): TargetState => ({ phase, passes: 0, fails: 0 });
export const unregistered: TargetState = fresh("unused");

export function nextState(state: TargetState, event: TargetEvent, thresholds: Thresholds): TargetState {
  switch (event.kind) {
    case "registered":
      if (state.phase !== "draining" && state !== unregistered) return state;
      return fresh(event.attached ? "registering" : "unused");
    case "deregistered":
      return { ...state, phase: "draining" };
    case "attached":
      return state.phase === "unused" ? fresh("registering") : state;
    case "detached":
      return state.phase === "draining" ? state : fresh("unused");
    case "checking":
      return state.phase === "registering" ? { ...state, phase: "initial" } : state;
    case "checked":
      return afterCheck(state, event.outcome, event.starting ?? false, thresholds);
  }
}

function afterCheck(state: TargetState, outcome: CheckOutcome, starting: boolean, thresholds: Thresholds): TargetState {
  if (state.phase === "draining" || state.phase === "unused") return state;
  if (outcome.kind === "passed") {
    const passes = state.passes + 1;
    const isHealthy = state.phase !== "unhealthy" || passes >= thresholds.healthy;
    return isHealthy ? { phase: "healthy", passes, fails: 0 } : { ...state, passes, fails: 0 };
  }
  const fails = state.fails + 1;
  const forgiven = starting && state.phase === "initial";
  const phase = fails >= thresholds.unhealthy && !forgiven ? "unhealthy" : state.phase;
  return { phase, passes: 0, fails, failure: outcome };
}

/** Whether new requests may be sent there: `fail-open` only when no target of the group is healthy. */
export function routable(state: TargetState): "yes" | "fail-open" | "no" {
  if (state.phase === "healthy") return "yes";
  return state.phase === "draining" || state.phase === "unused" ? "no" : "fail-open";
}

/** State, reason code and description as DescribeTargetHealth gives them. */
export function describeState(state: TargetState): TargetHealth {
  switch (state.phase) {
    case "registering":
      return {
        State: "initial",
        Reason: "Elb.RegistrationInProgress",
        Description: "Target registration is in progress",
      };
    case "initial":
      return {
        State: "initial",
        Reason: "Elb.InitialHealthChecking",
        Description: "Initial health checks in progress",
      };
    case "healthy":
      return { State: "healthy" };
    case "unhealthy":
      return { State: "unhealthy", ...failureReason(state.failure) };
    case "draining":
      return {
        State: "draining",
        Reason: "Target.DeregistrationInProgress",
        Description: "Target deregistration is in progress",
      };
    case "unused":
      return {
        State: "unused",
        Reason: "Target.NotInUse",
        Description: "Target group is not configured to receive traffic from the load balancer",
      };
  }
}

export const notRegistered: TargetHealth = {
  State: "unused",
  Reason: "Target.NotRegistered",
  Description: "Target is not registered to the target group",
};

function failureReason(failure: CheckOutcome | undefined): Pick<TargetHealth, "Reason" | "Description"> {
  switch (failure?.kind) {
    case "wrong-code":
      return {
        Reason: "Target.ResponseCodeMismatch",
        Description: `Health checks failed with these codes: [${failure.code}]`,
      };
    case "timeout":
      return { Reason: "Target.Timeout", Description: "Request timed out" };
    default:
      return { Reason: "Target.FailedHealthChecks", Description: "Health checks failed" };
  }
}

/** Whether a status code satisfies a matcher such as `200`, `200,302` or `200-399`. */
export function codeMatches(matcher: string, code: number): boolean {
  return matcher.split(",").some((part) => {
    const [from, to] = part.split("-").map(Number);
    return from !== undefined && code >= from && code <= (to ?? from);
  });
}
