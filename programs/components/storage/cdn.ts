import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type CdnConfig, publicPrefix } from "../../files.ts";
import type { Statement } from "../../policy.ts";

/** A name in a Route 53 hosted zone that the CDN answers at, with a certificate of us-east-1. */
export interface OwnName {
  readonly host: string;
  readonly zoneId: string;
  readonly certificateArn: pulumi.Input<string>;
}

export interface CdnArgs {
  readonly config: CdnConfig;
  /** Regional: by the global name, requests to a bucket that is new are answered with a redirect to it. */
  readonly bucketDomainName: pulumi.Input<string>;
  /** Where it answers beside CloudFront's own name; there alone when absent. */
  readonly ownName: OwnName | undefined;
  /** Whether browsers let scripts of other pages read what it answers. */
  readonly pagesMayRead: boolean;
}

/** Of AWS's managed policies, which are the same in every account (CloudFront developer guide, "Use managed cache policies"). */
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";
/** The same, "Use managed response headers policies". */
const securityHeaders = "67f7725c-6f97-4210-82d7-5512b31e9d03";
/**
 * The same headers, and that scripts of any page may read. Not of the named origins only: whoever is no browser reads these files
 * anyway, and an answer that named one origin would be kept by edges for all.
 */
const securityHeadersAndAnyOrigin = "e61eb60c-9c35-4d20-a928-2b84e02af89c";

const originId = "files";

/** CloudFront in front of a bucket, which it reads with requests that it signs. */
export class Cdn extends pulumi.ComponentResource {
  /** Without a slash at the end. */
  readonly url: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: CdnArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:storage:Cdn", name, {}, options);
    const child = { parent: this };
    const access = new aws.cloudfront.OriginAccessControl(
      name,
      {
        description: `Requests of the CDN to ${name}`,
        originAccessControlOriginType: "s3",
        signingBehavior: "always",
        signingProtocol: "sigv4",
      },
      child,
    );
    const { ownName: own } = args;
    const distribution = new aws.cloudfront.Distribution(
      name,
      {
        comment: `Public files of ${name}`,
        enabled: true,
        isIpv6Enabled: true,
        httpVersion: "http2and3",
        priceClass: priceClass(args.config),
        origins: [{ originId, domainName: args.bucketDomainName, originAccessControlId: access.id }],
        defaultCacheBehavior: {
          targetOriginId: originId,
          viewerProtocolPolicy: "redirect-to-https",
          allowedMethods: ["GET", "HEAD"],
          cachedMethods: ["GET", "HEAD"],
          compress: true,
          cachePolicyId: cachingOptimized,
          responseHeadersPolicyId: args.pagesMayRead ? securityHeadersAndAnyOrigin : securityHeaders,
        },
        restrictions: { geoRestriction: { restrictionType: "none" } },
        ...(own === undefined ? { viewerCertificate: { cloudfrontDefaultCertificate: true } } : answerAt(own)),
      },
      child,
    );
    if (own !== undefined) this.pointHere(name, own, distribution);
    this.url = own ? pulumi.output(`https://${own.host}`) : pulumi.interpolate`https://${distribution.domainName}`;
    this.arn = distribution.arn;
    this.registerOutputs({ url: this.url, arn: this.arn });
  }

  private pointHere(name: string, { host, zoneId }: OwnName, distribution: aws.cloudfront.Distribution): void {
    const alias = { name: distribution.domainName, zoneId: distribution.hostedZoneId, evaluateTargetHealth: false };
    for (const [record, type] of [
      [name, "A"],
      [`${name}-ipv6`, "AAAA"],
    ] as const)
      new aws.route53.Record(record, { zoneId, name: host, type, aliases: [alias] }, { parent: this });
  }
}

function answerAt({ host, certificateArn }: OwnName) {
  return {
    aliases: [host],
    viewerCertificate: {
      acmCertificateArn: certificateArn,
      sslSupportMethod: "sni-only",
      minimumProtocolVersion: "TLSv1.2_2021",
    },
  };
}

const priceClass = ({ priceClass: of }: CdnConfig) => `PriceClass_${of === "all" ? "All" : of}`;

/** One distribution may read what is public in a bucket (CloudFront developer guide, "Restrict access to an Amazon S3 origin"). */
export function cdnMayRead(bucketArn: pulumi.Input<string>, cdnArn: pulumi.Input<string>): Statement {
  return {
    Sid: "Cdn",
    Effect: "Allow",
    Principal: { Service: "cloudfront.amazonaws.com" },
    Action: "s3:GetObject",
    Resource: pulumi.interpolate`${bucketArn}/${publicPrefix}*`,
    Condition: { StringEquals: { "aws:SourceArn": cdnArn } },
  };
}
