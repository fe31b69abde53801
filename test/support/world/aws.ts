import { ECSClient } from "@aws-sdk/client-ecs";
import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws, ClientOf, ServiceName } from "../../../automation/aws/clients.ts";
import type { Weights } from "../../../automation/deploy/decide/model.ts";
import { type Colour, colours } from "../../../programs/release.ts";
import { conditionsFor, type RuleConditions, takenBy } from "../../../programs/routes.ts";
import type { SimulatedCloud, View } from "./cloud.ts";
import type { DriverProcess } from "./driver.ts";
import type { Watch } from "./invariants.ts";
import { metricData } from "./metrics.ts";
import type { Rule } from "./rules.ts";

// biome-ignore lint/suspicious/noExplicitAny: commands' inputs are as many types as there are commands
type Input = any;

/** A Lambda call is waited for as long as a function may run (AWS Lambda quotas: 15 minutes). */
const lambdaLimitMs = 16 * 60_000;

export interface SimulatedAccount {
  readonly cloud: SimulatedCloud;
  readonly watch: Watch;
  /** How old an answer of ECS or the load balancer may be, in milliseconds. */
  readonly staleMs: number;
  readonly alarm: () => boolean;
}

/** AWS as one driver sees it: SDK commands answered by class name, on the simulated account, over a bad network. */
export function awsOf(driver: DriverProcess, account: SimulatedAccount): Aws {
  const client = Object.assign(Object.create(ECSClient.prototype) as object, {
    send: (command: { input: Input }, options?: { abortSignal?: AbortSignal }) => {
      const name = command.constructor.name.replace(/Command$/, "");
      const answer = answers[name];
      if (!answer) throw new Error(`the simulated account does not answer ${name}`);
      return driver.call(() => answer(account, driver, command.input), {
        name,
        signal: options?.abortSignal,
        ...(name === "Invoke" && { limitMs: lambdaLimitMs }),
      });
    },
  });
  return {
    region: "us-east-1",
    client: async <S extends ServiceName>() => {
      await driver.gate();
      return client as unknown as ClientOf<S>;
    },
    wayBack: () => driver.wayBack(),
    counts: () => ({}),
    clockSkewMs: driver.plan.skewMs,
    get total() {
      return driver.calls;
    },
    close: () => undefined,
  };
}

const answers: Record<string, (account: SimulatedAccount, driver: DriverProcess, input: Input) => unknown> = {
  DescribeServices: (account, driver, { services }) => {
    const view = stale(account, driver);
    return { services: services.map((name: string) => describeService(name, view)) };
  },
  UpdateService: (account, driver, input) => {
    account.watch.updateService(driver, input.service, input.taskDefinition, input.desiredCount);
    const { taskDefinition, desiredCount, forceNewDeployment, loadBalancers } = input;
    const port = loadBalancers?.[0].containerPort;
    account.cloud.service(input.service).update(taskDefinition, desiredCount, forceNewDeployment, port);
    return {};
  },
  ListTasks: () => ({ taskArns: ["task/1"] }),
  DescribeTasks: () => ({ tasks: [] }),
  GetLogEvents: () => ({ events: [] }),
  ListTaskDefinitions: ({ cloud }, _driver, { familyPrefix }) => ({
    taskDefinitionArns: cloud.taskDefinitions
      .filter((t) => t.active && t.arn.includes(`/${familyPrefix}:`))
      .map((t) => t.arn)
      .reverse(),
  }),
  DescribeTaskDefinition: ({ cloud }, _driver, { taskDefinition }) => {
    const found = cloud.taskDefinition(taskDefinition);
    const [, name] = /\/(.+):\d+$/.exec(taskDefinition) ?? [];
    const environment = [{ name: "RELEASE", value: found?.release }];
    return { taskDefinition: { containerDefinitions: [{ name, image: found?.image, environment }] } };
  },
  DeregisterTaskDefinition: ({ cloud, watch }, driver, { taskDefinition }) => {
    watch.deregister(driver, taskDefinition);
    const found = cloud.taskDefinition(taskDefinition);
    if (found) found.active = false;
    return {};
  },
  DescribeRules: (account, driver, { RuleArns }) => {
    const view = stale(account, driver);
    return { Rules: RuleArns.map((arn: string) => describeRule(arn, view)) };
  },
  ModifyRule: ({ cloud, watch }, driver, { RuleArn, Actions, Conditions }) => {
    const [, service, rule] = RuleArn.split("/") as [string, string, Rule];
    const groups: { TargetGroupArn: string; Weight: number }[] = Actions[0].ForwardConfig.TargetGroups;
    const of = (colour: Colour) => groups.find((g) => g.TargetGroupArn.endsWith(`/${colour}`))?.Weight ?? 0;
    const weights: Weights = { blue: of("blue"), green: of("green") };
    const takes = Conditions && takenBy(readConditions(Conditions));
    const change = { weights, ...(takes !== undefined && { takes }) };
    watch.setRule(driver, service, rule, change);
    cloud.setRules([{ service, rule, change }]);
    return { Rules: [describeRule(RuleArn, cloud.view())] };
  },
  SetRulePriorities: ({ cloud, watch }, driver, { RulePriorities }) => {
    const changes = RulePriorities.map(({ RuleArn, Priority }: { RuleArn: string; Priority: number }) => {
      const [, service, rule] = RuleArn.split("/") as [string, string, Rule];
      return { service, rule, change: { priority: Priority } };
    });
    watch.setPlaces(driver, changes);
    cloud.setRules(changes);
    return { Rules: RulePriorities.map(({ RuleArn }: { RuleArn: string }) => describeRule(RuleArn, cloud.view())) };
  },
  ModifyTargetGroup: ({ cloud, watch }, driver, { TargetGroupArn, HealthCheckPath }) => {
    const [, service, colour] = TargetGroupArn.split("/");
    watch.setGroup(driver, service, colour, HealthCheckPath);
    cloud.groups.set(`${service}/${colour}`, HealthCheckPath);
    return {};
  },
  ModifyTargetGroupAttributes: ({ watch }, driver, { TargetGroupArn }) => {
    watch.mutation(driver, `attributes of ${TargetGroupArn}`);
    return {};
  },
  DescribeTargetHealth: (account, driver, { TargetGroupArn }) => {
    const [, service, colour] = TargetGroupArn.split("/");
    const { healthy, registered } = (stale(account, driver).services[service] as View["services"][string])[
      colour as Colour
    ];
    const state = (i: number) => ({ TargetHealth: { State: i < healthy ? "healthy" : "unhealthy", Reason: "Failed" } });
    return { TargetHealthDescriptions: Array.from({ length: registered }, (_, i) => state(i)) };
  },
  DescribeScalableTargets: ({ cloud }, _driver, { ResourceIds }) => ({
    ScalableTargets: ResourceIds.flatMap((ResourceId: string) => {
      const found = cloud.scaling.get(ResourceId.split("/").at(-1) ?? "");
      if (!found) return [];
      const { min, max, suspended } = found;
      const SuspendedState = { DynamicScalingInSuspended: suspended, DynamicScalingOutSuspended: suspended };
      return [{ ResourceId, MinCapacity: min, MaxCapacity: max, SuspendedState }];
    }),
  }),
  RegisterScalableTarget: ({ cloud, watch }, driver, input) => {
    watch.mutation(driver, "RegisterScalableTarget");
    const suspended = input.SuspendedState.DynamicScalingInSuspended;
    cloud.scaling.set(input.ResourceId.split("/").at(-1), {
      min: input.MinCapacity,
      max: input.MaxCapacity,
      suspended,
    });
    return {};
  },
  DescribeAlarms: ({ alarm }, _driver, { AlarmNames }) => ({
    MetricAlarms: AlarmNames.map((AlarmName: string) => ({ AlarmName, StateValue: alarm() ? "ALARM" : "OK" })),
  }),
  GetMetricData: ({ cloud }, _driver, input) => metricData(cloud, input),
  // An image that was deployed stays in its repository.
  DescribeImages: () => ({ imageDetails: [{}] }),
  GetSecretValue: () => ({ SecretString: previewSecret }),
  Invoke: ({ cloud, watch }, driver, { Payload }) => {
    const request = JSON.parse(new TextDecoder().decode(Payload));
    if (request.action === "apply") watch.migrate(driver, request.phase, request.runId);
    return { Payload: new TextEncoder().encode(JSON.stringify(cloud.database.invoke(request))) };
  },
};

function stale({ cloud, staleMs }: SimulatedAccount, driver: DriverProcess): View {
  return cloud.view(staleMs === 0 ? 0 : driver.random() * staleMs);
}

function describeService(serviceName: string, view: View): unknown {
  const [, service, colour] = /^(.+)-(blue|green)$/.exec(serviceName) ?? [];
  const seen = view.services[service ?? ""]?.[colour as "blue"];
  if (seen?.taskDefinition === undefined) return { serviceName, desiredCount: 0, runningCount: 0, deployments: [] };
  const { taskDefinition, rollout, failed, gaveUp } = seen;
  const primary = { status: "PRIMARY", taskDefinition, rolloutState: rollout, failedTasks: failed };
  const gone = gaveUp && {
    status: "INACTIVE",
    taskDefinition: gaveUp.taskDefinition,
    rolloutState: "FAILED",
    failedTasks: gaveUp.failed,
  };
  return {
    serviceName,
    taskDefinition,
    desiredCount: seen.desired,
    runningCount: seen.running,
    deployments: gone ? [primary, gone] : [primary],
  };
}

const previewSecret = "preview-secret";
const asked = { HttpHeaderName: "x-switchyard-preview", Values: [previewSecret] };

function describeRule(arn: string, view: View): unknown {
  const [, service, rule] = arn.split("/");
  const seen = view.rules[service ?? ""]?.[rule as Rule];
  if (!seen) throw new Error(`the simulated cloud has no rule ${arn}`);
  const { weights, takes, priority } = seen;
  const TargetGroups = colours.map((colour) => ({
    TargetGroupArn: `tg/${service}/${colour}`,
    Weight: weights[colour],
  }));
  const { paths, sources } = conditionsFor(takes);
  const Conditions = [
    ...(paths.length > 0 ? [{ Field: "path-pattern", PathPatternConfig: { Values: paths } }] : []),
    ...(sources.length > 0 ? [{ Field: "source-ip", SourceIpConfig: { Values: sources } }] : []),
    ...(rule === "preview" ? [{ Field: "http-header", HttpHeaderConfig: asked }] : []),
  ];
  const Actions = [{ Type: "forward", ForwardConfig: { TargetGroups } }];
  return { RuleArn: arn, Priority: String(priority), Conditions, Actions };
}

function readConditions(conditions: readonly RuleCondition[]): RuleConditions {
  const paths = conditions.flatMap(({ PathPatternConfig }) => PathPatternConfig?.Values ?? []);
  return { paths, sources: conditions.flatMap(({ SourceIpConfig }) => SourceIpConfig?.Values ?? []) };
}
