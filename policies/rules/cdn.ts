import { resourceRule } from "../rule.ts";
import { given, isTrue } from "../unknown.ts";

const distribution = "aws:cloudfront/distribution:Distribution";

/** A bucket, by its global or regional name, or by its name as a website. */
const bucketHost = /\.s3(-website)?([.-][a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/;

export const cdnRules = [
  resourceRule(distribution, {
    name: "cdn-reads-buckets-signed",
    level: "mandatory",
    severity: "high",
    controls: ["CloudFront.13"],
    title: "Distributions read buckets by an origin access control",
    why: "A bucket that answers requests without one answers everybody, past the distribution and whatever it asks of them.",
    fix: "Set originAccessControlId of the origin, and name the bucket's regional domain, not its website endpoint.",
    check: function* ({ origins }) {
      for (const [index, origin] of origins.entries()) {
        if (!bucketHost.test(origin.domainName)) continue;
        if (origin.domainName.includes(".s3-website")) yield `origins[${index}].domainName is a website endpoint`;
        else if (given(origin, "s3OriginConfig") && origin.s3OriginConfig?.originAccessIdentity)
          yield `origins[${index}].s3OriginConfig.originAccessIdentity is the older way, without KMS keys`;
        else if (!given(origin, "originAccessControlId")) yield `origins[${index}].originAccessControlId is missing`;
      }
    },
  }),
  resourceRule("aws:cloudfront/originAccessControl:OriginAccessControl", {
    name: "cdn-signs-every-request",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
    title: "Distributions sign every request to their origin",
    why: "One that is not signed is answered only where the origin answers everybody, or is signed by whoever asks.",
    fix: "Set signingBehavior to always.",
    check: ({ signingBehavior }) => (signingBehavior === "always" ? undefined : "signingBehavior is not always"),
  }),
  resourceRule(distribution, {
    name: "cdn-own-certificate",
    level: "advisory",
    severity: "medium",
    controls: ["CloudFront.7", "CloudFront.15"],
    title: "Distributions answer under a name of their owner's",
    why: "With CloudFront's own certificate viewers may still speak TLS 1.0, and its name is another after a replacement.",
    fix: "Give viewerCertificate a certificate of us-east-1 and a minimumProtocolVersion, and the distribution aliases.",
    check: ({ viewerCertificate }) =>
      isTrue(viewerCertificate.cloudfrontDefaultCertificate)
        ? "viewerCertificate.cloudfrontDefaultCertificate is true"
        : undefined,
  }),
];
