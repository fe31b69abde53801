import type { rds } from "@pulumi/aws";
import { ifFound } from "../../errors.ts";
import { type Context, type Rows, row } from "../../row.ts";
import { first, must, tagList } from "../shared.ts";
import { tagging, tagsOf } from "./tags.ts";

const describe = async (identifier: string | undefined, { rds }: Context) =>
  first((await ifFound(rds.describeDBSnapshots({ DBSnapshotIdentifier: identifier })))?.DBSnapshots);

const snapshotCopy = row<rds.SnapshotCopyArgs, rds.SnapshotCopy>({
  update: [],
  replace: ["copyTags", "kmsKeyId", "sourceDbSnapshotIdentifier", "targetDbSnapshotIdentifier"],
  required: ["sourceDbSnapshotIdentifier", "targetDbSnapshotIdentifier"],
  computed: ["allocatedStorage", "dbSnapshotArn", "encrypted", "engine", "engineVersion", "snapshotType"],
  create: async (inputs, { rds, tags }) => {
    await rds.copyDBSnapshot({
      SourceDBSnapshotIdentifier: inputs.sourceDbSnapshotIdentifier,
      TargetDBSnapshotIdentifier: inputs.targetDbSnapshotIdentifier,
      KmsKeyId: inputs.kmsKeyId,
      CopyTags: inputs.copyTags,
      Tags: tagList(tags),
    });
    return must(inputs.targetDbSnapshotIdentifier, "the copy's identifier");
  },
  ready: (id, aws) =>
    aws.until(
      `snapshot ${id} to be available`,
      async () => (await describe(id, aws))?.Status === "available" || undefined,
      3600,
    ),
  read: async (id, aws) => {
    const found = await describe(id, aws);
    return (
      found && {
        dbSnapshotArn: found.DBSnapshotArn,
        targetDbSnapshotIdentifier: found.DBSnapshotIdentifier,
        allocatedStorage: found.AllocatedStorage,
        encrypted: found.Encrypted,
        engine: found.Engine,
        engineVersion: found.EngineVersion,
        snapshotType: found.SnapshotType,
        ...(found.KmsKeyId && { kmsKeyId: found.KmsKeyId }),
        tagsAll: await tagsOf(found.DBSnapshotArn, aws),
      }
    );
  },
  tag: (id, tags, aws, { dbSnapshotArn }) => tagging.tag(id, tags, aws, { arn: dbSnapshotArn }),
  untag: (id, keys, aws, { dbSnapshotArn }) => tagging.untag(id, keys, aws, { arn: dbSnapshotArn }),
  delete: (id, { rds }) => rds.deleteDBSnapshot({ DBSnapshotIdentifier: id }),
});

export const snapshotCopyRows: Rows = { "aws:rds/snapshotCopy:SnapshotCopy": snapshotCopy };
