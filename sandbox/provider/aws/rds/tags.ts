import type { Context, Tags } from "../../row.ts";
import { tagList, tagRecord } from "../shared.ts";

export const tagging = {
  tag: (_id: string, tags: Tags, { rds }: Context, { arn }: { arn?: string | undefined }) =>
    rds.addTagsToResource({ ResourceName: arn, Tags: tagList(tags) }),
  untag: (_id: string, TagKeys: string[], { rds }: Context, { arn }: { arn?: string | undefined }) =>
    rds.removeTagsFromResource({ ResourceName: arn, TagKeys }),
};

export const tagsOf = async (arn: string | undefined, { rds }: Context) =>
  tagRecord((await rds.listTagsForResource({ ResourceName: arn })).TagList);
