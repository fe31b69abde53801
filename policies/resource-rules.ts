import type { ResourceRule } from "./rule.ts";
import { accountSettingRules } from "./rules/account-settings.ts";
import { addressRules } from "./rules/addresses.ts";
import { buildRules } from "./rules/builds.ts";
import { cdnRules } from "./rules/cdn.ts";
import { deliveryRules } from "./rules/delivery.ts";
import { diskRules } from "./rules/disks.ts";
import { ecsRules } from "./rules/ecs.ts";
import { exposureRules } from "./rules/exposed.ts";
import { governanceRules } from "./rules/governance.ts";
import { iamRules } from "./rules/iam.ts";
import { keyAndSecretRules } from "./rules/keys-and-secrets.ts";
import { lambdaRules } from "./rules/lambda.ts";
import { loadBalancerRules } from "./rules/load-balancer.ts";
import { machineRules } from "./rules/machines.ts";
import { mailRules } from "./rules/mail.ts";
import { monitoringRules } from "./rules/monitoring.ts";
import { networkRules } from "./rules/network.ts";
import { oidcRules } from "./rules/oidc.ts";
import { organizationRules } from "./rules/organization.ts";
import { otherPolicyRules } from "./rules/other-policies.ts";
import { otherServiceRules } from "./rules/other-services.ts";
import { rdsRules } from "./rules/rds.ts";
import { registryRules } from "./rules/registry.ts";
import { storageRules } from "./rules/storage.ts";
import { taskInputRules } from "./rules/task-inputs.ts";
import { unjudgedRules } from "./rules/unjudged.ts";
import { wafRules } from "./rules/waf.ts";

/** Rules on single resources, by domain. */
export const domains: Readonly<Record<string, readonly ResourceRule[]>> = {
  "Organization and logins": [...organizationRules, ...governanceRules],
  "IAM roles and policies": iamRules,
  "GitHub's tokens": oidcRules,
  "Keys and secrets": keyAndSecretRules,
  "Image registries": registryRules,
  Network: networkRules,
  "Machines and public addresses": [...machineRules, ...diskRules, ...addressRules],
  "Load balancer": loadBalancerRules,
  "Web application firewall": wafRules,
  "Content delivery": cdnRules,
  Mail: mailRules,
  "ECS services and tasks": ecsRules,
  Database: rdsRules,
  "Lambda functions": lambdaRules,
  "Buckets and tables": storageRules,
  "Logs, queues, events and jobs": [...deliveryRules, ...taskInputRules],
  Builds: buildRules,
  "Alarms and certificates": monitoringRules,
  "Other services": [...otherServiceRules, ...exposureRules, ...accountSettingRules],
  "Other resources' policies": otherPolicyRules,
  "Types no rule knows": unjudgedRules,
};

export const resourceRules: readonly ResourceRule[] = Object.values(domains).flat();
