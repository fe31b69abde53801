/** The web application firewall in front of an environment's load balancer, as configured. */
import * as z from "zod";
import { oneOf } from "./validation.ts";

/** What AWS's rules do with a request that they find: only say so, or refuse it. */
export const waf = z.strictObject({ mode: oneOf(["count", "block"]) });

export type WafConfig = z.output<typeof waf>;

/**
 * The account's log group that AWS WAF writes to. AWS takes only names with this beginning (AWS WAF developer guide,
 * "Sending web ACL traffic logs to a CloudWatch Logs log group").
 */
export const wafLogGroup = (environment: string) => `aws-waf-logs-switchyard-${environment}`;
