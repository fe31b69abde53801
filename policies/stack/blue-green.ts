import { type StackFinding, type StackResource, type StackView, stackRule } from "../rule.ts";
import { setting } from "../settings.ts";
import { elements, peek, unknown } from "../unknown.ts";
import { madeFrom, references } from "./graph.ts";

const targetGroup = "aws:lb/targetGroup:TargetGroup";

export const blueGreen = stackRule(
  ["aws:lb/listenerRule:ListenerRule", "aws:lb/targetGroup:TargetGroup", "aws:ecs/service:Service"],
  {
    name: "blue-green",
    subject: "aws:lb/listenerRule:ListenerRule",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html",
    title: "Weighted rules share traffic between two equal target groups that the driver alone weighs",
    why: "A third group, unequal groups or weights an update can change send live traffic where no release put it.",
    fix: "Name the blue and the green group, with integer weights of the configured total, and ignore changes of actions.",
    settings: { total: setting.integer(100, "What the weights of a rule add up to") },
    check: function* (stack) {
      yield* stack.each("aws:lb/listenerRule:ListenerRule", function* (rule) {
        const weighted = rule.props.actions.filter(({ forward }) => (forward?.targetGroups ?? []).length > 0);
        const hidden = ignoring(rule);
        const [first] = hidden;
        if (weighted.length === 0 && first !== undefined)
          yield `ignoreChanges hides ${first} although no weight is the driver's`;
        if (weighted.length > 0 && !hidden.includes("actions"))
          yield "ignoreChanges leaves out actions, so an update would move traffic";
        for (const property of hidden)
          if (!["actions", "conditions", "priority"].includes(property))
            yield `ignoreChanges hides ${property}, which is not the driver's`;
        for (const { forward } of weighted) {
          const groups = forward?.targetGroups ?? [];
          if (groups.length !== 2) yield "actions forwards to other than two target groups";
          const weights = groups.map(({ weight }) => weight ?? 1);
          if (!weights.every((weight) => Number.isInteger(weight) && weight >= 0))
            yield "actions has a weight that is no whole number";
          if (weights.reduce((sum, weight) => sum + weight, 0) !== stack.settings.total)
            yield "actions has weights that do not add up to the configured total";
        }
      });
      const served = new Set(
        stack.of("aws:ecs/service:Service").flatMap((service) => madeFrom(service, "loadBalancers")),
      );
      const weighted = new Set<StackResource>();
      for (const rule of stack.of("aws:lb/listenerRule:ListenerRule")) {
        const groups = groupsOf(stack, rule);
        yield* equalGroups(rule, groups, served);
        for (const group of groups) weighted.add(group);
      }
      for (const group of stack.of(targetGroup)) yield* released(group, weighted);
    },
  },
);

/** Settings of a target group that a colour keeps from the release it was proven with. */
const ofRelease = ["healthCheck", "deregistrationDelay", "stickiness"];

function* released(group: StackResource, weighted: ReadonlySet<StackResource>): Iterable<StackFinding> {
  for (const property of ignoring(group)) {
    if (!ofRelease.includes(property))
      yield { resource: group, what: `ignoreChanges hides ${property}, which is not the driver's` };
    else if (!weighted.has(group))
      yield { resource: group, what: `ignoreChanges hides ${property} although no release owns the target group` };
  }
}

/** The top-level properties whose changes a resource ignores. */
function ignoring({ opts }: StackResource): readonly string[] {
  return [...new Set(opts.ignoreChanges.map((path) => /^[\w*]+/.exec(path)?.[0] ?? path))];
}

/** The target groups a rule forwards to: by their ARNs where these are known, else what its actions were made from. */
function groupsOf(stack: StackView<unknown>, rule: StackResource): readonly StackResource[] {
  const actions = elements(arrayOf(peek(rule.props, "actions")));
  const arns = actions.flatMap((action) => {
    if (typeof action !== "object" || action === null) return [unknown];
    const forward = peek(action, "forward");
    const groups = typeof forward === "object" && forward !== null ? peek(forward, "targetGroups") : undefined;
    return elements(arrayOf(groups)).map((one) =>
      typeof one === "object" && one !== null ? peek(one, "arn") : unknown,
    );
  });
  const { certain, possible } = references(stack, rule, "actions", targetGroup, arns, "arn");
  return [...certain, ...possible];
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function* equalGroups(
  rule: StackResource,
  groups: readonly StackResource[],
  served: ReadonlySet<StackResource>,
): Iterable<StackFinding> {
  const [first, ...others] = groups;
  if (first === undefined || others.length === 0) return;
  for (const other of others) {
    for (const property of ["port", "protocol", "vpcId", "targetType", "healthCheck"]) {
      // Each colour keeps the check of its own release.
      if (ignoring(first).includes(property) && ignoring(other).includes(property)) continue;
      const compared = compare(first, other, property);
      if (compared === "different") yield { resource: rule, what: `the target groups differ in ${property}` };
      if (compared === "unknown")
        yield { resource: rule, what: `${property} of a target group is not known yet`, undecided: true };
    }
  }
  // Before the first image there is no service at all; after it, both colours have one.
  const count = groups.filter((group) => served.has(group)).length;
  if (count > 0 && count < groups.length) yield { resource: rule, what: "a weighted target group has no service" };
}

function compare(one: StackResource, other: StackResource, property: string): "same" | "different" | "unknown" {
  const [left, right] = [peek(one.props, property), peek(other.props, property)];
  if (left !== unknown && right !== unknown) return stable(left) === stable(right) ? "same" : "different";
  // Not equality: an engine may know more of a component's children by the time the second group is registered.
  const sources = new Set(madeFrom(one, property));
  const theirs = madeFrom(other, property);
  if (sources.size === 0 && theirs.length === 0) return "unknown";
  return theirs.some((source) => sources.has(source)) ? "same" : "different";
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner)
            .filter(([key]) => key !== "__defaults")
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}
