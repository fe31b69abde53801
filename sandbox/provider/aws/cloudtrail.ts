import type { CreateTrailRequest, Trail } from "@aws-sdk/client-cloudtrail";
import type { cloudtrail } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import { type In, type Rows, row } from "../row.ts";
import { fields } from "./shapes.ts";
import { must, tagList, tagRecord } from "./shared.ts";

type Args = In<cloudtrail.TrailArgs>;

const alike = fields<cloudtrail.Trail, CreateTrailRequest, Trail>({
  alike: ["name", "s3BucketName", "isMultiRegionTrail", "isOrganizationTrail", "includeGlobalServiceEvents"],
  outputs: ["homeRegion"],
});
const request = (inputs: Args) => ({
  ...alike.request(inputs),
  ...{ S3KeyPrefix: inputs.s3KeyPrefix, KmsKeyId: inputs.kmsKeyId },
  EnableLogFileValidation: inputs.enableLogFileValidation,
});

const trail = row<cloudtrail.TrailArgs, cloudtrail.Trail>({
  update: [
    ...(["s3BucketName", "s3KeyPrefix", "kmsKeyId", "isMultiRegionTrail", "isOrganizationTrail"] as const),
    ...(["includeGlobalServiceEvents", "enableLogFileValidation", "enableLogging"] as const),
  ],
  replace: ["name"],
  required: ["s3BucketName"],
  autoName: { key: "name", max: 128 },
  defaults: {
    ...{ includeGlobalServiceEvents: true, enableLogging: true, enableLogFileValidation: false },
    ...{ isMultiRegionTrail: false, isOrganizationTrail: false },
  },
  computed: ["arn", "homeRegion", "snsTopicArn"],
  create: async (inputs, aws) => {
    const made = await aws.cloudtrail.createTrail({ ...request(inputs), TagsList: tagList(aws.tags) });
    const id = aws.created(must(made.TrailARN, "TrailARN"));
    if (inputs.enableLogging) await aws.cloudtrail.startLogging({ Name: id });
    return id;
  },
  read: async (id, { cloudtrail }) => {
    const found = (await ifFound(cloudtrail.getTrail({ Name: id })))?.Trail;
    if (found === undefined) return undefined;
    const [status, listed] = await Promise.all([
      cloudtrail.getTrailStatus({ Name: id }),
      cloudtrail.listTags({ ResourceIdList: [id] }),
    ]);
    return {
      ...alike.state(found),
      arn: id,
      ...(found.KmsKeyId && { kmsKeyId: found.KmsKeyId }),
      ...(found.S3KeyPrefix && { s3KeyPrefix: found.S3KeyPrefix }),
      enableLogFileValidation: found.LogFileValidationEnabled,
      enableLogging: status.IsLogging,
      tagsAll: tagRecord(listed.ResourceTagList?.[0]?.TagsList),
    };
  },
  write: async (id, inputs, { cloudtrail }, { changed }) => {
    await cloudtrail.updateTrail({ ...request(inputs), Name: id });
    if (!changed("enableLogging")) return;
    if (inputs.enableLogging) await cloudtrail.startLogging({ Name: id });
    else await cloudtrail.stopLogging({ Name: id });
  },
  tag: (ResourceId, tags, { cloudtrail }) => cloudtrail.addTags({ ResourceId, TagsList: tagList(tags) }),
  untag: (ResourceId, removed, { cloudtrail }) =>
    cloudtrail.removeTags({ ResourceId, TagsList: removed.map((Key) => ({ Key })) }),
  // By its name: moto deletes nothing, and says nothing, where it is asked by ARN.
  delete: (id, { cloudtrail }) => cloudtrail.deleteTrail({ Name: id.slice(id.indexOf("/") + 1) }),
});

export const trailRows: Rows = { "aws:cloudtrail/trail:Trail": trail };
