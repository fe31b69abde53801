/** EventBridge's events of the registry and of alarms (Amazon ECR, "Events"; Amazon CloudWatch, "Alarm events"). */
import { objectOf, text } from "./members.ts";

export interface ImagePushed {
  /** EventBridge delivers an event more than once, by the same id. */
  readonly key: string;
  readonly repository: string;
  /** `sha256:…` */
  readonly digest: string;
  /** Absent where it was pushed by its digest alone, as the parts of an image of several architectures are. */
  readonly tag: string | undefined;
  readonly what: { readonly kind: "pushed" };
}

export interface AlarmChanged {
  readonly key: string;
  readonly alarm: string;
  /** Ends with what to do. */
  readonly description: string;
  /** `quiet`: it was in no alarm before, as when it is made. */
  readonly what: { readonly kind: "alarm" | "over" | "quiet" };
}

/** @throws Error for another event of the registry, naming the member. */
export function imagePushed(event: Record<string, unknown>): ImagePushed {
  const detail = objectOf(event["detail"], "detail");
  if (detail["action-type"] !== "PUSH") throw new Error("action-type: it is no push");
  if (detail["result"] !== "SUCCESS") throw new Error("result: it is no success");
  const digest = text(detail, "image-digest");
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error("image-digest: it is no digest");
  const tag = detail["image-tag"];
  return {
    ...{ key: `pushed/${idOf(event)}`, repository: text(detail, "repository-name"), digest },
    ...{ tag: typeof tag === "string" && tag !== "" ? tag : undefined, what: { kind: "pushed" } },
  };
}

/** @throws Error for another event of CloudWatch's, naming the member. */
export function alarmChanged(event: Record<string, unknown>): AlarmChanged {
  const detail = objectOf(event["detail"], "detail");
  const state = text(objectOf(detail["state"], "detail.state"), "value");
  if (state !== "ALARM" && state !== "OK") throw new Error("value: it is neither ALARM nor OK");
  const before = text(objectOf(detail["previousState"], "detail.previousState"), "value");
  const description = text(objectOf(detail["configuration"], "detail.configuration"), "description");
  const kind = state === "ALARM" ? "alarm" : before === "ALARM" ? "over" : "quiet";
  return { key: `alarm/${idOf(event)}`, alarm: text(detail, "alarmName"), description, what: { kind } };
}

/** It names an object of S3. */
function idOf(event: Record<string, unknown>): string {
  const id = text(event, "id");
  if (/^[0-9A-Za-z-]{1,64}$/.test(id)) return id;
  throw new Error("id: it is none of EventBridge's");
}
