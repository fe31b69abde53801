import type { CreateTargetGroupInput, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { lb } from "@pulumi/aws";
import { type Context, type Rows, row } from "../../row.ts";
import type { Bag } from "../../values.ts";
import { fields } from "../shapes.ts";
import { first, must } from "../shared.ts";
import { type Attributes, attribute, fromAttributes, type Listed, toAttributes } from "./attributes.ts";
import { suffix, tagging, tagsOf, tagsOn } from "./tags.ts";

const groupFields = fields<lb.TargetGroup, CreateTargetGroupInput, TargetGroup>({
  alike: ["port", "protocol", "protocolVersion", "vpcId", "targetType", "ipAddressType"],
});

const groupAttributes: Attributes = {
  deregistrationDelay: "deregistration_delay.timeout_seconds",
  slowStart: "slow_start.duration_seconds",
  loadBalancingAlgorithmType: "load_balancing.algorithm.type",
};

interface Check extends Bag {
  interval?: number;
  timeout?: number;
  matcher?: string;
}
function healthCheck(check: Check | undefined) {
  if (check === undefined) return {};
  return {
    HealthCheckEnabled: check["enabled"] as boolean | undefined,
    HealthCheckPath: check["path"] as string | undefined,
    HealthCheckPort: check["port"] as string | undefined,
    HealthCheckProtocol: check["protocol"] as "HTTP" | undefined,
    HealthCheckIntervalSeconds: check.interval,
    HealthCheckTimeoutSeconds: check.timeout,
    HealthyThresholdCount: check["healthyThreshold"] as number | undefined,
    UnhealthyThresholdCount: check["unhealthyThreshold"] as number | undefined,
    ...(check.matcher !== undefined && { Matcher: { HttpCode: check.matcher } }),
  };
}

interface Stickiness {
  type?: string;
  enabled?: boolean;
  cookieDuration?: number;
}
async function setGroupAttributes(arn: string, inputs: Bag, { elb }: Context) {
  const stickiness = inputs["stickiness"] as Stickiness | undefined;
  const Attributes: Listed = toAttributes(inputs, groupAttributes);
  if (stickiness) {
    Attributes.push({ Key: "stickiness.enabled", Value: String(stickiness.enabled ?? true) });
    Attributes.push({ Key: "stickiness.type", Value: stickiness.type ?? "lb_cookie" });
    Attributes.push({
      Key: "stickiness.lb_cookie.duration_seconds",
      Value: String(stickiness.cookieDuration ?? 86400),
    });
  }
  if (Attributes.length > 0) await elb.modifyTargetGroupAttributes({ TargetGroupArn: arn, Attributes });
}

const targetGroup = row<lb.TargetGroupArgs, lb.TargetGroup>({
  update: ["healthCheck", "stickiness", ...(Object.keys(groupAttributes) as "slowStart"[])],
  replace: ["name", "port", "protocol", "protocolVersion", "vpcId", "targetType", "ipAddressType"],
  autoName: { key: "name", max: 32 },
  defaults: { deregistrationDelay: 300, slowStart: 0, targetType: "instance" },
  computed: [
    "arn",
    "arnSuffix",
    "loadBalancerArns",
    "healthCheck",
    "stickiness",
    "loadBalancingAlgorithmType",
    "ipAddressType",
    "protocolVersion",
  ],
  create: async (inputs, aws) => {
    const made = await aws.elb.createTargetGroup({
      ...groupFields.request(inputs),
      Name: inputs.name,
      ...healthCheck(inputs.healthCheck as Check | undefined),
      ...tagsOn(aws.tags),
    });
    const id = aws.created(must(first(made.TargetGroups)?.TargetGroupArn, "TargetGroupArn"));
    await setGroupAttributes(id, inputs, aws);
    return id;
  },
  read: async (id, aws) => {
    const found = first((await aws.elb.describeTargetGroups({ TargetGroupArns: [id] })).TargetGroups);
    if (!found) return undefined;
    const [{ Attributes }, tagsAll] = await Promise.all([
      aws.elb.describeTargetGroupAttributes({ TargetGroupArn: id }),
      tagsOf(id, aws),
    ]);
    return {
      arn: id,
      arnSuffix: suffix(id),
      name: found.TargetGroupName,
      ...groupFields.state(found),
      protocolVersion: found.ProtocolVersion ?? "HTTP1",
      ipAddressType: found.IpAddressType ?? "ipv4",
      loadBalancerArns: found.LoadBalancerArns ?? [],
      healthCheck: {
        enabled: found.HealthCheckEnabled,
        path: found.HealthCheckPath as string,
        port: found.HealthCheckPort,
        protocol: found.HealthCheckProtocol,
        interval: found.HealthCheckIntervalSeconds,
        timeout: found.HealthCheckTimeoutSeconds as number,
        healthyThreshold: found.HealthyThresholdCount,
        unhealthyThreshold: found.UnhealthyThresholdCount,
        matcher: found.Matcher?.HttpCode as string,
      },
      stickiness: {
        enabled: attribute(Attributes, "stickiness.enabled") === "true",
        type: attribute(Attributes, "stickiness.type") ?? "lb_cookie",
        cookieDuration: Number(attribute(Attributes, "stickiness.lb_cookie.duration_seconds") ?? 86400),
      },
      ...fromAttributes(Attributes, groupAttributes),
      tagsAll,
    };
  },
  write: async (id, inputs, aws, { changed }) => {
    if (changed("healthCheck")) {
      await aws.elb.modifyTargetGroup({ TargetGroupArn: id, ...healthCheck(inputs.healthCheck as Check) });
    }
    const attributes = Object.entries({ stickiness: { enabled: false }, ...inputs }).filter(([key]) =>
      changed(key as "name"),
    );
    await setGroupAttributes(id, Object.fromEntries(attributes), aws);
  },
  ...tagging,
  delete: (id, { elb }) => elb.deleteTargetGroup({ TargetGroupArn: id }),
});

export const targetGroupRows: Rows = { "aws:lb/targetGroup:TargetGroup": targetGroup };
