import type { Context, Tags } from "../../row.ts";

interface EcsTag {
  key?: string | undefined;
  value?: string | undefined;
}
export const tagList = (tags: Tags) => Object.entries(tags).map(([key, value]) => ({ key, value }));
export const tagRecord = (list: readonly EcsTag[] | undefined): Tags =>
  Object.fromEntries(
    (list ?? []).filter(({ key }) => !key?.startsWith("aws:")).map(({ key, value }) => [key ?? "", value ?? ""]),
  );

export async function tag(arn: string, tags: Tags, removed: string[], { ecs }: Context): Promise<void> {
  if (removed.length > 0) await ecs.untagResource({ resourceArn: arn, tagKeys: removed });
  if (Object.keys(tags).length > 0) await ecs.tagResource({ resourceArn: arn, tags: tagList(tags) });
}

/** A name and an ARN that ends in it are the same cluster, task definition or role. */
export const sameTail = (left: unknown, right: unknown) =>
  String(left).split("/").at(-1) === String(right).split("/").at(-1);
