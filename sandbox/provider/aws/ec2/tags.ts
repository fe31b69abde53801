import type { ResourceType } from "@aws-sdk/client-ec2";
import type { Context, Tags } from "../../row.ts";
import { tagList } from "../shared.ts";

export const specs = (type: ResourceType, tags: Tags) =>
  Object.keys(tags).length > 0 ? [{ ResourceType: type, Tags: tagList(tags) }] : [];

export async function tag(id: string, tags: Tags, removed: string[], { ec2 }: Context): Promise<void> {
  if (removed.length > 0) await ec2.deleteTags({ Resources: [id], Tags: removed.map((Key) => ({ Key })) });
  if (Object.keys(tags).length > 0) await ec2.createTags({ Resources: [id], Tags: tagList(tags) });
}

/** Most of EC2's answers leave the ARN to the caller. */
export const arn = async (aws: Context, kind: string, id: string) =>
  `arn:aws:ec2:${aws.region}:${await aws.account()}:${kind}/${id}`;
