import type { s3 } from "@pulumi/aws";
import { putRow } from "../../../../sandbox/provider/aws/shapes.ts";
import { camel, pascal } from "../../../../sandbox/provider/aws/shared.ts";

export const bucketCors = putRow<s3.BucketCorsConfigurationArgs, s3.BucketCorsConfiguration>({
  id: "bucket",
  update: ["corsRules"],
  replace: ["bucket"],
  required: ["bucket", "corsRules"],
  put: ({ bucket: Bucket, corsRules }, { s3 }) =>
    s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: pascal(corsRules) } }),
  read: async (Bucket, { s3 }) => {
    const { CORSRules } = await s3.getBucketCors({ Bucket });
    return CORSRules && { bucket: Bucket, corsRules: camel(CORSRules) };
  },
  delete: (Bucket, { s3 }) => s3.deleteBucketCors({ Bucket }),
});
