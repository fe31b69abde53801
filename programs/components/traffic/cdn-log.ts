import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "../../account.ts";
import type { Statement } from "../../policy.ts";
import type { Bucket } from "../storage/bucket.ts";

export interface CdnLogArgs {
  readonly distributionArn: pulumi.Input<string>;
  /** Its policy has `cdnMayLog` of this log's name. */
  readonly bucket: Bucket;
}

/** The only region that takes these calls, whatever region the bucket is in (CloudFront developer guide, "Configure standard logging (v2)"). */
const region = "us-east-1";

/** What is logged unless it is said otherwise, less cookies: at a name of a company's own, browsers send those of its other names too. */
const recordFields = [
  ...["date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status"],
  ...["cs(Referer)", "cs(User-Agent)", "cs-uri-query", "x-edge-result-type", "x-edge-request-id", "cs-protocol"],
  ...["cs-protocol-version", "ssl-protocol", "time-taken", "x-edge-detailed-result-type", "sc-content-type"],
];

/** Who asked a CDN for what: delivered to a bucket by CloudWatch Logs, as CloudFront itself writes only where ACLs are on. */
export class CdnLog extends pulumi.ComponentResource {
  constructor(name: string, { distributionArn, bucket }: CdnLogArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:storage:CdnLog", name, {}, options);
    const child = { parent: this };
    const source = new aws.cloudwatch.LogDeliverySource(
      name,
      { region, name, logType: "ACCESS_LOGS", resourceArn: distributionArn },
      child,
    );
    const destination = new aws.cloudwatch.LogDeliveryDestination(
      name,
      {
        region,
        name,
        outputFormat: "json",
        deliveryDestinationConfiguration: { destinationResourceArn: bucket.arn },
      },
      child,
    );
    new aws.cloudwatch.LogDelivery(
      name,
      { region, deliverySourceName: source.name, deliveryDestinationArn: destination.arn, recordFields },
      // AWS writes a statement of its own into a policy that does not let it in yet.
      { parent: this, dependsOn: [bucket.policy] },
    );
    this.registerOutputs({});
  }
}

/** CloudWatch Logs may write the log of this name (its user guide, "Logs sent to Amazon S3", of those with V2 permissions). */
export function cdnMayLog(bucketArn: pulumi.Input<string>, { partition, id }: Account, log: string): Statement {
  return {
    Sid: "DeliverCdnLog",
    Effect: "Allow",
    Principal: { Service: "delivery.logs.amazonaws.com" },
    Action: "s3:PutObject",
    Resource: pulumi.interpolate`${bucketArn}/AWSLogs/${id}/CloudFront/*`,
    Condition: {
      StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": id },
      ArnLike: { "aws:SourceArn": `arn:${partition}:logs:${region}:${id}:delivery-source:${log}` },
    },
  };
}
