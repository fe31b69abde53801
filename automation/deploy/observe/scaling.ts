import type { ScalableTarget } from "@aws-sdk/client-application-auto-scaling";
import { colours } from "../../../programs/release.ts";
import type { Aws } from "../../aws/clients.ts";
import type { ScalingBounds } from "../decide/model.ts";
import { chunks } from "./health.ts";
import type { EnvironmentShape } from "./shape.ts";

/** Application Auto Scaling describes at most this many resources at once (its API reference). */
const targetsPerCall = 50;

export function scalingId(shape: EnvironmentShape, serviceName: string): string {
  return `service/${shape.clusterName}/${serviceName}`;
}

/** The bounds of every colour that scales, by resource id. */
export async function readScaling(aws: Aws, shape: EnvironmentShape): Promise<Map<string, ScalingBounds>> {
  const scaled = Object.values(shape.services).flatMap((s) =>
    colours.flatMap((c) =>
      s[c].scalableTargetId !== undefined && s[c].serviceName ? [scalingId(shape, s[c].serviceName)] : [],
    ),
  );
  if (scaled.length === 0) return new Map();
  const { DescribeScalableTargetsCommand } = await import("@aws-sdk/client-application-auto-scaling");
  const client = await aws.client("scaling");
  const answers = await Promise.all(
    chunks(scaled, targetsPerCall).map((ResourceIds) =>
      client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs", ResourceIds })),
    ),
  );
  return new Map(answers.flatMap((a) => a.ScalableTargets ?? []).map((t) => [t.ResourceId ?? "", boundsOf(t)]));
}

function boundsOf(target: ScalableTarget): ScalingBounds {
  const { DynamicScalingInSuspended, DynamicScalingOutSuspended } = target.SuspendedState ?? {};
  return {
    min: target.MinCapacity ?? 0,
    max: target.MaxCapacity ?? 0,
    suspended: DynamicScalingInSuspended === true && DynamicScalingOutSuspended === true,
  };
}
