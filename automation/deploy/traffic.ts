import type { Action, Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { SwitchyardError } from "../../programs/errors.ts";
import { colours } from "../../programs/release.ts";
import type { Aws } from "../aws/clients.ts";
import { chunks } from "./health.ts";
import type { Mutation, Weights } from "./model.ts";
import type { ServiceShape } from "./shape.ts";
import { sameWeights, showWeights } from "./situation.ts";

/** Rules asked for in one call. */
const rulesPerCall = 100;

/** Weights of the named rules, by rule ARN. One call for up to a hundred rules, and one for each further page of them. */
export async function readWeights(aws: Aws, services: readonly ServiceShape[]): Promise<Map<string, Weights>> {
  const arns = services.flatMap((s) => [s.ruleArn, s.previewRuleArn]);
  const answers = await Promise.all(chunks(arns, rulesPerCall).map((some) => describeRules(aws, some)));
  const rules = new Map(answers.flat().map((rule) => [rule.RuleArn ?? "", rule]));
  const weights = new Map<string, Weights>();
  for (const service of services)
    for (const arn of [service.ruleArn, service.previewRuleArn])
      weights.set(arn, weightsOf(arn, rules.get(arn), service));
  return weights;
}

async function describeRules(aws: Aws, RuleArns: string[]): Promise<readonly Rule[]> {
  const { DescribeRulesCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const elb = await aws.client("elb");
  const found: Rule[] = [];
  let Marker: string | undefined;
  do {
    const input = { RuleArns, ...(Marker !== undefined && { Marker }) };
    const { Rules = [], NextMarker } = await elb.send(new DescribeRulesCommand(input));
    found.push(...Rules);
    Marker = NextMarker;
  } while (Marker);
  return found;
}

function weightsOf(arn: string, rule: Rule | undefined, service: ServiceShape): Weights {
  const forward = rule?.Actions?.find((a) => a.Type === "forward");
  const groups = forward?.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: forward?.TargetGroupArn, Weight: 1 }];
  // A group named without a weight has the default one, 1.
  const of = (targetGroupArn: string) =>
    groups.flatMap((g) => (g.TargetGroupArn === targetGroupArn ? [g.Weight ?? 1] : []))[0] ?? 0;
  const blue = of(service.blue.targetGroupArn);
  const green = of(service.green.targetGroupArn);
  const known = groups.every((g) =>
    [service.blue.targetGroupArn, service.green.targetGroupArn].includes(g.TargetGroupArn ?? ""),
  );
  if (!forward || !known || blue + green === 0)
    throw new SwitchyardError("drift", {
      what: "the rule does not forward to this service's blue and green target groups alone",
      where: `listener rule ${arn}`,
      fix: "restore the rule's forward action by hand or delete the rule and run `switchyard up`, then `switchyard repair`",
    });
  const total = blue + green;
  // Multiplied first: 55 / 100 * 100 is not 55.
  return { blue: (blue * 100) / total, green: (green * 100) / total };
}

/**
 * Writes one rule's weights: one ModifyRule. Its answer holds the rule as the load balancer took it.
 *
 * Where clients stick to a colour by cookie, the cookie beats the weight, also of a group with weight 0 or without a
 * healthy target. A colour to be left at once is therefore not named at all: with two groups in it the rule may not be
 * without group stickiness while the groups' own is on ("You must enable group stickiness on a rule if you enabled target
 * stickiness on one of its target groups"). The preview rule names both always, so neither group loses its health checks.
 *
 * @throws SwitchyardError `drift` when that is not what was written.
 */
export async function writeWeights(
  aws: Aws,
  service: ServiceShape,
  ruleArn: string,
  { weights, alone }: Pick<Extract<Mutation, { kind: "set-weights" }>, "weights" | "alone">,
  guard: () => AbortSignal,
): Promise<void> {
  const { ModifyRuleCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const elb = await aws.client("elb");
  const { stickinessSeconds: DurationSeconds } = service;
  const groups = colours.map((c) => ({ TargetGroupArn: service[c].targetGroupArn, Weight: weights[c] }));
  const sticky = { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds } };
  const leaves = alone && DurationSeconds !== undefined;
  const ForwardConfig = leaves
    ? { TargetGroups: groups.filter(({ Weight }) => Weight > 0) }
    : { TargetGroups: groups, ...(DurationSeconds !== undefined && sticky) };
  const action: Action = { Type: "forward", ForwardConfig };
  const command = new ModifyRuleCommand({ RuleArn: ruleArn, Actions: [action] });
  const { Rules = [] } = await elb.send(command, { abortSignal: guard() });
  const taken = Rules.find((rule) => rule.RuleArn === ruleArn);
  const is = taken && weightsOf(ruleArn, taken, service);
  if (is && sameWeights(is, weights)) return;
  throw new SwitchyardError("drift", {
    what: `ModifyRule answers ${is ? showWeights(is) : "without the rule"} after ${showWeights(weights)} was written`,
    where: `listener rule ${ruleArn}`,
    fix: "`switchyard status` shows the weights in force; run the command again",
  });
}
