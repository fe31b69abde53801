/** What Elastic Load Balancing refuses and moto accepts. */
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { awsError } from "../handlers.ts";

/** Quotas and bounds from "Quotas for your Application Load Balancers" and ForwardActionConfig. */
const maximumWeight = 999;
const maximumGroups = 5;
const maximumPriority = 50_000;
const maximumStickySeconds = 604_800;

export function checkActions(actions: readonly Action[] | undefined): void {
  for (const action of actions ?? []) {
    const groups = action.ForwardConfig?.TargetGroups ?? [];
    if (groups.length > maximumGroups) {
      throw awsError("ValidationError", `A forward action can have at most ${maximumGroups} target groups`);
    }
    for (const { TargetGroupArn, Weight } of groups) {
      if (Weight !== undefined && !(Number.isInteger(Weight) && Weight >= 0 && Weight <= maximumWeight)) {
        throw awsError(
          "ValidationError",
          `The weight ${Weight} of target group '${TargetGroupArn}' must be between 0 and ${maximumWeight}`,
        );
      }
    }
    if (new Set(groups.map((group) => group.TargetGroupArn)).size < groups.length) {
      throw awsError("ValidationError", "A target group can appear only once in a forward action");
    }
    const sticky = action.ForwardConfig?.TargetGroupStickinessConfig;
    const seconds = sticky?.DurationSeconds;
    if (sticky?.Enabled && (seconds === undefined || seconds < 1 || seconds > maximumStickySeconds)) {
      throw awsError(
        "ValidationError",
        `Target group stickiness duration must be between 1 and ${maximumStickySeconds} seconds`,
      );
    }
  }
}

/** A rule that forwards to several groups of which one is sticky has to be sticky itself (the same book, "Sticky sessions"). */
export function checkStickiness(
  actions: readonly Action[] | undefined,
  isSticky: (targetGroupArn: string) => boolean,
): void {
  for (const { ForwardConfig } of actions ?? []) {
    const groups = ForwardConfig?.TargetGroups ?? [];
    if (groups.length < 2 || ForwardConfig?.TargetGroupStickinessConfig?.Enabled) continue;
    if (!groups.some(({ TargetGroupArn = "" }) => isSticky(TargetGroupArn))) continue;
    throw awsError(
      "InvalidLoadBalancerAction",
      "You must enable group stickiness on a rule if you enabled target stickiness on one of its target groups",
    );
  }
}

export function checkPriority(priority: number | undefined): void {
  if (priority === undefined || priority < 1 || priority > maximumPriority) {
    throw awsError("ValidationError", `Rule priority '${priority}' must be between 1 and ${maximumPriority}`);
  }
}

export function checkSubnets(subnets: readonly string[]): void {
  if (new Set(subnets).size < 2) {
    throw awsError("ValidationError", "At least two subnets in two different Availability Zones must be specified");
  }
}
