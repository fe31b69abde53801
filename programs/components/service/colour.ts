import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";
import type { Colour } from "../../release.ts";
import { rollout } from "../../rollout.ts";
import type { ServiceConfig } from "../../service-config.ts";
import { capacity } from "../../service-config.ts";

export interface ServiceColourArgs {
  readonly clusterArn: pulumi.Input<string>;
  readonly clusterName: pulumi.Input<string>;
  readonly config: ServiceConfig;
  readonly containerName: string;
  readonly privateSubnetIds: pulumi.Input<pulumi.Input<string>[]>;
  readonly profile: Profile;
  /** Bounds of what is released there, or that something is released on the other colour; undefined before any release. */
  readonly scale: { readonly min: number; readonly max: number } | "idle" | undefined;
  readonly securityGroupId: pulumi.Input<string>;
  readonly targetGroupArn: pulumi.Input<string>;
  /** What the service is created with; the driver decides what it runs from then on. */
  readonly taskDefinitionArn: pulumi.Input<string>;
  /** What must be there before tasks can start and be reached: rules, roles' policies, firewall. */
  readonly startsAfter: readonly pulumi.Resource[];
}

/**
 * One colour of a service: an ECS service that starts empty, and its autoscaling. An `up` never touches what it runs,
 * how many, or where: the driver alone does.
 */
export class ServiceColour extends pulumi.ComponentResource {
  readonly serviceName: pulumi.Output<string>;
  /** `service/<cluster>/<service>`, as Application Auto Scaling names it. */
  readonly scalableTargetId: pulumi.Output<string>;

  constructor(name: string, args: ServiceColourArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:service:ServiceColour", name, {}, options);
    const { config } = args;
    const service = new aws.ecs.Service(
      name,
      {
        cluster: args.clusterArn,
        launchType: "FARGATE",
        platformVersion: rollout.platformVersion,
        taskDefinition: args.taskDefinitionArn,
        desiredCount: 0,
        loadBalancers: [
          { targetGroupArn: args.targetGroupArn, containerName: args.containerName, containerPort: config.port },
        ],
        networkConfiguration: {
          subnets: args.privateSubnetIds,
          securityGroups: [args.securityGroupId],
          assignPublicIp: false,
        },
        deploymentCircuitBreaker: rollout.circuitBreaker,
        deploymentMinimumHealthyPercent: rollout.minimumPercent,
        deploymentMaximumPercent: rollout.maximumPercent,
        healthCheckGracePeriodSeconds: gracePeriodSeconds(config),
        enableEcsManagedTags: true,
        propagateTags: "SERVICE",
        forceDelete: args.profile.forceDestroy,
      },
      {
        parent: this,
        dependsOn: [...args.startsAfter],
        ignoreChanges: [
          "taskDefinition",
          "desiredCount",
          "loadBalancers",
          "networkConfiguration",
          "healthCheckGracePeriodSeconds",
        ],
      },
    );
    const target = new aws.appautoscaling.Target(
      name,
      {
        serviceNamespace: "ecs",
        scalableDimension: "ecs:service:DesiredCount",
        resourceId: pulumi.interpolate`service/${args.clusterName}/${service.name}`,
        // An idle colour stays at none; the driver raises the floor of the one that goes live. One that is made anew while
        // it serves must not be scaled in to none.
        minCapacity: typeof args.scale === "object" ? args.scale.min : 0,
        maxCapacity: typeof args.scale === "object" ? args.scale.max : capacity(config).max,
        ...(args.scale === "idle" && { suspendedState: suspended }),
      },
      { parent: this, ignoreChanges: ["minCapacity", "maxCapacity", "suspendedState"] },
    );
    new aws.appautoscaling.Policy(
      name,
      {
        policyType: "TargetTrackingScaling",
        serviceNamespace: target.serviceNamespace,
        scalableDimension: target.scalableDimension,
        resourceId: target.resourceId,
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
          targetValue: 60,
          scaleOutCooldown: 60,
          scaleInCooldown: 300,
        },
      },
      { parent: this },
    );
    this.serviceName = service.name;
    this.scalableTargetId = target.resourceId;
    this.registerOutputs({ serviceName: this.serviceName, scalableTargetId: this.scalableTargetId });
  }
}

const suspended = {
  dynamicScalingInSuspended: true,
  dynamicScalingOutSuspended: true,
  scheduledScalingSuspended: true,
};

/** Long enough for a starting task to pass its first checks before ECS counts a failed one against it. */
export function gracePeriodSeconds(config: Pick<ServiceConfig, "healthCheck">): number {
  const { intervalSeconds, healthyThreshold } = config.healthCheck;
  return config.healthCheck.gracePeriodSeconds ?? intervalSeconds * (healthyThreshold + 1);
}

export type PerColour<Value> = Readonly<Record<Colour, Value>>;
