/** What services tell EventBridge. Rules and where they lead are moto's. */
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { CloudContext } from "./handlers.ts";

export interface ServiceEvent {
  readonly source: string;
  readonly type: string;
  /** ARN of what it is about. */
  readonly resource: string;
  readonly detail: object;
}

/** Nobody waits for it, as in AWS: what cannot be told is logged. */
export async function tellEventBridge(
  cloud: Pick<CloudContext, "log">,
  moto: CloudContext["moto"],
  { source, type, resource, detail }: ServiceEvent,
): Promise<void> {
  const event = { Source: source, DetailType: type, Resources: [resource], Detail: JSON.stringify(detail) };
  try {
    await moto(EventBridgeClient).send(new PutEventsCommand({ Entries: [event] }));
  } catch (failure) {
    cloud.log(`${type} of ${resource} was told to nobody: ${(failure as Error).message}`);
  }
}
