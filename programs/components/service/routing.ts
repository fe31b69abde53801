import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type Colour, liveRoute, longestStickiness, recorded, type ServiceRelease } from "../../release.ts";
import { asking } from "../../rollout.ts";
import { closed, conditionsFor, rulePriorities } from "../../routes.ts";
import type { ServiceConfig } from "../../service-config.ts";
import { previewHeaderName } from "../traffic/preview-header.ts";
import type { PerColour } from "./colour.ts";

export interface RoutingArgs {
  readonly config: ServiceConfig;
  /** What is released: new rules begin where traffic is. */
  readonly release: ServiceRelease | undefined;
  readonly listenerArn: pulumi.Input<string>;
  /** Pulumi secret. */
  readonly previewHeaderValue: pulumi.Output<string>;
  readonly vpcId: pulumi.Input<string>;
  /**
   * The rule that is asked before the production rule, of another service: made before it and taken away after it, so that
   * where all of them go to another listener none takes what is another's.
   */
  readonly askedBefore: pulumi.Resource | undefined;
}

/**
 * A service's two target groups and two rules on the listener. Both rules forward to both groups, so that both are
 * checked and reachable from the start; the production rule takes no request before a first release is proven. Weights,
 * what the production rule takes, and the groups' settings are the driver's: they belong to the releases.
 */
export class Routing extends pulumi.ComponentResource {
  readonly targetGroups: PerColour<aws.lb.TargetGroup>;
  readonly production: aws.lb.ListenerRule;
  readonly preview: aws.lb.ListenerRule;

  constructor(name: string, args: RoutingArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:service:Routing", name, {}, options);
    const { config } = args;
    this.targetGroups = {
      blue: this.targetGroup(`${name}-blue`, args),
      green: this.targetGroup(`${name}-green`, args),
    };
    const header: aws.types.input.lb.ListenerRuleCondition = {
      httpHeader: { httpHeaderName: previewHeaderName, values: [args.previewHeaderValue] },
    };
    const { path, priority } = config;
    const live = args.release?.live;
    const route = liveRoute(args.release) ?? { path, priority };
    const takes = conditionsOf(live === undefined ? closed : route.path);
    const preview = [...conditionsOf(route.path), header];
    const place = (rule: keyof typeof rulePriorities) => route.priority + rulePriorities[rule];
    // Before a first release nothing is taken away by a rule's place: an update may still give it another one.
    const drivers = recorded(args.release).length === 0 ? ["actions"] : ["actions", "conditions", "priority"];
    this.production = this.rule(name, args, {
      ...{ priority: place("production"), conditions: takes, to: live ?? "blue" },
      drivers: [...new Set([...drivers, "conditions"])],
      after: args.askedBefore,
    });
    this.preview = this.rule(`${name}-preview`, args, {
      ...{ priority: place("preview"), conditions: preview, to: live === "green" ? "blue" : "green" },
      drivers,
    });
    this.registerOutputs({ ruleArn: this.production.arn, previewRuleArn: this.preview.arn });
  }

  private targetGroup(name: string, { config, vpcId }: RoutingArgs): aws.lb.TargetGroup {
    const { healthCheck } = config;
    return new aws.lb.TargetGroup(
      name,
      {
        // ECS registers each task at its container's own port; this one only stands in for it, and stays the same when
        // a service's port changes, which would replace the group under live traffic.
        port: 80,
        protocol: "HTTP",
        targetType: "ip",
        vpcId,
        deregistrationDelay: config.deregistrationDelaySeconds,
        healthCheck: {
          enabled: true,
          path: healthCheck.path,
          port: asking.port,
          protocol: asking.protocol,
          matcher: healthCheck.matcher ?? asking.matcher,
          interval: healthCheck.intervalSeconds,
          timeout: healthCheck.timeoutSeconds,
          healthyThreshold: healthCheck.healthyThreshold,
          unhealthyThreshold: healthCheck.unhealthyThreshold,
        },
        ...(config.stickinessSeconds === undefined
          ? {}
          : { stickiness: { type: "lb_cookie", enabled: true, cookieDuration: config.stickinessSeconds } }),
      },
      { parent: this, ignoreChanges: ["healthCheck", "deregistrationDelay", "stickiness"] },
    );
  }

  private rule(
    name: string,
    args: RoutingArgs,
    begin: {
      readonly priority: number;
      readonly conditions: aws.types.input.lb.ListenerRuleCondition[];
      readonly to: Colour;
      /** Inputs that an update ignores. */
      readonly drivers: string[];
      readonly after?: pulumi.Resource | undefined;
    },
  ): aws.lb.ListenerRule {
    const { priority, conditions, to, drivers, after } = begin;
    const sticky = longestStickiness(args.config.stickinessSeconds, args.release);
    return new aws.lb.ListenerRule(
      name,
      {
        listenerArn: args.listenerArn,
        priority,
        conditions,
        actions: [
          {
            type: "forward",
            forward: {
              targetGroups: [
                { arn: this.targetGroups.blue.arn, weight: to === "blue" ? 100 : 0 },
                { arn: this.targetGroups.green.arn, weight: to === "green" ? 100 : 0 },
              ],
              ...(sticky === undefined ? {} : { stickiness: { enabled: true, duration: sticky } }),
            },
          },
        ],
      },
      { parent: this, ignoreChanges: drivers, ...(after && { dependsOn: [after] }) },
    );
  }
}

function conditionsOf(takes: string): aws.types.input.lb.ListenerRuleCondition[] {
  const { paths, sources } = conditionsFor(takes);
  return [
    ...(paths.length > 0 ? [{ pathPattern: { values: [...paths] } }] : []),
    ...(sources.length > 0 ? [{ sourceIp: { values: [...sources] } }] : []),
  ];
}
