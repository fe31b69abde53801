import type { Context, Tags } from "../../row.ts";
import { first, tagList, tagRecord } from "../shared.ts";

export async function tag(arn: string, tags: Tags, removed: string[], { elb }: Context): Promise<void> {
  if (removed.length > 0) await elb.removeTags({ ResourceArns: [arn], TagKeys: removed });
  if (Object.keys(tags).length > 0) await elb.addTags({ ResourceArns: [arn], Tags: tagList(tags) });
}

export async function tagsOf(arn: string, { elb }: Context): Promise<Tags> {
  const { TagDescriptions } = await elb.describeTags({ ResourceArns: [arn] });
  return tagRecord(first(TagDescriptions)?.Tags);
}

export const tagging = (tags: Tags) => (Object.keys(tags).length > 0 ? { Tags: tagList(tags) } : {});

/** The part of an ARN that names a load balancer or target group in metrics. */
export const suffix = (arn: string | undefined) =>
  arn
    ?.split(":")
    .at(-1)
    ?.replace(/^loadbalancer\//, "");
