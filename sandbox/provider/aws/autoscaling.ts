import type { appautoscaling } from "@pulumi/aws";
import { type In, type Rows, row } from "../row.ts";
import { isBag } from "../values.ts";
import { camel, first, must, pascal } from "./shared.ts";

type TargetInputs = In<appautoscaling.TargetArgs>;

const suspended = ({ suspendedState }: TargetInputs) => suspendedState as Record<string, boolean> | undefined;
const target = row<appautoscaling.TargetArgs, appautoscaling.Target>({
  update: ["minCapacity", "maxCapacity", "roleArn", "suspendedState"],
  replace: ["resourceId", "scalableDimension", "serviceNamespace"],
  required: ["minCapacity", "maxCapacity", "resourceId", "scalableDimension", "serviceNamespace"],
  computed: ["arn", "roleArn", "suspendedState"],
  create: async (inputs, { autoscaling, tags }) => {
    await autoscaling.registerScalableTarget({
      ...registration(inputs),
      ...(Object.keys(tags).length > 0 && { Tags: tags }),
    });
    return inputs.resourceId;
  },
  read: async (id, { autoscaling }, { scalableDimension, serviceNamespace }) => {
    const answer = await autoscaling.describeScalableTargets({
      ServiceNamespace: serviceNamespace as "ecs",
      ScalableDimension: scalableDimension as "ecs:service:DesiredCount",
      ResourceIds: [id],
    });
    const found = first(answer.ScalableTargets);
    if (!found) return undefined;
    const tags = found.ScalableTargetARN
      ? (await autoscaling.listTagsForResource({ ResourceARN: found.ScalableTargetARN })).Tags
      : undefined;
    return {
      arn: found.ScalableTargetARN,
      minCapacity: found.MinCapacity,
      maxCapacity: found.MaxCapacity,
      resourceId: found.ResourceId,
      roleArn: found.RoleARN,
      scalableDimension: found.ScalableDimension,
      serviceNamespace: found.ServiceNamespace,
      ...(found.SuspendedState && { suspendedState: camel(found.SuspendedState) as never }),
      tagsAll: tags ?? {},
    };
  },
  write: async (_id, inputs, { autoscaling }, { changed }) => {
    const { MinCapacity, MaxCapacity, SuspendedState, ...rest } = registration(inputs);
    await autoscaling.registerScalableTarget({
      ...rest,
      ...(changed("minCapacity") && { MinCapacity }),
      ...(changed("maxCapacity") && { MaxCapacity }),
      ...(changed("suspendedState") && { SuspendedState }),
    });
  },
  tag: async (_id, tags, removed, { autoscaling }, { arn: ResourceARN }) => {
    if (removed.length > 0) await autoscaling.untagResource({ ResourceARN, TagKeys: removed });
    if (Object.keys(tags).length > 0) await autoscaling.tagResource({ ResourceARN, Tags: tags });
  },
  delete: (id, { autoscaling }, { scalableDimension, serviceNamespace }) =>
    autoscaling.deregisterScalableTarget({
      ResourceId: id,
      ScalableDimension: scalableDimension as "ecs:service:DesiredCount",
      ServiceNamespace: serviceNamespace as "ecs",
    }),
});

const registration = (inputs: TargetInputs) => ({
  ServiceNamespace: inputs.serviceNamespace as "ecs",
  ResourceId: inputs.resourceId,
  ScalableDimension: inputs.scalableDimension as "ecs:service:DesiredCount",
  MinCapacity: inputs.minCapacity,
  MaxCapacity: inputs.maxCapacity,
  RoleARN: inputs.roleArn,
  SuspendedState: suspended(inputs) && pascal<object>(suspended(inputs)),
});

type PolicyInputs = In<appautoscaling.PolicyArgs>;

const policyRequest = (inputs: PolicyInputs) => ({
  PolicyName: inputs.name,
  PolicyType: inputs.policyType as "TargetTrackingScaling",
  ServiceNamespace: inputs.serviceNamespace as "ecs",
  ResourceId: inputs.resourceId,
  ScalableDimension: inputs.scalableDimension as "ecs:service:DesiredCount",
  ...(inputs.targetTrackingScalingPolicyConfiguration && {
    TargetTrackingScalingPolicyConfiguration: pascal<{ TargetValue: number }>(
      inputs.targetTrackingScalingPolicyConfiguration,
    ),
  }),
});

/** Target-tracking policies on predefined metrics; step scaling is not covered. */
const policy = row<appautoscaling.PolicyArgs, appautoscaling.Policy>({
  update: ["policyType", "targetTrackingScalingPolicyConfiguration"],
  replace: ["name", "resourceId", "scalableDimension", "serviceNamespace"],
  required: ["resourceId", "scalableDimension", "serviceNamespace"],
  autoName: { key: "name", max: 255 },
  defaults: { policyType: "StepScaling" },
  computed: ["arn", "alarmArns"],
  check: ({ policyType, targetTrackingScalingPolicyConfiguration: tracking }) =>
    policyType === "TargetTrackingScaling" && isBag(tracking) && !tracking.customizedMetricSpecification
      ? undefined
      : {
          property: "policyType",
          reason: "the sandbox's stand-in implements TargetTrackingScaling on predefined metrics only",
        },
  create: async (inputs, { autoscaling }) => {
    await autoscaling.putScalingPolicy(policyRequest(inputs));
    return must(inputs.name, "the policy's name");
  },
  read: async (id, { autoscaling }, state) => {
    const { ScalingPolicies } = await autoscaling.describeScalingPolicies({
      ServiceNamespace: state.serviceNamespace as "ecs",
      ResourceId: state.resourceId,
      PolicyNames: [id],
    });
    const found = ScalingPolicies?.find(({ PolicyName }) => PolicyName === id);
    return (
      found && {
        arn: found.PolicyARN,
        name: found.PolicyName,
        policyType: found.PolicyType,
        resourceId: found.ResourceId,
        scalableDimension: found.ScalableDimension,
        serviceNamespace: found.ServiceNamespace,
        alarmArns: (found.Alarms ?? []).map(({ AlarmARN }) => AlarmARN ?? ""),
        ...(found.TargetTrackingScalingPolicyConfiguration && {
          targetTrackingScalingPolicyConfiguration: camel(found.TargetTrackingScalingPolicyConfiguration) as never,
        }),
      }
    );
  },
  write: async (_id, inputs, { autoscaling }) => {
    await autoscaling.putScalingPolicy(policyRequest(inputs));
  },
  delete: (id, { autoscaling }, state) =>
    autoscaling.deleteScalingPolicy({
      PolicyName: id,
      ServiceNamespace: state.serviceNamespace as "ecs",
      ResourceId: state.resourceId,
      ScalableDimension: state.scalableDimension as "ecs:service:DesiredCount",
    }),
});

export const autoscalingRows: Rows = {
  "aws:appautoscaling/target:Target": target,
  "aws:appautoscaling/policy:Policy": policy,
};
