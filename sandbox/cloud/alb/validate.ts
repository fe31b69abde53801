/** What Elastic Load Balancing refuses and moto accepts. */
import { isIP } from "node:net";
import type { Action, Rule, RuleCondition, RulePriorityPair } from "@aws-sdk/client-elastic-load-balancing-v2";
import { awsError } from "../handlers.ts";

/** Quotas and bounds from "Quotas for your Application Load Balancers" and ForwardActionConfig. */
const maximumWeight = 999;
const maximumGroups = 5;
const maximumPriority = 50_000;
const maximumStickySeconds = 604_800;
const maximumConditionValues = 5;
/** The quotas' page says 6, "Condition types for listener rules" says 5: the narrower of the two holds here. */
const maximumWildcards = 5;

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

/** Every value of a rule's conditions: of a query string's pairs, a key counts with its value. */
function valuesOf(condition: RuleCondition): readonly string[] {
  const pairs = condition.QueryStringConfig?.Values ?? [];
  return [
    ...(condition.Values ?? []),
    ...(condition.PathPatternConfig?.Values ?? []),
    ...(condition.HostHeaderConfig?.Values ?? []),
    ...(condition.HttpHeaderConfig?.Values ?? []),
    ...(condition.HttpRequestMethodConfig?.Values ?? []),
    ...(condition.SourceIpConfig?.Values ?? []),
    ...pairs.map(({ Key = "", Value = "" }) => `${Key}=${Value}`),
  ];
}

const onceInARule = new Set(["host-header", "path-pattern", "http-request-method", "source-ip"]);

export function checkConditions(conditions: readonly RuleCondition[] | undefined): void {
  const fields = (conditions ?? []).map(({ Field }) => Field ?? "");
  const repeated = fields.find((field, index) => onceInARule.has(field) && fields.indexOf(field) !== index);
  if (repeated !== undefined) throw awsError("ValidationError", `A rule can only have one '${repeated}' condition`);
  const values = (conditions ?? []).flatMap(valuesOf);
  if (values.length > maximumConditionValues) {
    throw awsError("ValidationError", `A rule can only have '${maximumConditionValues}' condition values`);
  }
  const wildcards = values.reduce((sum, value) => sum + (value.match(/[*?]/g)?.length ?? 0), 0);
  if (wildcards > maximumWildcards) {
    throw awsError("ValidationError", `A rule can only have '${maximumWildcards}' condition wildcards`);
  }
  for (const { SourceIpConfig } of conditions ?? []) {
    const wrong = SourceIpConfig?.Values?.find((value) => !isCidr(value));
    if (wrong !== undefined) throw awsError("ValidationError", `The value '${wrong}' is not a valid CIDR block`);
  }
}

function isCidr(value: string): boolean {
  const [address = "", bits = "", ...more] = value.split("/");
  const widest = isIP(address) === 6 ? 128 : isIP(address) === 4 ? 32 : -1;
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= widest;
}

/** Refuses priorities that another rule of the listener keeps; rules of one call may take each other's. */
export function checkFree(wanted: readonly RulePriorityPair[], rules: readonly Rule[]): void {
  const moved = new Set(wanted.map(({ RuleArn }) => RuleArn));
  const kept = rules.filter(({ RuleArn }) => !moved.has(RuleArn)).map(({ Priority }) => Number(Priority));
  const taken = new Set(kept);
  for (const { Priority = 0 } of wanted) {
    if (taken.has(Priority)) throw awsError("PriorityInUse", `Priority '${Priority}' is currently in use`);
    taken.add(Priority);
  }
}
