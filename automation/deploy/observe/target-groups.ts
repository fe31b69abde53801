import type { TargetGroup, TargetGroupAttribute } from "@aws-sdk/client-elastic-load-balancing-v2";
import { colours, type ReleaseDocument } from "../../../programs/release.ts";
import { asking } from "../../../programs/rollout.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Observed, ObservedGroup, ObservedService } from "../decide/model.ts";
import { isKept } from "../decide/setups.ts";
import type { EnvironmentShape } from "./shape.ts";

/** Adds to each colour how its target group is set, where it may be compared to its release, and that can be read. */
export async function withGroups(
  aws: Aws,
  shape: EnvironmentShape,
  release: ReleaseDocument,
  services: Observed["services"],
): Promise<Observed["services"]> {
  const read = Object.entries(services).map(async ([name, service]) => {
    const held = release.services[name] ?? {};
    const sides = colours.map(async (colour): Promise<Partial<ObservedService>> => {
      const arn = isKept(held, colour, service) ? shape.services[name]?.[colour].targetGroupArn : undefined;
      // Whoever may not read it, or finds nothing to read, is kept from nothing else.
      const group = arn && (await readGroup(aws, arn).catch(() => undefined));
      return group ? { [colour]: { ...service[colour], group } } : {};
    });
    return [name, Object.assign({ ...service }, ...(await Promise.all(sides))) as ObservedService] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

async function readGroup(aws: Aws, TargetGroupArn: string): Promise<ObservedGroup | undefined> {
  const { DescribeTargetGroupAttributesCommand, DescribeTargetGroupsCommand } = await import(
    "@aws-sdk/client-elastic-load-balancing-v2"
  );
  const elb = await aws.client("elb");
  const [{ TargetGroups: [group] = [] }, { Attributes = [] }] = await Promise.all([
    elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [TargetGroupArn] })),
    elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn })),
  ]);
  return group && settingsOf(group, Attributes);
}

function settingsOf(group: TargetGroup, attributes: readonly TargetGroupAttribute[]): ObservedGroup {
  const attribute = (key: string) => attributes.find(({ Key }) => Key === key)?.Value;
  const sticky = attribute("stickiness.enabled") === "true" && attribute("stickiness.type") === "lb_cookie";
  const { Matcher: { HttpCode: matcher = asking.matcher } = {} } = group;
  return {
    protocol: group.HealthCheckProtocol ?? asking.protocol,
    port: group.HealthCheckPort ?? asking.port,
    healthCheck: {
      path: group.HealthCheckPath ?? "/",
      intervalSeconds: group.HealthCheckIntervalSeconds ?? 0,
      timeoutSeconds: group.HealthCheckTimeoutSeconds ?? 0,
      healthyThreshold: group.HealthyThresholdCount ?? 0,
      unhealthyThreshold: group.UnhealthyThresholdCount ?? 0,
      ...(matcher !== asking.matcher && { matcher }),
    },
    deregistrationDelaySeconds: Number(attribute("deregistration_delay.timeout_seconds")),
    ...(sticky && { stickinessSeconds: Number(attribute("stickiness.lb_cookie.duration_seconds")) }),
  };
}
