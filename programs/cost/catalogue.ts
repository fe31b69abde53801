/** What is paid for, and how AWS's price list tells it from everything else. */

export type Per = (typeof pers)[number];
export const pers = [
  "hour",
  "minute",
  "GB",
  "month",
  "GB-month",
  "GB-second",
  "request",
  "trace",
  "transition",
  "message",
] as const;

export interface PriceKey {
  readonly serviceCode: string;
  /** Attributes of the product in the price list that are asked for; the region is added. */
  readonly attributes: Readonly<Record<string, string>>;
  /** How its usage type ends: the beginning is the region's. */
  readonly usage: string;
  readonly per: Per;
  /** The list has it of no region: it is the same for all, or of a part of the world that the attributes name. */
  readonly everywhere?: true;
}

const fargate = (usage: string): PriceKey => ({ serviceCode: "AmazonECS", attributes: {}, usage, per: "hour" });
const balancer = (usage: string): PriceKey => ({
  serviceCode: "AWSELB",
  attributes: { operation: "LoadBalancing:Application" },
  usage,
  per: "hour",
});
const cloudwatch = (usage: string, per: Per): PriceKey => ({
  serviceCode: "AmazonCloudWatch",
  attributes: {},
  usage,
  per,
});
/** It differs by where the readers are, which no configuration says: all are taken to be in the United States. */
const cdn = (usage: string, per: Per): PriceKey => ({
  serviceCode: "AmazonCloudFront",
  attributes: { usagetype: usage },
  usage,
  per,
  everywhere: true,
});
const waf = (usage: string, per: Per): PriceKey => ({ serviceCode: "awswaf", attributes: {}, usage, per });
/** Of the one size the runner's projects have (programs/components/runner/builds.ts). */
const build = (machine: string): PriceKey => ({
  serviceCode: "CodeBuild",
  attributes: {},
  usage: `Build-Min:${machine}:g1.large`,
  per: "minute",
});
const sns = (usage: string, per: Per): PriceKey => ({ serviceCode: "AmazonSNS", attributes: {}, usage, per });

const fixed = {
  "fargate-arm-vcpu": fargate("Fargate-ARM-vCPU-Hours:perCPU"),
  "fargate-arm-gb": fargate("Fargate-ARM-GB-Hours"),
  "fargate-x86-vcpu": fargate("Fargate-vCPU-Hours:perCPU"),
  "fargate-x86-gb": fargate("Fargate-GB-Hours"),
  "alb-hour": balancer("LoadBalancerUsage"),
  "alb-lcu": balancer("LCUUsage"),
  "nat-hour": { serviceCode: "AmazonEC2", attributes: {}, usage: "NatGateway-Hours", per: "hour" },
  "nat-gb": { serviceCode: "AmazonEC2", attributes: {}, usage: "NatGateway-Bytes", per: "GB" },
  "public-ipv4": { serviceCode: "AmazonVPC", attributes: {}, usage: "PublicIPv4:InUseAddress", per: "hour" },
  "egress-gb": { serviceCode: "AWSDataTransfer", attributes: {}, usage: "DataTransfer-Out-Bytes", per: "GB" },
  "secret-month": {
    serviceCode: "AWSSecretsManager",
    attributes: {},
    usage: "AWSSecretsManager-Secrets",
    per: "month",
  },
  "key-month": { serviceCode: "awskms", attributes: {}, usage: "KMS-Keys", per: "month" },
  "logs-gb": cloudwatch("DataProcessing-Bytes", "GB"),
  "logs-kept": cloudwatch("TimedStorage-ByteHrs", "GB-month"),
  "alarm-month": cloudwatch("CW:AlarmMonitorUsage", "month"),
  "composite-alarm-month": cloudwatch("CW:CompositeAlarmMonitorUsage", "month"),
  "dashboard-month": {
    ...cloudwatch("DashboardsUsageHour", "month"),
    attributes: { usagetype: "DashboardsUsageHour" },
    everywhere: true,
  },
  "s3-gb": { serviceCode: "AmazonS3", attributes: {}, usage: "TimedStorage-ByteHrs", per: "GB-month" },
  "lambda-arm": { serviceCode: "AWSLambda", attributes: {}, usage: "Lambda-GB-Second-ARM", per: "GB-second" },
  "cdn-gb": cdn("US-DataTransfer-Out-Bytes", "GB"),
  "cdn-request": cdn("US-Requests-Tier2-HTTPS", "request"),
  "web-acl-month": waf("WebACLV2", "month"),
  "waf-rule-month": waf("RuleV2", "month"),
  // Of web ACLs of up to 1,500 capacity units; the next tiers are of larger ones (AWS WAF, "Pricing").
  "waf-request": waf("RequestV2-Tier0", "request"),
  "xray-trace": { serviceCode: "AWSXRay", attributes: {}, usage: "XRay-TracesStored", per: "trace" },
  "build-minute-x86": build("Linux"),
  "build-minute-arm": build("ARM"),
  transition: { serviceCode: "AmazonStates", attributes: {}, usage: "StateTransition", per: "transition" },
  "topic-request": sns("Requests-Tier1", "request"),
  "topic-mail": sns("DeliveryAttempts-SMTP", "message"),
  // To each recipient; what is attached is paid for by its size as well.
  mail: { serviceCode: "AmazonSES", attributes: {}, usage: "Recipients", per: "message" },
  "lambda-x86": { serviceCode: "AWSLambda", attributes: {}, usage: "Lambda-GB-Second", per: "GB-second" },
} as const satisfies Record<string, PriceKey>;

/** All there are but those of a database's class and storage. */
export const fixedPrices = Object.keys(fixed) as readonly (keyof typeof fixed)[];

const postgres = (multiAz: boolean) => ({
  databaseEngine: "PostgreSQL",
  deploymentOption: multiAz ? "Multi-AZ" : "Single-AZ",
});

/** `rds/<class>/<single|multi>` and `rds-gp3/<single|multi>`: there are too many classes to list. */
export type PriceName = keyof typeof fixed | `rds/${string}/${"single" | "multi"}` | `rds-gp3/${"single" | "multi"}`;

export function priceKey(name: PriceName): PriceKey {
  if (name in fixed) return fixed[name as keyof typeof fixed];
  const [kind, ...rest] = name.split("/");
  const multiAz = rest.at(-1) === "multi";
  const prefix = multiAz ? "Multi-AZ" : "";
  if (kind === "rds-gp3")
    return {
      serviceCode: "AmazonRDS",
      attributes: postgres(multiAz),
      usage: `RDS:${multiAz ? "Multi-AZ-" : ""}GP3-Storage`,
      per: "GB-month",
    };
  const [instanceType = ""] = rest;
  return {
    serviceCode: "AmazonRDS",
    attributes: { ...postgres(multiAz), instanceType },
    usage: `${prefix === "" ? "Instance" : prefix}Usage:${instanceType}`,
    per: "hour",
  };
}

/** One price, and where it is from. */
export interface Price {
  readonly usd: number;
  readonly per: Per;
  /** When AWS published the list it is from. */
  readonly published: string;
  /** AWS's page with the price. */
  readonly page: string;
}

/** A name that is not there could not be had: it is never shown as money. */
export interface PriceList {
  readonly region: string;
  /** When it was read. */
  readonly read: string;
  readonly prices: Readonly<Record<string, Price>>;
}
