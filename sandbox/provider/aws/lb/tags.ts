import type { Context, Tags } from "../../row.ts";
import { first, tagList, tagRecord } from "../shared.ts";

export const tagging = {
  tag: (arn: string, tags: Tags, { elb }: Context) => elb.addTags({ ResourceArns: [arn], Tags: tagList(tags) }),
  untag: (arn: string, TagKeys: string[], { elb }: Context) => elb.removeTags({ ResourceArns: [arn], TagKeys }),
};

export async function tagsOf(arn: string, { elb }: Context): Promise<Tags> {
  const { TagDescriptions } = await elb.describeTags({ ResourceArns: [arn] });
  return tagRecord(first(TagDescriptions)?.Tags);
}

export const tagsOn = (tags: Tags) => (Object.keys(tags).length > 0 ? { Tags: tagList(tags) } : {});

/** The part of an ARN that names a load balancer or target group in metrics. */
export const suffix = (arn: string | undefined) =>
  arn
    ?.split(":")
    .at(-1)
    ?.replace(/^loadbalancer\//, "");
