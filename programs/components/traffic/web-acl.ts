import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Profile } from "../../profile.ts";
import type { WafConfig } from "../../waf.ts";
import { previewHeaderName } from "./preview-header.ts";

export interface WebAclArgs {
  readonly config: WafConfig;
  readonly profile: Profile;
  readonly keyArn: pulumi.Input<string>;
  readonly logGroupName: string;
  /** What it stands in front of. */
  readonly balancerArn: pulumi.Input<string>;
}

/**
 * AWS's managed rule groups in the order they are asked, the cheapest first, with the capacity units each takes (AWS WAF
 * developer guide, "AWS Managed Rules rule groups list"). Together they stay below the 1,500 that requests cost nothing
 * extra for (AWS WAF, "Pricing").
 */
export const ruleGroups = [
  { name: "AWSManagedRulesAmazonIpReputationList", capacity: 25 },
  { name: "AWSManagedRulesKnownBadInputsRuleSet", capacity: 200 },
  { name: "AWSManagedRulesCommonRuleSet", capacity: 700 },
] as const;

/** Headers that whoever reads the log could use. */
export const redactedHeaders = ["authorization", "cookie", previewHeaderName] as const;

/** Counts or refuses what AWS's rules find in requests to the load balancer, and logs it. */
export class WebAcl extends pulumi.ComponentResource {
  constructor(name: string, args: WebAclArgs, options?: pulumi.ComponentResourceOptions) {
    super("switchyard:traffic:WebAcl", name, {}, options);
    const child = { parent: this };
    const acl = new aws.wafv2.WebAcl(
      name,
      {
        scope: "REGIONAL",
        defaultAction: { allow: {} },
        rules: ruleGroups.map((group, priority) => managedRule(group.name, priority, args.config)),
        visibilityConfig: measured(name),
      },
      child,
    );
    const logGroup = new aws.cloudwatch.LogGroup(
      `${name}-waf`,
      { name: args.logGroupName, kmsKeyId: args.keyArn, retentionInDays: args.profile.logDays },
      child,
    );
    const logging = new aws.wafv2.WebAclLoggingConfiguration(
      name,
      {
        resourceArn: acl.arn,
        logDestinationConfigs: [logGroup.arn],
        redactedFields: redactedHeaders.map((header) => ({ singleHeader: { name: header } })),
      },
      child,
    );
    // Logged from the first request on.
    new aws.wafv2.WebAclAssociation(
      name,
      { resourceArn: args.balancerArn, webAclArn: acl.arn },
      { parent: this, dependsOn: [logging] },
    );
    this.registerOutputs({});
  }
}

function managedRule(name: string, priority: number, { mode }: WafConfig) {
  return {
    name,
    priority,
    overrideAction: mode === "count" ? { count: {} } : { none: {} },
    statement: { managedRuleGroupStatement: { vendorName: "AWS", name } },
    visibilityConfig: measured(name),
  };
}

/**
 * Without samples: AWS keeps them with every header, whatever the log leaves out (AWS WAF developer guide, "Logging AWS WAF
 * web ACL traffic").
 */
function measured(metricName: string) {
  return { cloudwatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false };
}
