import type {
  DeregisterScalableTargetRequest,
  PutScalingPolicyRequest,
  RegisterScalableTargetRequest,
  ScalableTarget,
  ScalingPolicy,
} from "@aws-sdk/client-application-auto-scaling";
import type { appautoscaling } from "@pulumi/aws";
import { type Rows, row } from "../row.ts";
import { compact, isBag } from "../values.ts";
import { fields, putRow } from "./shapes.ts";
import { first } from "./shared.ts";

/** What scales, in every request about it. */
const scaled = fields<appautoscaling.Target, DeregisterScalableTargetRequest, ScalableTarget>({
  alike: ["serviceNamespace", "resourceId", "scalableDimension"],
});
const targetFields = fields<appautoscaling.Target, RegisterScalableTargetRequest, ScalableTarget>({
  alike: ["serviceNamespace", "resourceId", "scalableDimension", "minCapacity", "maxCapacity", "suspendedState"],
  renamed: { roleArn: "RoleARN" },
});

const target = row<appautoscaling.TargetArgs, appautoscaling.Target>({
  update: ["minCapacity", "maxCapacity", "roleArn", "suspendedState"],
  replace: ["resourceId", "scalableDimension", "serviceNamespace"],
  required: ["minCapacity", "maxCapacity", "resourceId", "scalableDimension", "serviceNamespace"],
  computed: ["arn", "roleArn", "suspendedState"],
  create: async (inputs, { autoscaling, tags }) => {
    await autoscaling.registerScalableTarget({
      ...targetFields.request(inputs),
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
      ...compact(targetFields.state(found)),
      arn: found.ScalableTargetARN,
      tagsAll: tags ?? {},
    };
  },
  write: async (_id, inputs, { autoscaling }, { changed }) => {
    const { MinCapacity, MaxCapacity, SuspendedState, ...rest } = targetFields.request(inputs);
    await autoscaling.registerScalableTarget({
      ...rest,
      ...(changed("minCapacity") && { MinCapacity }),
      ...(changed("maxCapacity") && { MaxCapacity }),
      ...(changed("suspendedState") && { SuspendedState }),
    });
  },
  tag: (_id, tags, { autoscaling }, { arn: ResourceARN }) => autoscaling.tagResource({ ResourceARN, Tags: tags }),
  untag: (_id, removed, { autoscaling }, { arn: ResourceARN }) =>
    autoscaling.untagResource({ ResourceARN, TagKeys: removed }),
  delete: (_id, { autoscaling }, state) => autoscaling.deregisterScalableTarget(scaled.request(state)),
});

const policyFields = fields<appautoscaling.Policy, PutScalingPolicyRequest, ScalingPolicy>({
  alike: [
    ...(["policyType", "serviceNamespace", "resourceId", "scalableDimension"] as const),
    "targetTrackingScalingPolicyConfiguration",
  ],
  renamed: { name: "PolicyName" },
});

/** Target-tracking policies on predefined metrics; step scaling is not covered. */
const policy = putRow<appautoscaling.PolicyArgs, appautoscaling.Policy>({
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
  id: "name",
  put: (inputs, { autoscaling }) => autoscaling.putScalingPolicy(policyFields.request(inputs)),
  read: async (id, { autoscaling }, state) => {
    const { ScalingPolicies } = await autoscaling.describeScalingPolicies({
      ServiceNamespace: state.serviceNamespace as "ecs",
      ResourceId: state.resourceId,
      PolicyNames: [id],
    });
    const found = ScalingPolicies?.find(({ PolicyName }) => PolicyName === id);
    return (
      found && {
        ...compact(policyFields.state(found)),
        arn: found.PolicyARN,
        alarmArns: (found.Alarms ?? []).map(({ AlarmARN }) => AlarmARN ?? ""),
      }
    );
  },
  delete: (id, { autoscaling }, state) => autoscaling.deleteScalingPolicy({ ...scaled.request(state), PolicyName: id }),
});

export const autoscalingRows: Rows = {
  "aws:appautoscaling/target:Target": target,
  "aws:appautoscaling/policy:Policy": policy,
};
