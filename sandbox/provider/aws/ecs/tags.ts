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

/** All that is tagged has its ARN in its state. */
export const tagging = {
  tag: (_id: string, tags: Tags, { ecs }: Context, { arn: resourceArn }: { arn?: string | undefined }) =>
    ecs.tagResource({ resourceArn, tags: tagList(tags) }),
  untag: (_id: string, tagKeys: string[], { ecs }: Context, { arn: resourceArn }: { arn?: string | undefined }) =>
    ecs.untagResource({ resourceArn, tagKeys }),
};

/** A name and an ARN that ends in it are the same cluster, task definition or role. */
export const sameTail = (left: unknown, right: unknown) =>
  String(left).split("/").at(-1) === String(right).split("/").at(-1);
