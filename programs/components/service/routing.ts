import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceConfig } from "../../service-config.ts";
import { previewHeaderName } from "../traffic/preview-header.ts";
import type { PerColour } from "./colour.ts";

export interface RoutingArgs {
  readonly config: ServiceConfig;
  readonly listenerArn: pulumi.Input<string>;
  /** Pulumi secret. */
  readonly previewHeaderValue: pulumi.Output<string>;
  readonly vpcId: pulumi.Input<string>;
}

/** Production rules come after every preview rule. */
const productionPriorities = 1000;

/**
 * A service's two target groups and two rules on the listener. Both rules forward to both groups, so that both are
 * checked and reachable from the start; the weights are the driver's.
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
    const path: aws.types.input.lb.ListenerRuleCondition = { pathPattern: { values: pathPatterns(config.path) } };
    const header: aws.types.input.lb.ListenerRuleCondition = {
      httpHeader: { httpHeaderName: previewHeaderName, values: [args.previewHeaderValue] },
    };
    this.production = this.rule(name, args, config.priority + productionPriorities, [path], { blue: 100, green: 0 });
    this.preview = this.rule(`${name}-preview`, args, config.priority, [path, header], { blue: 0, green: 100 });
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
          port: "traffic-port",
          protocol: "HTTP",
          matcher: "200",
          interval: healthCheck.intervalSeconds,
          timeout: healthCheck.timeoutSeconds,
          healthyThreshold: healthCheck.healthyThreshold,
          unhealthyThreshold: healthCheck.unhealthyThreshold,
        },
        ...(config.stickinessSeconds === undefined
          ? {}
          : { stickiness: { type: "lb_cookie", enabled: true, cookieDuration: config.stickinessSeconds } }),
      },
      { parent: this },
    );
  }

  private rule(
    name: string,
    args: RoutingArgs,
    priority: number,
    conditions: aws.types.input.lb.ListenerRuleCondition[],
    weights: PerColour<number>,
  ): aws.lb.ListenerRule {
    const { stickinessSeconds } = args.config;
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
                { arn: this.targetGroups.blue.arn, weight: weights.blue },
                { arn: this.targetGroups.green.arn, weight: weights.green },
              ],
              // Groups that are sticky each need the rule to be sticky too (Elastic Load Balancing, "Sticky sessions").
              ...(stickinessSeconds === undefined
                ? {}
                : { stickiness: { enabled: true, duration: stickinessSeconds } }),
            },
          },
        ],
      },
      { parent: this, ignoreChanges: ["actions"] },
    );
  }
}

/** `/api` → the path itself and everything below it; `/` → everything. */
export function pathPatterns(path: string): string[] {
  return path === "/" ? ["/*"] : [path, `${path}/*`];
}
