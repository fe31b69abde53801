/** The collector of traces beside a service: an image of a registry that this machine does not have, and so left out. */
import type { ContainerDefinition, TaskDefinition } from "@aws-sdk/client-ecs";

/** Said in the container's own log, where whoever looks for traces looks, and as the reason it stopped. */
export const collectorLeftOut =
  "The sandbox runs no collector: OpenTelemetry is switched off in the service, and traces go nowhere";

export function isCollector({ essential, image = "" }: ContainerDefinition): boolean {
  return essential === false && image.startsWith("public.ecr.aws/") && image.includes("otel-collector@");
}

/** What the other containers of its task are told: an SDK would look for it in vain (OpenTelemetry specification). */
export function untraced({ containerDefinitions = [] }: TaskDefinition): Readonly<Record<string, string>> {
  return containerDefinitions.some(isCollector) ? { OTEL_SDK_DISABLED: "true" } : {};
}
