import type { GroupSettings } from "../../../programs/release.ts";
import { asking } from "../../../programs/rollout.ts";
import type { Aws } from "../../aws/clients.ts";

/** Has an idle colour's target group check, drain and keep its targets as a release wants it. */
export async function setGroup(
  aws: Aws,
  TargetGroupArn: string,
  { healthCheck, deregistrationDelaySeconds, stickinessSeconds }: GroupSettings,
  guard: () => AbortSignal,
): Promise<void> {
  const { ModifyTargetGroupAttributesCommand, ModifyTargetGroupCommand } = await import(
    "@aws-sdk/client-elastic-load-balancing-v2"
  );
  const elb = await aws.client("elb");
  const checks = new ModifyTargetGroupCommand({
    TargetGroupArn,
    HealthCheckProtocol: asking.protocol,
    HealthCheckPort: asking.port,
    Matcher: { HttpCode: healthCheck.matcher ?? asking.matcher },
    HealthCheckPath: healthCheck.path,
    HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
    HealthCheckTimeoutSeconds: healthCheck.timeoutSeconds,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
  });
  await elb.send(checks, { abortSignal: guard() });
  const attributes = {
    "deregistration_delay.timeout_seconds": String(deregistrationDelaySeconds),
    "stickiness.enabled": String(stickinessSeconds !== undefined),
    ...(stickinessSeconds !== undefined && {
      "stickiness.type": "lb_cookie",
      "stickiness.lb_cookie.duration_seconds": String(stickinessSeconds),
    }),
  };
  const Attributes = Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
  await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }), { abortSignal: guard() });
}
