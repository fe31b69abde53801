import type { Context, Tags } from "../../row.ts";
import { tagList, tagRecord } from "../shared.ts";

export async function tag(arn: string, tags: Tags, removed: string[], { rds }: Context): Promise<void> {
  if (removed.length > 0) await rds.removeTagsFromResource({ ResourceName: arn, TagKeys: removed });
  if (Object.keys(tags).length > 0) await rds.addTagsToResource({ ResourceName: arn, Tags: tagList(tags) });
}

export const tagsOf = async (arn: string | undefined, { rds }: Context) =>
  tagRecord((await rds.listTagsForResource({ ResourceName: arn })).TagList);
