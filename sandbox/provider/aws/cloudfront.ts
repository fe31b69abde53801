/** CloudFront: distributions in front of buckets. */
import type {
  DefaultCacheBehavior,
  Distribution,
  DistributionConfig,
  Origin,
  ViewerCertificate,
} from "@aws-sdk/client-cloudfront";
import type { cloudfront } from "@pulumi/aws";
import { type Context, type In, type Rows, row } from "../row.ts";
import { isBag } from "../values.ts";
import { must, tagList, tagRecord } from "./shared.ts";

type Inputs = In<cloudfront.DistributionArgs>;

const items = <T>(list: readonly T[] | undefined) => ({ Quantity: list?.length ?? 0, Items: [...(list ?? [])] });

const toOrigin = ({ originId, domainName, originPath, originAccessControlId }: Inputs["origins"][number]): Origin => ({
  Id: originId,
  DomainName: domainName,
  OriginPath: originPath ?? "",
  OriginAccessControlId: originAccessControlId ?? "",
  // Required of a bucket, and empty with an origin access control (CloudFront API reference, S3OriginConfig).
  S3OriginConfig: { OriginAccessIdentity: "" },
});

const toBehavior = (given: Inputs["defaultCacheBehavior"]): DefaultCacheBehavior => ({
  TargetOriginId: given.targetOriginId,
  ViewerProtocolPolicy: given.viewerProtocolPolicy as "redirect-to-https",
  AllowedMethods: {
    ...(items(given.allowedMethods) as { Quantity: number; Items: "GET"[] }),
    CachedMethods: items(given.cachedMethods) as { Quantity: number; Items: "GET"[] },
  },
  Compress: given.compress ?? false,
  CachePolicyId: given.cachePolicyId,
  ResponseHeadersPolicyId: given.responseHeadersPolicyId,
});

const toCertificate = (given: Inputs["viewerCertificate"]): ViewerCertificate =>
  given.acmCertificateArn === undefined
    ? { CloudFrontDefaultCertificate: given.cloudfrontDefaultCertificate }
    : {
        CloudFrontDefaultCertificate: false,
        ACMCertificateArn: given.acmCertificateArn,
        SSLSupportMethod: given.sslSupportMethod as "sni-only",
        MinimumProtocolVersion: given.minimumProtocolVersion as "TLSv1.2_2021",
      };

const configOf = (inputs: Inputs, CallerReference: string): DistributionConfig => ({
  CallerReference,
  Aliases: items(inputs.aliases),
  Comment: inputs.comment ?? "",
  Enabled: inputs.enabled,
  HttpVersion: inputs.httpVersion as "http2and3",
  IsIPV6Enabled: inputs.isIpv6Enabled,
  PriceClass: inputs.priceClass as "PriceClass_100",
  Origins: items(inputs.origins.map(toOrigin)),
  DefaultCacheBehavior: toBehavior(inputs.defaultCacheBehavior),
  Restrictions: {
    GeoRestriction: {
      RestrictionType: inputs.restrictions.geoRestriction.restrictionType as "none",
      ...items(inputs.restrictions.geoRestriction.locations),
    },
  },
  ViewerCertificate: toCertificate(inputs.viewerCertificate),
});

/** moto keeps no origin access control of an origin: it is the one that was given. */
const fromOrigin = ({ Id, DomainName, OriginPath, OriginAccessControlId }: Origin, given: Inputs["origins"]) => {
  const control = OriginAccessControlId || given.find(({ originId }) => originId === Id)?.originAccessControlId;
  return {
    originId: Id ?? "",
    domainName: DomainName ?? "",
    ...(OriginPath && { originPath: OriginPath }),
    ...(control && { originAccessControlId: control }),
  };
};

const fromBehavior = ({ AllowedMethods: methods, ...found }: DefaultCacheBehavior) => ({
  targetOriginId: found.TargetOriginId ?? "",
  viewerProtocolPolicy: found.ViewerProtocolPolicy ?? "",
  allowedMethods: methods?.Items ?? [],
  cachedMethods: methods?.CachedMethods?.Items ?? [],
  compress: found.Compress ?? false,
  ...(found.CachePolicyId && { cachePolicyId: found.CachePolicyId }),
  ...(found.ResponseHeadersPolicyId && { responseHeadersPolicyId: found.ResponseHeadersPolicyId }),
});

const fromCertificate = (found: ViewerCertificate = {}) =>
  found.ACMCertificateArn
    ? {
        acmCertificateArn: found.ACMCertificateArn,
        sslSupportMethod: found.SSLSupportMethod,
        minimumProtocolVersion: found.MinimumProtocolVersion,
      }
    : { cloudfrontDefaultCertificate: found.CloudFrontDefaultCertificate ?? false };

const propertiesOf = ({ DistributionConfig: config, ...found }: Distribution, { origins }: Pick<Inputs, "origins">) => {
  const { RestrictionType = "none", Items: locations = [] } = config?.Restrictions?.GeoRestriction ?? {};
  return {
    arn: must(found.ARN, "Distribution.ARN"),
    domainName: must(found.DomainName, "Distribution.DomainName"),
    status: found.Status,
    // The same for every distribution (Route 53 API reference, AliasTarget).
    hostedZoneId: "Z2FDTNDATAQYW2",
    callerReference: config?.CallerReference,
    comment: config?.Comment,
    enabled: config?.Enabled,
    httpVersion: config?.HttpVersion,
    isIpv6Enabled: config?.IsIPV6Enabled,
    priceClass: config?.PriceClass,
    origins: (config?.Origins?.Items ?? []).map((origin) => fromOrigin(origin, origins)) as never,
    defaultCacheBehavior: fromBehavior(must(config?.DefaultCacheBehavior, "DefaultCacheBehavior")) as never,
    restrictions: {
      geoRestriction: { restrictionType: RestrictionType, ...(locations.length > 0 && { locations }) },
    } as never,
    viewerCertificate: fromCertificate(config?.ViewerCertificate) as never,
    ...(config?.Aliases?.Items?.length && { aliases: config.Aliases.Items }),
  };
};

const deployed = (Id: string, { cloudfront, until }: Context) =>
  until(`distribution ${Id} to be deployed`, async () => {
    const { Distribution: found } = await cloudfront.getDistribution({ Id });
    return found?.Status === "Deployed" ? found : undefined;
  });

/** The whole configuration anew: CloudFront changes no part of one. */
const put = async (Id: string, { cloudfront }: Context, change: (reference: string) => DistributionConfig) => {
  const { DistributionConfig: config, ETag: IfMatch } = await cloudfront.getDistributionConfig({ Id });
  const DistributionConfig = change(must(config?.CallerReference, "CallerReference"));
  await cloudfront.updateDistribution({ Id, IfMatch, DistributionConfig });
};

/** What of nested blocks is made and read here: the rest would be taken, and kept nowhere. */
const covered = {
  origins: ["originId", "domainName", "originPath", "originAccessControlId"],
  defaultCacheBehavior: [
    ...["targetOriginId", "viewerProtocolPolicy", "allowedMethods", "cachedMethods", "compress"],
    ...["cachePolicyId", "responseHeadersPolicyId"],
  ],
  viewerCertificate: [
    ...["cloudfrontDefaultCertificate", "acmCertificateArn", "sslSupportMethod", "minimumProtocolVersion"],
  ],
} as const;

const uncovered = (inputs: Partial<Inputs>) => {
  for (const property of Object.keys(covered) as (keyof typeof covered)[])
    for (const block of [inputs[property]].flat().filter(isBag))
      for (const key of Object.keys(block))
        if (!(covered[property] as readonly string[]).includes(key))
          return { property, reason: `the sandbox's CloudFront has no ${key}` };
  return undefined;
};

const distribution = row<cloudfront.DistributionArgs, cloudfront.Distribution>({
  update: [
    ...(["aliases", "comment", "enabled", "httpVersion", "isIpv6Enabled", "priceClass"] as const),
    ...(["origins", "defaultCacheBehavior", "restrictions", "viewerCertificate"] as const),
  ],
  required: ["enabled", "origins", "defaultCacheBehavior", "restrictions", "viewerCertificate"],
  check: uncovered,
  defaults: { httpVersion: "http2", isIpv6Enabled: false, priceClass: "PriceClass_All" },
  computed: ["arn", "domainName", "hostedZoneId", "status", "callerReference"],
  create: async (inputs, { cloudfront, tags, name, created }) => {
    const made = await cloudfront.createDistributionWithTags({
      DistributionConfigWithTags: {
        DistributionConfig: configOf(inputs, `${name}-${Date.now()}`),
        Tags: { Items: tagList(tags) },
      },
    });
    return created(must(made.Distribution?.Id, "Distribution.Id"));
  },
  ready: deployed,
  read: async (Id, { cloudfront }, state) => {
    const { Distribution: found } = await cloudfront.getDistribution({ Id });
    if (found === undefined) return undefined;
    const { Tags } = await cloudfront.listTagsForResource({ Resource: found.ARN });
    return { ...propertiesOf(found, state), tagsAll: tagRecord(Tags?.Items) };
  },
  write: async (id, inputs, aws) => {
    await put(id, aws, (reference) => configOf(inputs, reference));
    await deployed(id, aws);
    return undefined;
  },
  tag: (_id, tags, { cloudfront }, { arn }) =>
    cloudfront.tagResource({ Resource: arn, Tags: { Items: tagList(tags) } }),
  untag: (_id, keys, { cloudfront }, { arn }) => cloudfront.untagResource({ Resource: arn, TagKeys: { Items: keys } }),
  // One that is enabled cannot be deleted (CloudFront developer guide, "Delete a distribution").
  delete: async (id, aws, state) => {
    await put(id, aws, (reference) => ({ ...configOf(state, reference), Enabled: false }));
    await deployed(id, aws);
    const { ETag: IfMatch } = await aws.cloudfront.getDistributionConfig({ Id: id });
    await aws.cloudfront.deleteDistribution({ Id: id, IfMatch });
  },
});

const controlOf = (inputs: In<cloudfront.OriginAccessControlArgs>) => ({
  Name: must(inputs.name, "the origin access control's name"),
  Description: inputs.description ?? "",
  OriginAccessControlOriginType: inputs.originAccessControlOriginType as "s3",
  SigningBehavior: inputs.signingBehavior as "always",
  SigningProtocol: inputs.signingProtocol as "sigv4",
});

const originAccessControl = row<cloudfront.OriginAccessControlArgs, cloudfront.OriginAccessControl>({
  update: ["name", "description", "originAccessControlOriginType", "signingBehavior", "signingProtocol"],
  required: ["originAccessControlOriginType", "signingBehavior", "signingProtocol"],
  autoName: { key: "name", max: 64 },
  defaults: { description: "Managed by Pulumi" },
  computed: ["arn"],
  create: async (inputs, { cloudfront }) => {
    const made = await cloudfront.createOriginAccessControl({ OriginAccessControlConfig: controlOf(inputs) });
    return must(made.OriginAccessControl?.Id, "OriginAccessControl.Id");
  },
  read: async (Id, { cloudfront, account }) => {
    const { OriginAccessControl: found } = await cloudfront.getOriginAccessControl({ Id });
    const config = found?.OriginAccessControlConfig;
    return {
      arn: `arn:aws:cloudfront::${await account()}:origin-access-control/${Id}`,
      name: config?.Name,
      description: config?.Description,
      originAccessControlOriginType: config?.OriginAccessControlOriginType,
      signingBehavior: config?.SigningBehavior,
      signingProtocol: config?.SigningProtocol,
    };
  },
  write: async (Id, inputs, { cloudfront }) => {
    const { ETag: IfMatch } = await cloudfront.getOriginAccessControl({ Id });
    await cloudfront.updateOriginAccessControl({ Id, IfMatch, OriginAccessControlConfig: controlOf(inputs) });
    return undefined;
  },
  delete: async (Id, { cloudfront }) => {
    const { ETag: IfMatch } = await cloudfront.getOriginAccessControl({ Id });
    await cloudfront.deleteOriginAccessControl({ Id, IfMatch });
  },
});

export const cloudfrontRows: Rows = {
  "aws:cloudfront/distribution:Distribution": distribution,
  "aws:cloudfront/originAccessControl:OriginAccessControl": originAccessControl,
};
