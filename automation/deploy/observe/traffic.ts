import type { Action, Rule, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { SwitchyardError } from "../../../programs/errors.ts";
import { colours } from "../../../programs/release.ts";
import { conditionsFor, takenBy } from "../../../programs/routes.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Mutation } from "../decide/decision.ts";
import type { Placed, Placing, Weights } from "../decide/model.ts";
import { sameWeights, showWeights } from "../decide/situation.ts";
import { chunks } from "./health.ts";
import type { EnvironmentShape, ServiceShape } from "./shape.ts";

/** Rules asked for in one call. */
const rulesPerCall = 100;

/** The header that a preview rule asks for, and its value where that is known. */
export interface AskedHeader {
  readonly name: string;
  readonly value?: string;
}

/** A rule as the load balancer has it. */
export interface SeenRule {
  readonly weights: Weights;
  readonly place: Placed;
}

/** The services' rules that are there, by rule ARN. One call for up to a hundred of them, and one for each further page. */
export async function readRules(
  aws: Aws,
  services: readonly ServiceShape[],
  header: AskedHeader,
): Promise<Map<string, SeenRule>> {
  const arns = services.flatMap((s) => [s.ruleArn, s.previewRuleArn]);
  const answers = await Promise.all(chunks(arns, rulesPerCall).map((some) => rulesThere(aws, some)));
  const rules = new Map(answers.flat().map((rule) => [rule.RuleArn ?? "", rule]));
  const seen = new Map<string, SeenRule>();
  for (const service of services)
    for (const arn of [service.ruleArn, service.previewRuleArn]) {
      const rule = rules.get(arn);
      const asked = arn === service.previewRuleArn ? header : undefined;
      if (rule) seen.set(arn, { weights: weightsOf(rule, service), place: placeOf(rule, asked) });
    }
  return seen;
}

/** Rules that are gone are left out, which DescribeRules itself refuses to do. */
export async function rulesThere(aws: Aws, arns: string[]): Promise<readonly Rule[]> {
  try {
    return await describeRules(aws, arns);
  } catch (error) {
    if (!isGone(error)) throw error;
    if (arns.length === 1) return [];
    return (await Promise.all(arns.map((arn) => rulesThere(aws, [arn])))).flat();
  }
}

function isGone(error: unknown): boolean {
  return /RuleNotFound/.test(`${(error as Error).name} ${((error as Error).cause as Error | undefined)?.name}`);
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

/**
 * Of what a hand has written, nothing is said but that it is neither a path nor closed.
 *
 * @param header what the rule asks for beside that; a production rule asks for none.
 */
function placeOf(rule: Rule, header: AskedHeader | undefined): Placed {
  const { Conditions = [], Priority } = rule;
  const paths = Conditions.flatMap((c) =>
    c.Field === "path-pattern" ? (c.PathPatternConfig?.Values ?? c.Values ?? []) : [],
  );
  const sources = Conditions.flatMap(({ SourceIpConfig }) => SourceIpConfig?.Values ?? []);
  const others = Conditions.filter(({ Field = "" }) => !["path-pattern", "source-ip"].includes(Field));
  const asks = header ? others.length === 1 && asksFor(rule, header) : others.length === 0;
  const takes = asks ? takenBy({ paths, sources }) : undefined;
  return { ...(takes !== undefined && { takes }), priority: Number(Priority) };
}

/** True where the header has to have one value, which is this one where it is given; a second one would be another way in. */
export function asksFor({ Conditions = [] }: Rule, { name, value }: AskedHeader): boolean {
  return Conditions.some(({ HttpHeaderConfig: { HttpHeaderName = "", Values = [] } = {} }) => {
    if (HttpHeaderName.toLowerCase() !== name.toLowerCase() || Values.length !== 1) return false;
    const [asked = ""] = Values;
    return value === undefined ? !/[*?]/.test(asked) : asked === value;
  });
}

/** What a hand sends elsewhere, or nowhere, is missing from the total: to be told as drift, and put back. */
function weightsOf(rule: Rule | undefined, service: ServiceShape): Weights {
  const forward = rule?.Actions?.find((a) => a.Type === "forward");
  const groups = forward?.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: forward?.TargetGroupArn, Weight: 1 }];
  // A group named without a weight has the default one, 1.
  const weights = groups.map((g) => ({ arn: g.TargetGroupArn, weight: g.Weight ?? 1 }));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const share = (targetGroupArn: string) => {
    const weight = weights.find(({ arn }) => arn === targetGroupArn)?.weight ?? 0;
    // Multiplied first: 55 / 100 * 100 is not 55.
    return total === 0 ? 0 : (weight * 100) / total;
  };
  return { blue: share(service.blue.targetGroupArn), green: share(service.green.targetGroupArn) };
}

/** What a rule is written with; conditions are replaced as a whole, so a header that it asks for comes with what it takes. */
type WrittenRule = Pick<Extract<Mutation, { kind: "set-weights" }>, "weights" | "takes" | "alone"> & {
  readonly header?: Required<AskedHeader>;
};

/**
 * Writes one rule's weights, and what it takes: one ModifyRule. Its answer holds the rule as the load balancer took it.
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
  { weights, takes, alone, header }: WrittenRule,
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
  const Conditions = takes === undefined ? undefined : conditionsOf(takes, header);
  const command = new ModifyRuleCommand({ RuleArn: ruleArn, Actions: [action], ...(Conditions && { Conditions }) });
  const { Rules = [] } = await elb.send(command, { abortSignal: guard() });
  const taken = Rules.find((rule) => rule.RuleArn === ruleArn);
  const is = taken && weightsOf(taken, service);
  const took = taken && placeOf(taken, header).takes;
  if (is && sameWeights(is, weights) && (takes === undefined || took === takes)) return;
  throw new SwitchyardError("drift", {
    what: `ModifyRule answers ${is ? show(is, took) : "without the rule"} after ${show(weights, takes)} was written`,
    where: `listener rule ${ruleArn}`,
    fix: "`switchyard status` shows the weights in force; run the command again",
  });
}

function conditionsOf(takes: string, header: WrittenRule["header"]): RuleCondition[] {
  const { paths, sources } = conditionsFor(takes);
  return [
    ...(paths.length > 0 ? [{ Field: "path-pattern", PathPatternConfig: { Values: [...paths] } }] : []),
    ...(sources.length > 0 ? [{ Field: "source-ip", SourceIpConfig: { Values: [...sources] } }] : []),
    ...(header
      ? [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: header.name, Values: [header.value] } }]
      : []),
  ];
}

function show(weights: Weights, takes: string | undefined): string {
  return takes === undefined ? showWeights(weights) : `${showWeights(weights)} for ${takes}`;
}

/**
 * Writes places of rules: one SetRulePriorities, so that they may take each other's. Its answer holds them as they are.
 *
 * @throws SwitchyardError `service-in-use` when a rule of nobody's has a place, `drift` when that is not what was written.
 */
export async function writePriorities(
  aws: Aws,
  { services, listenerArn }: EnvironmentShape,
  places: readonly Placing[],
  guard: () => AbortSignal,
): Promise<void> {
  const { SetRulePrioritiesCommand } = await import("@aws-sdk/client-elastic-load-balancing-v2");
  const elb = await aws.client("elb");
  const wanted = places.flatMap(({ service, rule, priority: Priority }) => {
    const shape = services[service];
    return shape ? [{ RuleArn: rule === "production" ? shape.ruleArn : shape.previewRuleArn, Priority }] : [];
  });
  const shown = places.map(({ service, rule, priority }) => `${service} ${rule} ${priority}`).join(", ");
  const fix = "`switchyard status` shows the rules; run the command again";
  const sent = elb.send(new SetRulePrioritiesCommand({ RulePriorities: wanted }), { abortSignal: guard() });
  const { Rules = [] } = await sent.catch((error: unknown) => {
    if (!/PriorityInUse/.test((error as Error).name)) throw error;
    const free = "take the rule that is none of a service's off the listener, or give the service another priority";
    const what = `a place is taken (${shown})`;
    throw new SwitchyardError("service-in-use", { what, where: listenerArn, fix: free, cause: error });
  });
  const is = new Map(Rules.map((rule) => [rule.RuleArn, Number(rule.Priority)]));
  if (wanted.every(({ RuleArn, Priority }) => is.get(RuleArn) === Priority)) return;
  throw new SwitchyardError("drift", {
    what: `the rules are not where they were put (${shown})`,
    where: listenerArn,
    fix,
  });
}
