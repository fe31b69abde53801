import type { ResourceType } from "@aws-sdk/client-ec2";
import type { Context, Tags } from "../../row.ts";
import { tagList } from "../shared.ts";

export const specs = (type: ResourceType, tags: Tags) =>
  Object.keys(tags).length > 0 ? [{ ResourceType: type, Tags: tagList(tags) }] : [];

export const tagging = {
  tag: (id: string, tags: Tags, { ec2 }: Context) => ec2.createTags({ Resources: [id], Tags: tagList(tags) }),
  untag: (id: string, keys: string[], { ec2 }: Context) =>
    ec2.deleteTags({ Resources: [id], Tags: keys.map((Key) => ({ Key })) }),
};

/** Most of EC2's answers leave the ARN to the caller. */
export const arn = async (aws: Context, kind: string, id: string) =>
  `arn:aws:ec2:${aws.region}:${await aws.account()}:${kind}/${id}`;
