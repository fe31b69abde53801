/** RegisterTargets, DeregisterTargets and DescribeTargetHealth, answered from the running target groups. */
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
  type TargetDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { awsError, type CloudContext } from "../handlers.ts";
import type { Group } from "./group.ts";
import type { LoadBalancing } from "./live.ts";
import type { TargetAddress } from "./target.ts";

export function installTargets(cloud: CloudContext, live: LoadBalancing): void {
  const groupOf = (arn: string | undefined): Group => {
    const group = live.groups.get(arn ?? "");
    if (group === undefined) throw awsError("TargetGroupNotFound", `Target groups '[${arn}]' not found`);
    return group;
  };

  cloud.handle(RegisterTargetsCommand, (input) => {
    const group = groupOf(input.TargetGroupArn);
    if (group.description.TargetType !== "ip") {
      throw awsError(
        "InvalidTarget",
        `The sandbox runs only targets of type 'ip'; target group '${group.arn}' has type '${group.description.TargetType}'`,
      );
    }
    for (const target of input.Targets ?? []) group.register(addressOf(target, group));
    return {};
  });

  cloud.handle(DeregisterTargetsCommand, (input) => {
    const group = groupOf(input.TargetGroupArn);
    for (const target of input.Targets ?? []) void group.deregister(addressOf(target, group));
    return {};
  });

  cloud.handle(DescribeTargetHealthCommand, (input) => {
    const group = groupOf(input.TargetGroupArn);
    const asked = input.Targets?.map((target) => addressOf(target, group));
    const addresses = asked ?? group.targets.map((target) => target.address);
    return { TargetHealthDescriptions: addresses.map((address) => group.health(address)) };
  });
}

function addressOf(target: TargetDescription, group: Group): TargetAddress {
  return { id: target.Id ?? "", port: target.Port ?? group.description.Port ?? 80 };
}
