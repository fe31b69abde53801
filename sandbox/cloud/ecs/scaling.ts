/** Tags of scalable targets, which moto takes but does not give back. */
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  ListTagsForResourceCommand,
  RegisterScalableTargetCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { awsError, type CloudContext } from "../handlers.ts";

export function installScaling(cloud: CloudContext): void {
  const tags = new Map<string, Record<string, string>>();
  const of = (arn: string | undefined) => {
    const found = tags.get(arn ?? "");
    if (found) return found;
    throw awsError("ResourceNotFoundException", `No scalable target found for ARN ${arn}`);
  };
  cloud.handle(RegisterScalableTargetCommand, async (input, call) => {
    const answer = await call.toMoto();
    const described = await call.moto(ApplicationAutoScalingClient).send(
      new DescribeScalableTargetsCommand({
        ServiceNamespace: input.ServiceNamespace,
        ResourceIds: input.ResourceId === undefined ? [] : [input.ResourceId],
      }),
    );
    const arn = described.ScalableTargets?.[0]?.ScalableTargetARN ?? "";
    tags.set(arn, { ...tags.get(arn), ...input.Tags });
    return { ...answer, ScalableTargetARN: arn };
  });
  cloud.handle(ListTagsForResourceCommand, ({ ResourceARN }) => ({ Tags: of(ResourceARN) }));
  cloud.handle(TagResourceCommand, ({ ResourceARN, Tags }) => {
    Object.assign(of(ResourceARN), Tags);
    return {};
  });
  cloud.handle(UntagResourceCommand, ({ ResourceARN, TagKeys }) => {
    for (const key of TagKeys ?? []) delete of(ResourceARN)[key];
    return {};
  });
  cloud.onReset(() => tags.clear());
}
