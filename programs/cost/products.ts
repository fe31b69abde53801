/** Reading AWS's price list: what GetProducts answers (AWS Price List Query API, "GetProducts"). */
import * as z from "zod";
import type { Per, Price, PriceKey } from "./catalogue.ts";

const dimension = z.object({
  beginRange: z.string().default("0").transform(Number),
  unit: z.string(),
  pricePerUnit: z.object({ USD: z.string() }).partial(),
});

const product = z.object({
  product: z.object({ attributes: z.record(z.string(), z.string()) }),
  terms: z.object({
    OnDemand: z.record(z.string(), z.object({ priceDimensions: z.record(z.string(), dimension) })).optional(),
  }),
  publicationDate: z.string(),
});

/** Pages with the same prices, for people; the price list names none. */
const pages: Readonly<Record<string, string>> = {
  AmazonECS: "https://aws.amazon.com/fargate/pricing/",
  AWSELB: "https://aws.amazon.com/elasticloadbalancing/pricing/",
  AmazonEC2: "https://aws.amazon.com/vpc/pricing/",
  AmazonVPC: "https://aws.amazon.com/vpc/pricing/",
  AWSDataTransfer: "https://aws.amazon.com/ec2/pricing/on-demand/",
  AmazonRDS: "https://aws.amazon.com/rds/postgresql/pricing/",
  AWSSecretsManager: "https://aws.amazon.com/secrets-manager/pricing/",
  awskms: "https://aws.amazon.com/kms/pricing/",
  AmazonCloudWatch: "https://aws.amazon.com/cloudwatch/pricing/",
  AmazonCloudFront: "https://aws.amazon.com/cloudfront/pricing/",
  AmazonS3: "https://aws.amazon.com/s3/pricing/",
  awswaf: "https://aws.amazon.com/waf/pricing/",
  AmazonSES: "https://aws.amazon.com/ses/pricing/",
  AmazonSNS: "https://aws.amazon.com/sns/pricing/",
  AmazonStates: "https://aws.amazon.com/step-functions/pricing/",
  CodeBuild: "https://aws.amazon.com/codebuild/pricing/",
  AWSXRay: "https://aws.amazon.com/xray/pricing/",
  AWSLambda: "https://aws.amazon.com/lambda/pricing/",
};

const units: Readonly<Record<Per, RegExp>> = {
  minute: /^min(ute)?s?$/i,
  transition: /^state-?transitions?$/i,
  message: /^(counts?|messages?|notifications?|recipients?)$/i,
  hour: /^(hrs?|hours?|vcpu-hours|gb-hours|lcu-hrs)$/i,
  GB: /^gb$/i,
  month: /^(alarms?|dashboards?|secrets?|keys?|months?|mo)$/i,
  "GB-month": /^gb-mo(nth)?$/i,
  request: /^requests?$/i,
  trace: /^traces?$/i,
  "GB-second": /^(lambda-gb-second|second|gb-second)s?$/i,
};

/** In front of the usage types of a region; in us-east-1 some have none ("AWS Cost and Usage Reports", region codes). */
const regionPrefix = /^([A-Z]{2,4}\d?|[a-z]{2}-[a-z]+-\d)-/;

/**
 * The price among the products of an answer: on demand, of the usage type that is asked for, in the first tier that is
 * paid for.
 *
 * @param answers each a product as JSON
 * @returns undefined where there is none, or several that differ: then none of them is taken
 */
export function priceIn(answers: readonly string[], key: PriceKey): Price | undefined {
  const found = answers.flatMap((text): readonly Price[] => {
    const parsed = product.safeParse(parse(text));
    if (!parsed.success) return [];
    const { product: of, terms, publicationDate } = parsed.data;
    if (!isOf(of.attributes, key)) return [];
    return Object.values(terms.OnDemand ?? {}).flatMap(({ priceDimensions }) => {
      const usd = firstPaid(Object.values(priceDimensions), units[key.per]);
      if (usd === undefined) return [];
      return [{ usd, per: key.per, published: publicationDate.slice(0, 10), page: pages[key.serviceCode] ?? "" }];
    });
  });
  const [first] = found;
  return found.every(({ usd }) => usd === first?.usd) ? first : undefined;
}

/** Of tiers from the first on: one that costs nothing is a free tier, and an estimate is without those. */
function firstPaid(tiers: readonly z.output<typeof dimension>[], unit: RegExp): number | undefined {
  const inOrder = tiers.toSorted((a, b) => a.beginRange - b.beginRange);
  if (inOrder[0]?.beginRange !== 0) return undefined;
  const paid = inOrder.find(({ pricePerUnit }) => Number(pricePerUnit.USD) > 0);
  return paid !== undefined && unit.test(paid.unit) ? Number(paid.pricePerUnit.USD) : undefined;
}

function isOf(attributes: Readonly<Record<string, string>>, { usage, attributes: wanted }: PriceKey): boolean {
  const type = attributes["usagetype"] ?? "";
  const isUsage = type === usage || (type.endsWith(usage) && type.replace(regionPrefix, "") === usage);
  return isUsage && Object.entries(wanted).every(([name, value]) => attributes[name] === value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
